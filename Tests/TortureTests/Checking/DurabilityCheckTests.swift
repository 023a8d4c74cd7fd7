import HoldfastAPI
import SwiftProtobuf
import Testing
import Torture

@Suite("What was acknowledged beside what is there")
struct DurabilityCheckTests {
    private func kinds(_ calls: [RecordedCall], _ facts: LedgerFacts) -> [Violation.Kind] {
        DurabilityCheck.violations(in: KeyHistory.sorted(calls), facts: facts).map(\.kind)
    }

    private func facts(
        reservations: [String: LedgerFacts.Reservation] = [:], orders: [String: LedgerFacts.Order] = [:],
        movements: [String: [LedgerFacts.Movement]] = [:], stored: [Mutation.Space: Set<String>]? = nil
    ) -> LedgerFacts {
        var facts = LedgerFacts()
        facts.reservations = reservations
        facts.orders = orders
        facts.movements = movements
        facts.storedAnswers = stored
        return facts
    }

    private func reserved(_ id: String = "a") throws -> RecordedCall {
        Made.call(Made.reserve(id), .done(try Made.reserved(id)))
    }

    private func placed(_ id: String = "o") throws -> RecordedCall {
        Made.call(Made.place(id), .done(try Made.placed(id, amount: 302)))
    }

    // MARK: - In order

    @Test("what is there as it was acknowledged is in order, and so is what may or may not have happened")
    func clean() throws {
        let calls = [
            try reserved("held"), try reserved("gone"),
            Made.call(Made.release("gone"), .done(try Made.released(.released)), at: 3),
            try reserved("late"), try reserved("taken"), try placed("o"),
            Made.call(Made.reserve("open"), .unknown("lost")), Made.call(Made.reserve("never"), .unknown("lost")),
            Made.call(Made.reserve("short"), Made.short),
            Made.call(Made.receive("m", 4), .done([1])), Made.call(Made.receive("n", 4), .unknown("lost")),
            Made.call(Made.cancel("c", of: "o"), .done(try Made.cancelled(1, sequence: 2)), at: 4),
        ]
        let facts = facts(
            reservations: [
                "held": Made.standing(), "gone": Made.standing(.released), "late": Made.standing(.expired),
                "taken": Made.standing(.confirmed, order: "o"), "open": Made.standing(),
                "short": Made.standing(.voided),
            ],
            orders: [
                "o": Made.order(
                    "o", allocated: 2, cancelled: 1, reservation: "taken",
                    events: [(1, "placed", "o"), (2, "cancelled", "c")])
            ],
            movements: ["m": [.init(sku: "MUG", location: "DC", onHand: 4)]],
            stored: [.movement: ["m"], .cancellation: ["c"], .extension_: []])
        #expect(kinds(calls, facts) == [])
    }

    @Test("an order for goods that come back is there, with the lines and amounts that were asked for")
    func exchanges() throws {
        func call(_ outcome: CallOutcome, quantity: Int64 = 3, units: Int64 = 1) -> RecordedCall {
            Made.call(
                .life(
                    .exchange(
                        .with {
                            $0.exchangeID = "x"
                            $0.lines = [
                                .with {
                                    $0.sku = "MUG"
                                    $0.quantity = quantity
                                    $0.unitPrice.currencyCode = "GBP"
                                    $0.unitPrice.units = units
                                }
                            ]
                        })), outcome)
        }
        let there = facts(orders: ["x": Made.order("x", amount: 300)])
        #expect(kinds([call(.done([]))], there) == [])
        #expect(kinds([call(.done([]))], facts()) == [.lost])
        #expect(kinds([call(.done([]), quantity: 2)], there) == [.lost])
        #expect(kinds([call(.done([]), units: 2)], there) == [.money])
        #expect(kinds([call(.unknown("lost"))], there) == [])
        #expect(kinds([call(.unknown("lost"))], facts()) == [])
        #expect(kinds([call(Made.short)], facts()) == [])
        #expect(kinds([call(Made.short)], there) == [.appliedThoughRefused])
    }

    // MARK: - Reservations

