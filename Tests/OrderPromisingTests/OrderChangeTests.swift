import Domain
import HoldfastTesting
import NIOCore
import OrderPromising
import Testing

@testable import Ledger

@Suite("Changes of an order")
struct OrderChangeTests {
    private static func change(_ order: EntityID, id: EntityID = .fresh, body: [UInt8] = [1]) -> OrderChange {
        OrderChange(id: id, order: order, kind: .cancellation, body: body, caller: .anonymous, reason: "test")
    }

    /// Runs a change and tells Redis of it.
    private static func run(
        _ deployment: TestDeployment, _ change: OrderChange,
        _ body: @escaping @Sendable (inout OrderWork) throws -> Void
    ) async throws {
        let (_, settlement) = try await deployment.ledger.changeOrder(change) { work in
            try body(&work)
            return [7]
        }
        await deployment.promising.settle(settlement)
    }

    private static func units(_ deployment: TestDeployment, _ order: EntityID) async throws -> [LineStatus: Int64] {
        try await deployment.ledger.order(order)?.lines[0].quantities ?? [:]
    }

    @Test("Units go from the shelf to the customer; stock, allocations and money follow, and both stores agree")
    func wholeWay() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W", "X"])
            try await deployment.change(.receive, [("A", "W", 3), ("A", "X", 4)])
            let held = try await deployment.reserve([("A", "", 5)], split: true)
            let request = try deployment.order([("A", "", 5)], reservation: held.id)
            _ = try await deployment.place(request)
            try await Self.run(deployment, Self.change(request.id)) { work in
                let moved = try work.move(.release, 4, line: 1, from: .allocated)
                #expect(moved.parts.reduce(0) { $0 + $1.quantity } == 4)
                try work.move(.pick, 4, line: 1, from: .released)
                try work.move(.pack, 3, line: 1, from: .picked)
                let shipped = try work.move(.ship, 3, line: 1, from: .packed, parts: [])
                #expect(shipped.valueMinor == 300)
                #expect(work.status == .partiallyShipped)
                #expect(work.money.earned == 300)
            }
            #expect(try await Self.units(deployment, request.id) == [.allocated: 1, .picked: 1, .shipped: 3])
            #expect(try await deployment.number("SELECT sum(on_hand)::int8 FROM cell") == 4)
            #expect(try await deployment.number("SELECT sum(allocated)::int8 FROM cell") == 2)
            #expect(try await eventually { try await deployment.available("A") == 2 })
            try await Self.run(deployment, Self.change(request.id)) { work in
                try work.move(.deliver, 3, line: 1, from: .shipped)
                try work.move(.cancel, 1, line: 1, from: .allocated)
                try work.move(.recall, 1, line: 1, from: .picked)
                #expect(work.status == .delivered)
                #expect(work.money == (500, 200, 300, 0))
            }
            #expect(try await deployment.available("A") == 4)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("A change that fails at its end leaves nothing; the same again changes nothing and answers the same")
    func atomic() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 3)])
            let request = try deployment.order([("A", "W", 3)])
            _ = try await deployment.place(request)
            await #expect(throws: Refusal.self) {
                try await Self.run(deployment, Self.change(request.id)) { work in
                    try work.move(.release, 3, line: 1, from: .allocated)
                    try work.move(.pick, 4, line: 1, from: .released)
                }
            }
            #expect(try await Self.units(deployment, request.id) == [.allocated: 3])
            let once = Self.change(request.id)
            for _ in 0..<3 {
                try await Self.run(deployment, once) { work in
                    try work.move(.release, 1, line: 1, from: .allocated)
                }
            }
            #expect(try await Self.units(deployment, request.id) == [.allocated: 2, .released: 1])
            await #expect(throws: Refusal.self) {
                try await Self.run(deployment, Self.change(request.id, id: once.id, body: [2])) { _ in }
            }
            // No fulfilment has it, which the books would tell.
            try await Self.run(deployment, Self.change(request.id)) { work in
                try work.move(.withdraw, 1, line: 1, from: .released)
            }
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("Of two clerks who cancel and ship the same units at once, one wins and the other is told the state")
    func race() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 40)])
            for _ in 0..<20 {
                let request = try deployment.order([("A", "W", 2)])
                _ = try await deployment.place(request)
                let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for isCancelled in [false, true] {
                        group.addTask {
                            do {
                                try await Self.run(deployment, Self.change(request.id)) { work in
                                    guard !isCancelled else {
                                        try work.move(.cancel, 2, line: 1, from: .allocated)
                                        return
                                    }
                                    try work.move(.release, 2, line: 1, from: .allocated)
                                    try work.move(.pick, 2, line: 1, from: .released)
                                    try work.move(.pack, 2, line: 1, from: .picked)
                                    try work.move(.ship, 2, line: 1, from: .packed)
                                }
                                return true
                            } catch Refusal.wrongState(let subject, _, let state, _) {
                                #expect(subject == .orderLine)
                                #expect(state == "allocated=0")
                                return false
                            }
                        }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(winners == 1)
            }
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("Stock that was set aside is taken once: new units, units that waited, and units that another cell gives up")
    func setAside() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W", "X"])
            try await deployment.change(.receive, [("A", "W", 2), ("A", "X", 3)])
            let request = try deployment.order([("A", "W", 2)])
            _ = try await deployment.place(request)
            let change = Self.change(request.id)
            let demands = [Demand(sku: "A", location: "X", quantity: 2, allowSplit: false)]
            let held = try await deployment.promising.setAside(
                demands, for: change.id, channel: TestDeployment.channel, caller: .anonymous,
                deadline: .now() + .seconds(30))
            let again = try await deployment.promising.setAside(
                demands, for: change.id, channel: TestDeployment.channel, caller: .anonymous,
                deadline: .now() + .seconds(30))
            #expect(held.id == again.id)
            try await Self.run(deployment, change) { work in
                let moved = try work.take(reserved: held.id, for: [(line: 1, from: .allocated, parts: [])])
                #expect(moved.map(\.location) == ["X"])
                #expect(moved.map(\.quantity) == [2])
            }
            #expect(try await eventually { try await deployment.available("A", "W") == 2 })
            #expect(try await deployment.available("A", "X") == 1)
            let order = try #require(try await deployment.ledger.order(request.id))
            #expect(order.lines[0].allocations == [Allocation(location: "X", quantity: 2)])
            // What the capture took is answered as ever.
            let captured = try #require(try await deployment.ledger.capturedOrders([request.id])[request.id])
            #expect(captured.lines.map(\.allocations) == [[Allocation(location: "W", quantity: 2)]])
            await #expect(throws: LedgerFault.planOutdated) {
                try await Self.run(deployment, Self.change(request.id)) { work in
                    _ = try work.take(reserved: held.id, for: [(line: 1, from: .allocated, parts: [])])
                }
            }
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("Goods that leave were there: what the books lack is found with it, and a loss below promises is a shortage")
    func found() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 3)])
            let request = try deployment.order([("A", "W", 3)])
            _ = try await deployment.place(request)
            let cell = CellID(try await deployment.number("SELECT id FROM cell"))
            try await Self.run(deployment, Self.change(request.id)) { work in
                work.book(.adjustment, cell, onHand: -2)
            }
            #expect(try await deployment.number("SELECT sum(quantity)::int8 FROM stock_shortage") == 2)
            #expect(try await deployment.booksAgree())
            try await Self.run(deployment, Self.change(request.id)) { work in
                try work.move(.release, 3, line: 1, from: .allocated)
                try work.move(.pick, 3, line: 1, from: .released)
                try work.move(.pack, 3, line: 1, from: .picked)
                try work.move(.ship, 3, line: 1, from: .packed)
            }
            #expect(try await deployment.number("SELECT on_hand FROM cell") == 0)
            #expect(try await deployment.booksAgree())
            await #expect(throws: Refusal.self) {
                try await Self.run(deployment, Self.change(request.id)) { work in
                    work.book(.adjustment, cell, onHand: -1)
                }
            }
        }
    }
}
