import Domain
import HoldfastAPI
import SwiftProtobuf
import Testing
import Torture

@Suite("What happened to orders beside what was acknowledged")
struct LifeCheckTests {
    private typealias Move = LedgerFacts.Order.Advance.Move

    private let order = "o"

    private func kinds(
        _ calls: [RecordedCall], _ stands: LedgerFacts.Order, refunds: Set<String> = ["x"]
    ) -> [Violation.Kind] {
        var facts = LedgerFacts()
        facts.refunds = refunds
        facts.orders[order] = stands
        return LifeCheck.violations(in: KeyHistory.sorted(calls), facts: facts).map(\.kind)
    }

    private func placed() throws -> RecordedCall {
        Made.call(Made.place(order), .done(try Made.placed(order, amount: 302)))
    }

    private func release(_ id: String) -> Mutation {
        .life(
            .release(
                .with {
                    $0.releaseID = id
                    $0.orderID = order
                }))
    }

    private func released(_ sequence: Int32) throws -> CallOutcome {
        .done(try Holdfast_V1_ReleaseOrderResponse.with { $0.sequence = sequence }.serializedBytes())
    }

    private func ship(_ id: String) -> Mutation {
        .life(
            .ship(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = "f"
                }))
    }

    private func shipped(_ sequence: Int32) throws -> CallOutcome {
        .done(
            try Holdfast_V1_ShipFulfilmentResponse.with {
                $0.step.sequence = sequence
                $0.step.fulfilment.orderID = order
            }.serializedBytes())
    }

    private func refund(_ id: String) -> Mutation {
        .life(
            .refund(
                .with {
                    $0.refundID = id
                    $0.orderID = order
                }))
    }

    /// Three mugs, of which two were released, and one of these has left.
    private func stands(
        later: [Int16: Int64] = [5: 1, 8: 1], shippedAmount: Int64 = 101,
        more: [(sequence: Int, type: String, cause: String)] = [],
        moreAdvances: [Int: LedgerFacts.Order.Advance] = [:]
    ) -> LedgerFacts.Order {
        var made = Made.order(
            order, allocated: 1,
            events: [(1, "placed", order), (2, "released", "r"), (3, "shipped", "s")] + more)
        made.lines[0].later = later
        let advances = [
            2: LedgerFacts.Order.Advance(thing: "f", moves: [Move(line: 1, from: 1, to: 5, quantity: 2)]),
            3: LedgerFacts.Order.Advance(
                thing: "f", moves: [Move(line: 1, from: 5, to: 8, quantity: 1, amountMinor: shippedAmount)]),
        ]
        made.advances = advances.merging(moreAdvances) { $1 }
        return made
    }

    private func calls() throws -> [RecordedCall] {
        [
            try placed(), Made.call(release("r"), try released(2), at: 3), Made.call(ship("s"), try shipped(3), at: 5),
        ]
    }

    @Test("a history that was acknowledged is in order, and so is what may or may not have happened")
    func clean() throws {
        #expect(kinds(try calls(), stands()) == [])
        let open = [try placed(), Made.call(release("r"), .unknown("lost")), Made.call(ship("s"), .unknown("lost"))]
        #expect(kinds(open, stands()) == [])
        #expect(kinds(try calls() + [Made.call(refund("x"), Made.short)], stands()) == [])
    }

    @Test("what Holdfast does by itself needs nobody's call; what only callers do does")
    func ownDoing() throws {
        let own = stands(
            more: [(4, "payment_captured", "system"), (5, "document_issued", "system"), (6, "released", "system")],
            moreAdvances: [6: .init(thing: "g", moves: [Move(line: 1, from: 1, to: 5, quantity: 1)])])
        var moved = own
        moved.lines[0].allocated = 0
        moved.lines[0].later = [5: 2, 8: 1]
        #expect(kinds(try calls(), moved) == [])
        let nobodys = stands(more: [(4, "delivered", "nobody")])
        #expect(kinds(try calls(), nobodys) == [.appliedThoughRefused])
    }

    @Test("a step that every caller was told had not happened must not be in the history")
    func refused() throws {
        let refused = [
            try placed(), Made.call(release("r"), try released(2), at: 3),
            Made.call(ship("s"), Made.unavailable, at: 5),
        ]
        #expect(kinds(refused, stands()) == [.appliedThoughRefused])
    }

    @Test("an acknowledged step that is not in the history is lost, one with another number was told wrongly")
    func lost() throws {
        let refunded = try calls() + [Made.call(refund("x"), .done([]), at: 7)]
        #expect(kinds(refunded, stands()) == [])
        #expect(kinds(refunded, stands(), refunds: []) == [.lost])
        let again = try calls() + [Made.call(release("y"), try released(0), at: 7)]
        #expect(kinds(again, stands()) == [.lost])
        let other = [
            try placed(), Made.call(release("r"), try released(2), at: 3), Made.call(ship("s"), try shipped(9), at: 5),
        ]
        #expect(kinds(other, stands()) == [.answersDiffer])
    }

    private func exchange(_ id: String, of returned: String = "ret") -> Mutation {
        .life(
            .exchange(
                .with {
                    $0.exchangeID = id
                    $0.returnID = returned
                }))
    }

    private func exchanged() throws -> CallOutcome {
        .done(
            try Holdfast_V1_ExchangeReturnResponse.with { $0.returnOrder.orderID = order }.serializedBytes())
    }

    @Test("an exchange is in the history of the order whose goods come back, which nobody else can have written")
    func exchanges() throws {
        let calls = try calls() + [Made.call(exchange("n"), try exchanged(), at: 7)]
        let told = stands(more: [(4, "return_exchanged", "n")])
        #expect(kinds(calls, told) == [])
        #expect(kinds(calls, stands()) == [.lost])
        #expect(kinds(try self.calls(), told) == [.appliedThoughRefused])
    }

    @Test("a return has one label: who asks for another one finds it, and somebody has made it")
    func labels() throws {
        func label(_ id: String) throws -> RecordedCall {
            Made.call(
                .life(
                    .label(
                        .with {
                            $0.labelID = id
                            $0.returnID = "ret"
                        })),
                .done(
                    try Holdfast_V1_IssueReturnLabelResponse.with { $0.returnOrder.orderID = order }
                        .serializedBytes()), at: 7)
        }
        let told = stands(more: [(4, "return_label_issued", "l")])
        #expect(kinds(try calls() + [label("l"), label("m")], told) == [])
        #expect(kinds(try calls() + [label("l")], stands()) == [.lost])
        #expect(OrderEventKind.returnLabelIssued.word == "return_label_issued")
    }

    @Test("the same step of the same thing is told once")
    func twice() throws {
        let calls = try calls() + [Made.call(refund("x"), .done([]), at: 7)]
        let once = stands(
            more: [(4, "payment_refunded", "x"), (5, "payment_refunded", "x")],
            moreAdvances: [4: .init(thing: "cash"), 5: .init(thing: "credit")])
        #expect(kinds(calls, once) == [])
        let doubled = stands(
            more: [(4, "payment_refunded", "x"), (5, "payment_refunded", "x")],
            moreAdvances: [4: .init(thing: "cash"), 5: .init(thing: "cash")])
        #expect(kinds(calls, doubled) == [.notOnce])
    }

    @Test("units stand where the history has moved them, and it moves none that did not stand there")
    func units() throws {
        #expect(kinds(try calls(), stands(later: [5: 2])) == [.books])
        let twice = stands(
            more: [(4, "shipped", "t")],
            moreAdvances: [4: .init(thing: "g", moves: [Move(line: 1, from: 5, to: 8, quantity: 2)])])
        #expect(kinds(try calls() + [Made.call(ship("t"), .unknown("lost"), at: 7)], twice) == [.books])
    }

    @Test("what is earned or not owed adds up to the line's amount, and never to more")
    func money() throws {
        #expect(kinds(try calls(), stands(shippedAmount: 303)) == [.money])
        func over(_ cancelled: Int64) throws -> [Violation.Kind] {
            var made = stands(
                more: [(4, "cancelled", "c"), (5, "shipped", "t")],
                moreAdvances: [
                    4: .init(moves: [Move(line: 1, from: -1, to: 3, quantity: 1, amountMinor: cancelled)]),
                    5: .init(thing: "f", moves: [Move(line: 1, from: 5, to: 8, quantity: 1, amountMinor: 101)]),
                ])
            made.lines[0].allocated = 0
            made.lines[0].cancelled = 1
            made.lines[0].later = [8: 2]
            return kinds(
                try calls() + [
                    Made.call(Made.cancel("c", of: order), .done(try Made.cancelled(1, sequence: 4)), at: 7),
                    Made.call(ship("t"), try shipped(5), at: 9),
                ], made)
        }
        #expect(try over(100) == [])
        #expect(try over(99) == [.money])
    }
}