    @Test("an acknowledged reservation that is not there is found")
    func lostReservation() throws { #expect(kinds([try reserved()], facts()) == [.lost]) }

    @Test("an acknowledged reservation with other units is found")
    func otherUnits() throws {
        #expect(kinds([try reserved()], facts(reservations: ["a": Made.standing(.held, at: "SHOP")])) == [.lost])
        #expect(kinds([try reserved()], facts(reservations: ["a": Made.standing(.held, "MUG", 2)])) == [.lost])
    }

    @Test("a reservation that every call was refused is found")
    func appliedReservation() {
        let calls = [Made.call(Made.reserve("a"), Made.unavailable), Made.call(Made.reserve("a"), Made.short, at: 3)]
        #expect(kinds(calls, facts(reservations: ["a": Made.standing()])) == [.appliedThoughRefused])
    }

    @Test("a final state that nobody asked for is found")
    func illegalState() throws {
        func states(_ standing: LedgerFacts.Reservation, _ more: [RecordedCall] = []) throws -> [Violation.Kind] {
            kinds([try reserved()] + more, facts(reservations: ["a": standing]))
        }
        #expect(try states(Made.standing(.voided)) == [.illegalState])
        #expect(try states(Made.standing(.released)) == [.illegalState])
        #expect(try states(Made.standing(.expired, expiredEarly: true)) == [.illegalState])
        #expect(try states(Made.standing(.confirmed, order: "nobody")) == [.illegalState])
        let release = Made.call(Made.release("a"), .done(try Made.released(.released)), at: 3)
        #expect(try Set(states(Made.standing(.held), [release])) == [.illegalState])
        #expect(try states(Made.standing(.expired), [release]) == [.illegalState])
    }

    // MARK: - Orders

    @Test("an acknowledged order that is not there is found")
    func lostOrder() throws { #expect(kinds([try placed()], facts()) == [.lost]) }

    @Test("an order that took other units than it was answered is found")
    func otherCapture() throws {
        #expect(kinds([try placed()], facts(orders: ["o": Made.order("o", captured: 2)])) == [.lost])
    }

    @Test("an order that every call was refused is found")
    func appliedOrder() {
        #expect(
            kinds([Made.call(Made.place("o"), Made.unavailable)], facts(orders: ["o": Made.order("o")]))
                == [.appliedThoughRefused])
    }

    @Test("an order that was captured with another order's reservation, or with a released one, is found")
    func othersReservation() throws {
        let calls = [
            try reserved("a"), Made.call(Made.release("a"), .unknown("lost"), at: 2),
            Made.call(Made.place("o", with: "a"), .done(try Made.placed("o", amount: 302)), at: 3),
            Made.call(Made.place("p", with: "a"), .done(try Made.placed("p", amount: 302)), at: 3),
        ]
        let orders = ["o": Made.order("o", reservation: "a"), "p": Made.order("p", reservation: "a")]
        func found(_ state: LedgerFacts.Reservation) -> [Violation.Kind] {
            kinds(calls, facts(reservations: ["a": state], orders: orders))
        }
        #expect(found(Made.standing(.confirmed, order: "o")) == [.illegalState])
        #expect(found(Made.standing(.released)) == [.illegalState, .illegalState])
        #expect(found(Made.standing(.expired)) == [])
    }

    @Test("amounts are worked out anew: in the answer and in the books")
    func money() throws {
        // 3 x 1.005 = 3.015, half to even: 3.02.
        #expect(kinds([try placed()], facts(orders: ["o": Made.order("o")])) == [])
        #expect(kinds([try placed()], facts(orders: ["o": Made.order("o", amount: 301)])) == [.money])
        #expect(kinds([try placed()], facts(orders: ["o": Made.order("o", tax: 8)])) == [.money])
        let wrong = Made.call(Made.place("o"), .done(try Made.placed("o", amount: 301)))
        #expect(kinds([wrong], facts(orders: ["o": Made.order("o")])) == [.money])
    }

    @Test("a gap in an order's history, and a history without its capture, are found")
    func eventGap() throws {
        let gap = Made.order("o", events: [(1, "placed", "o"), (3, "cancelled", "c")])
        let cancel = Made.call(Made.cancel("c", of: "o"), .unknown("lost"))
        #expect(kinds([try placed(), cancel], facts(orders: ["o": gap])) == [.events])
        #expect(kinds([try placed()], facts(orders: ["o": Made.order("o", events: [(1, "placed", "x")])])) == [.events])
    }

    @Test("a cancellation twice in a history, and one that nobody asked for, are found")
    func cancellations() throws {
        let twice = Made.order(
            "o", allocated: 1, cancelled: 2, events: [(1, "placed", "o"), (2, "cancelled", "c"), (3, "cancelled", "c")])
        let cancel = Made.call(Made.cancel("c", of: "o"), .done(try Made.cancelled(1, sequence: 2)))
        #expect(kinds([try placed(), cancel], facts(orders: ["o": twice])) == [.notOnce])
        let stranger = Made.order("o", allocated: 2, cancelled: 1, events: [(1, "placed", "o"), (2, "cancelled", "x")])
        #expect(kinds([try placed()], facts(orders: ["o": stranger])) == [.appliedThoughRefused])
    }

    @Test("an acknowledged cancellation that is not in the history is found")
    func lostCancellation() throws {
        let cancel = Made.call(Made.cancel("c", of: "o"), .done(try Made.cancelled(1, sequence: 2)))
        #expect(kinds([try placed(), cancel], facts(orders: ["o": Made.order("o")])) == [.lost])
    }

    @Test("a channel's number under two orders is found")
    func externalNumber() throws {
        var other = Made.order("p")
        other.externalID = "o"
        let calls = [try placed("o"), Made.call(Made.place("p"), .unknown("lost"))]
        #expect(kinds(calls, facts(orders: ["o": Made.order("o"), "p": other])).contains(.notOnce))
    }

    @Test("units of a line that do not add up are found")
    func lineUnits() throws {
        #expect(kinds([try placed()], facts(orders: ["o": Made.order("o", allocated: 2)])) == [.books])
    }

    // MARK: - Stock

    @Test("stock that moved twice, otherwise, or not at all is found")
    func movements() {
        let call = Made.call(Made.receive("m", 4), .done([1]))
        let four = LedgerFacts.Movement(sku: "MUG", location: "DC", onHand: 4)
        #expect(kinds([call], facts(movements: ["m": [four, four]])) == [.notOnce])
        #expect(kinds([call], facts(movements: ["m": [.init(sku: "MUG", location: "SHOP", onHand: 4)]])) == [.notOnce])
        #expect(kinds([call], facts()) == [.lost])
        let refused = Made.call(Made.receive("m", 4), Made.unavailable)
        #expect(kinds([refused], facts(movements: ["m": [four]])) == [.appliedThoughRefused])
    }

    @Test("an acknowledged change without a stored answer is found, and a stored one that was refused")
    func storedAnswers() {
        let call = Made.call(Made.receive("m", 4), .done([1]))
        let moved = ["m": [LedgerFacts.Movement(sku: "MUG", location: "DC", onHand: 4)]]
        #expect(kinds([call], facts(movements: moved, stored: [.movement: []])) == [.lost])
        let refused = Made.call(Made.receive("m", 4), Made.unavailable)
        #expect(kinds([refused], facts(stored: [.movement: ["m"]])) == [.appliedThoughRefused])
    }
}
