import Domain
import Testing

@Suite("State tables")
struct StateTableTests {
    @Test(
        "Every state and event is a transition, or is refused with the state and what is known there",
        arguments: AnyTable.all)
    func matrix(table: AnyTable) {
        table.checkMatrix()
    }

    @Test(
        "Every state can be reached, only final states are an end, and from each an end can be reached",
        arguments: AnyTable.all)
    func reachability(table: AnyTable) {
        table.checkReachability()
    }

    @Test("Numbers are explicit: each state and event has its own, from 1", arguments: AnyTable.all)
    func numbers(table: AnyTable) {
        #expect(Set(table.stateNumbers).count == table.stateNumbers.count)
        #expect(Set(table.eventNumbers).count == table.eventNumbers.count)
        #expect((table.stateNumbers + table.eventNumbers).allSatisfy { $0 > 0 })
    }

    @Test(
        "Every event of every table is used, and administrators may do all but what only the system learns",
        arguments: AnyTable.all)
    func actors(table: AnyTable) {
        table.checkActors()
    }

    @Test(
        "Who may never cause an event is told so, whatever the state",
        arguments: [nil, PickupState.released, .collected])
    func notGranted(state: PickupState?) {
        for event: PickupEvent in [.collect, .expire] {
            #expect(throws: Refusal.eventNotGranted(.pickup, event: event.word)) {
                try Lifecycle.pickup.decide(event, in: state, by: [.role(.finance)], naming: "7")
            }
        }
    }

    @Test("Who may cause an event elsewhere only is told so, where the event is known")
    func notGrantedHere() throws {
        // Till staff sell and hand over at the counter, a shop's service only sells.
        let line = Lifecycle.line
        _ = try line.decide(.handOver, in: nil, by: [.role(.backend)], naming: "1")
        _ = try line.decide(.handOver, in: .packed, by: [.role(.pos)], naming: "1")
        #expect(throws: Refusal.eventNotGranted(.orderLine, event: "hand_over")) {
            try line.decide(.handOver, in: .packed, by: [.role(.backend)], naming: "1")
        }
    }

    @Test("A refusal names the thing, its state, the event and what is known there")
    func refusal() {
        #expect(
            throws: Refusal.eventNotKnown(
                .fulfilment, "F-7", state: "shipped", event: "cancel", allowed: ["deliver", "lose", "come_back"])
        ) {
            try Lifecycle.fulfilment.decide(.cancel, in: .shipped, by: .systemAlone, naming: "F-7")
        }
        #expect(
            throws: Refusal.eventNotKnown(.returnOrder, "R-7", state: "settled", event: "settle", allowed: [])
        ) {
            try Lifecycle.returnOrder.decide(.settle, in: .settled, by: .systemAlone, naming: "R-7")
        }
        #expect(
            throws: Refusal.eventNotKnown(.pickup, "P-7", state: "new", event: "expire", allowed: ["release"])
        ) {
            try Lifecycle.pickup.decide(.expire, in: nil, by: .systemAlone, naming: "P-7")
        }
    }

    @Test(
        "Names have underscores between words",
        arguments: [
            (PickupState.readyForPickup, "ready_for_pickup"), (.underWay, "under_way"), (.lost, "lost"),
        ] as [(PickupState, String)])
    func words(state: PickupState, word: String) {
        #expect(state.word == word)
    }

    @Test("The numbers that stored rows and the contract have never change")
    func storedNumbers() {
        #expect(LineStatus.allocated.rawValue == 1)
        #expect(LineStatus.delivered.rawValue == 2)
        #expect(LineStatus.cancelled.rawValue == 3)
        #expect([OrderStatus.open, .partiallyDelivered, .delivered, .cancelled].map(\.rawValue) == [1, 2, 3, 4])
    }

    @Test("Captured units are set aside, or delivered where the customer holds the goods")
    func capture() {
        let setAside = Lifecycle.capture(goodsInHand: false)
        #expect(setAside.to == .allocated)
        #expect(setAside.effect.stock.delta == StockDelta(onHand: 0, allocated: 1))
        let handedOver = Lifecycle.capture(goodsInHand: true)
        #expect(handedOver.to == .delivered)
        #expect(handedOver.effect.stock.delta == StockDelta(onHand: -1, allocated: 0))
    }

    @Test("Who may place and cancel over the wire is who may by the table")
    func access() {
        let line = Lifecycle.line
        #expect(line.roles(entering: .allocate) == [.pos, .backend, .admin])
        #expect(line.roles(entering: .handOver) == line.roles(entering: .allocate))
        #expect(line.roles(for: .cancel) == [.pos, .backend, .support, .admin])
        #expect(AccessTable.rules["holdfast.v1.OrderService/PlaceOrder"]?.roles == line.roles(entering: .allocate))
        #expect(AccessTable.rules["holdfast.v1.OrderService/CancelOrder"]?.roles == line.roles(for: .cancel))
    }

    @Test("Goods that are sold again come back to stock, others do not", arguments: Disposition.allCases)
    func dispositions(disposition: Disposition) {
        let isSoldAgain = disposition == .restock || disposition == .restockSecondGrade
        #expect(disposition.delta == StockDelta(onHand: isSoldAgain ? 1 : 0, allocated: 0))
        #expect(StockEffect.byDisposition.delta == nil)
    }
}
