import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import Logging
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("Drafts and quotes")
struct DraftTests {
    private struct Desk {
        let bench: ReviewBench
        let drafts: DraftService

        init(_ bench: ReviewBench) {
            self.bench = bench
            drafts = DraftService(promising: bench.deployment.promising, logger: Logger(label: "test"))
        }

        func save(
            _ id: EntityID, _ quantity: Int64, revision: Int32 = 0, as call: EntityID = .fresh,
            _ change: (inout Holdfast_V1_Draft) -> Void = { _ in }
        ) async throws -> Holdfast_V1_Draft {
            var draft = DraftTests.draft(id, quantity)
            change(&draft)
            let wanted = draft
            return try await drafts.saveDraft(
                request: .with {
                    $0.saveID = call.description
                    $0.draft = wanted
                    $0.expectedRevision = revision
                }, context: bench.context
            ).draft
        }

        func get(_ id: EntityID) async throws -> Holdfast_V1_Draft {
            try await drafts.getDraft(request: .with { $0.draftID = id.description }, context: bench.context).draft
        }

        func place(_ id: EntityID, revision: Int32 = 0) async throws -> Holdfast_V1_PlaceOrderResponse {
            try await drafts.placeDraft(
                request: .with {
                    $0.draftID = id.description
                    $0.revision = revision
                }, context: bench.context
            ).order
        }

        func discard(_ id: EntityID, as call: EntityID = .fresh) async throws -> Holdfast_V1_Draft {
            try await drafts.discardDraft(
                request: .with {
                    $0.discardID = call.description
                    $0.draftID = id.description
                }, context: bench.context
            ).draft
        }
    }

    private static func draft(_ id: EntityID, _ quantity: Int64) -> Holdfast_V1_Draft {
        .with {
            $0.draftID = id.description
            $0.note = "for the fair"
            $0.content.channel = TestDeployment.channel
            $0.content.externalID = id.description
            $0.content.lines = [OrderRequestsTests.line(quantity: quantity, units: 4, nanos: 500_000_000)]
            $0.content.lines[0].sku = "A"
        }
    }

    @Test("A draft holds no stock, is changed by who has read it last, and becomes one order")
    func life() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let id = EntityID.fresh
            let call = EntityID.fresh
            let saved = try await desk.save(id, 20, as: call)
            #expect(saved.state == .open)
            #expect(saved.revision == 1)
            #expect(try await desk.save(id, 20, as: call) == saved)
            #expect(try await bench.deployment.available("A") == 100)
            let stale = try await status { _ = try await desk.save(id, 30) }
            #expect(stale.code == .failedPrecondition)
            #expect(try Details(stale).info?.metadata["state"] == "revision=1")
            #expect(try await desk.save(id, 25, revision: 1).revision == 2)
            let listed = try await desk.drafts.listDrafts(
                request: .with { $0.state = .open }, context: bench.context)
            #expect(listed.drafts.map(\.draftID) == [id.description])
            let other = try await status { _ = try await desk.place(id, revision: 1) }
            #expect(try Details(other).info?.metadata["state"] == "revision=2")
            let placed = try await desk.place(id)
            #expect(placed.orderID == id.description)
            #expect(placed.total.amountMinor == 25 * 450)
            #expect(try await desk.place(id) == placed)
            #expect(try await desk.get(id).state == .placed)
            #expect(try await bench.deployment.available("A") == 75)
            let late = try await status { _ = try await desk.save(id, 1, revision: 2) }
            #expect(late.code == .failedPrecondition)
            #expect(try Details(late).info?.metadata["state"] == "placed")
        }
    }

    @Test("Placed from many tabs at once it is one order, and all are told the same")
    func tabs() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let id = EntityID.fresh
            _ = try await desk.save(id, 60)
            let orders = try await withThrowingTaskGroup(of: Holdfast_V1_PlaceOrderResponse.self) { group in
                for _ in 0..<12 { group.addTask { try await desk.place(id) } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(orders.count == 1)
            #expect(try await bench.deployment.numbers("SELECT count(*) FROM orders") == [1])
            #expect(try await bench.deployment.available("A") == 40)
        }
    }

    @Test("Where stock does not suffice the draft is open again, and can be placed with less")
    func short() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let id = EntityID.fresh
            _ = try await desk.save(id, 101)
            let short = try await status { _ = try await desk.place(id) }
            #expect(short.code == .failedPrecondition)
            #expect(try Details(short).shortage?.lines.map(\.available) == [100])
            #expect(try await desk.get(id).state == .open)
            _ = try await desk.save(id, 100, revision: 1)
            #expect(try await desk.place(id).total.amountMinor == 45_000)
        }
    }

    @Test("A quote is over when its time is over; a draft that was given up stays so")
    func ends() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let quote = EntityID.fresh
            _ = try await desk.save(quote, 1) { $0.validUntil = .init(seconds: 1) }
            let over = try await status { _ = try await desk.place(quote) }
            #expect(try Details(over).info?.metadata["state"] == "expired")
            _ = try await desk.save(quote, 1, revision: 1) { $0.validUntil = .init(seconds: 253_402_300_799) }
            _ = try await desk.place(quote)

            let given = EntityID.fresh
            _ = try await desk.save(given, 1)
            let call = EntityID.fresh
            let discarded = try await desk.discard(given, as: call)
            #expect(discarded.state == .discarded)
            #expect(try await desk.discard(given, as: call) == discarded)
            let placed = try await status { _ = try await desk.place(given) }
            #expect(try Details(placed).info?.metadata["state"] == "discarded")
            let missing = try await status { _ = try await desk.get(.fresh) }
            #expect(missing.code == .notFound)
        }
    }

    @Test("A server that died while it placed a draft: whoever places it again finds the order, or makes it")
    func crashes() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let ledger = bench.deployment.ledger
            // Before the capture.
            let first = EntityID.fresh
            _ = try await desk.save(first, 5)
            _ = try await ledger.beginPlacing(first, revision: 0, body: [1], caller: .anonymous)
            #expect(try await desk.get(first).state == .placing)
            let locked = try await status { _ = try await desk.save(first, 6, revision: 1) }
            #expect(try Details(locked).info?.metadata["state"] == "placing")
            #expect(try await desk.place(first).total.amountMinor == 2_250)
            // After the capture, before that was noted.
            let second = EntityID.fresh
            let saved = try await desk.save(second, 5)
            _ = try await ledger.beginPlacing(second, revision: 0, body: [1], caller: .anonymous)
            var content = saved.content
            content.orderID = second.description
            let captured = try await bench.orders.placeOrder(request: content, context: bench.context)
            #expect(try await desk.place(second) == captured)
            #expect(try await desk.get(second).state == .placed)
            #expect(try await bench.deployment.available("A") == 90)
        }
    }

    @Test("Whoever placed a draft has gone for good: it is placed where there is an order, else open again")
    func abandoned() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let ledger = bench.deployment.ledger
            let (none, ordered) = (EntityID.fresh, EntityID.fresh)
            _ = try await desk.save(none, 5)
            var content = try await desk.save(ordered, 5).content
            for id in [none, ordered] {
                _ = try await ledger.beginPlacing(id, revision: 0, body: [1], caller: .anonymous)
            }
            content.orderID = ordered.description
            let captured = try await bench.orders.placeOrder(request: content, context: bench.context)
            // An attempt that is seen for the first time is left alone.
            #expect(try await bench.processing.endPlacing() == 0)
            #expect(try await desk.get(none).state == .placing)
            #expect(try await bench.processing.endPlacing(after: .zero) == 2)
            #expect(try await bench.processing.endPlacing(after: .zero) == 0)
            #expect(try await desk.get(ordered).state == .placed)
            #expect(try await desk.get(none).state == .open)
            // The client that comes back is told its order after all, each time.
            #expect(try await desk.place(ordered) == captured)
            #expect(try await desk.place(ordered) == captured)
            let other = try await status { _ = try await desk.save(ordered, 1, revision: 1) }
            #expect(try Details(other).info?.metadata["state"] == "placed")
            _ = try await desk.save(none, 6, revision: 1)
            #expect(try await desk.place(none).total.amountMinor == 2_700)
            #expect(try await bench.deployment.available("A") == 89)
        }
    }

    @Test("An attempt that is slower than the opening of its draft makes no order", arguments: [true, false])
    func late(isChanged: Bool) async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let id = EntityID.fresh
            _ = try await desk.save(id, 101)
            let (_, begun) = try await bench.deployment.ledger.beginPlacing(
                id, revision: 0, body: [1], caller: .anonymous)
            let attempt = try #require(begun)
            // Another server is surely refused.
            #expect(try await status { _ = try await desk.place(id) }.code == .failedPrecondition)
            #expect(try await desk.get(id).state == .open)
            if isChanged {
                _ = try await desk.save(id, 7, revision: 1)
                _ = try await bench.deployment.ledger.beginPlacing(id, revision: 0, body: [1], caller: .anonymous)
            }
            // Then there is stock for the slow one.
            try await bench.deployment.change(.receive, [("A", "DC", 1)])
            var content = try Holdfast_V1_PlaceOrderRequest(serializedBytes: attempt.draft.content)
            content.orderID = id.description
            var order = try OrderRequests.place(content, body: [2], by: .anonymous)
            order.draftRevision = attempt.draft.revision
            let slow = order
            await #expect(throws: Refusal.self) { try await bench.deployment.place(slow) }
            #expect(try await bench.deployment.numbers("SELECT count(*) FROM orders") == [0])
            #expect(try await bench.deployment.available("A") == 101)
            if isChanged {
                #expect(try await desk.place(id).total.amountMinor == 7 * 450)
            } else {
                #expect(try await desk.discard(id).state == .discarded)
            }
            #expect(try await bench.deployment.booksAgree())
        }
    }

    @Test("Placed, opened again and discarded at once, a draft is an order or is discarded, and never both")
    func race() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            for _ in 0..<16 {
                let id = EntityID.fresh
                _ = try await desk.save(id, 1)
                async let placed = isAnswered { try await desk.place(id) }
                async let discarded = isAnswered {
                    for _ in 0..<20 {
                        _ = try await bench.processing.endPlacing(after: .zero)
                        if await isAnswered({ try await desk.discard(id) }) { return }
                    }
                    throw TestFailure("it was placed")
                }
                let (isPlaced, isDiscarded) = (await placed, await discarded)
                #expect(!(isPlaced && isDiscarded))
                let orders = try await bench.deployment.numbers("SELECT count(*) FROM orders WHERE id = '\(id)'")
                let state = try await desk.get(id).state
                #expect(orders == [isPlaced ? 1 : 0])
                #expect(isPlaced == (state == .placed))
                #expect(isDiscarded == (state == .discarded))
            }
            #expect(try await bench.deployment.booksAgree())
        }
    }

    private func isAnswered<R: Sendable>(_ call: @Sendable () async throws -> R) async -> Bool {
        do {
            _ = try await CallerContext.$current.withValue(.anonymous) { try await call() }
            return true
        } catch {
            return false
        }
    }

    @Test("A draft with whose id an order stands is neither discarded nor opened again")
    func ordered() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let id = EntityID.fresh
            var content = try await desk.save(id, 5).content
            content.orderID = id.description
            content.lines[0].quantity = 3
            _ = try await bench.orders.placeOrder(request: content, context: bench.context)
            let refused = try await status { _ = try await desk.discard(id) }
            #expect(try Details(refused).info?.metadata["state"] == "placed")
            #expect(try await desk.get(id).state == .open)
            // It is another order, so that placing it is surely refused.
            #expect(try await status { _ = try await desk.place(id) }.code == .alreadyExists)
            #expect(try await desk.get(id).state == .placed)
        }
    }

    @Test(
        "What a draft has is checked as an order is, but for what may come later",
        arguments: [
            RequestCase<Holdfast_V1_SaveDraftRequest>("as it is") { _ in },
            .init("no number yet") { $0.draft.content.externalID = "" },
            .init("no id", ["save_id"]) { $0.saveID = "" },
            .init("no draft", ["draft.draft_id"]) { $0.draft.draftID = "x" },
            .init("an order's id", ["draft.content.order_id"]) { $0.draft.content.orderID = testID(3).description },
            .init("a reservation", ["draft.content.reservation_id"]) {
                $0.draft.content.reservationID = testID(3).description
            },
            .init("goods in hand", ["draft.content.goods_in_hand"]) { $0.draft.content.goodsInHand = true },
            .init("no channel", ["draft.content.channel"]) { $0.draft.content.channel = "" },
            .init("no price", ["draft.content.lines[0].unit_price.currency_code", "draft.content.lines[0].unit_price"])
            {
                $0.draft.content.lines[0].clearUnitPrice()
            },
            .init("a long note", ["draft.note"]) { $0.draft.note = String(repeating: "x", count: 1_001) },
            .init("a state", ["draft.state"]) { $0.draft.state = .open },
            .init("a wrong moment", ["draft.valid_until"]) { $0.draft.validUntil = .init(seconds: .max) },
        ])
    func fields(row: RequestCase<Holdfast_V1_SaveDraftRequest>) throws {
        let valid = Holdfast_V1_SaveDraftRequest.with {
            $0.saveID = testID(1).description
            $0.draft = Self.draft(testID(2), 3)
        }
        #expect(
            try refusedFields { try DraftRequests.save(row.applied(to: valid), body: [], by: .anonymous) }
                == row.refused)
    }
}
