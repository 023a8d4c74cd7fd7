import HoldfastAPI
import Testing
import Torture

@Suite("Promises beside the counter, as callers saw them")
struct BoundedCounterCheckTests {
    private func reserve(_ id: String, _ units: Int64, at began: Int64, lasting: Int64 = 2) throws -> RecordedCall {
        Made.call(
            Made.reserve(id, "MUG", units), .done(try Made.reserved(id, "MUG", units)), at: began, lasting: lasting)
    }

    private func kinds(
        _ calls: [RecordedCall], _ states: [String: LedgerFacts.Reservation] = [:],
        moved: [(cause: String, onHand: Int64, allocated: Int64)], clockMayJump: Bool = false
    ) -> [Violation.Kind] {
        var facts = LedgerFacts()
        for call in calls where call.mutation.key.space == .reservation {
            facts.reservations[call.mutation.key.id] = states[call.mutation.key.id] ?? Made.standing()
        }
        for (index, movement) in moved.enumerated() {
            facts.movements[movement.cause, default: []].append(
                .init(
                    sku: "MUG", location: "DC", onHand: movement.onHand, allocated: movement.allocated,
                    sequence: Int64(index + 1)))
        }
        return BoundedCounterCheck.violations(
            in: KeyHistory.sorted(calls), facts: facts, clockMayJump: clockMayJump
        ).map(\.kind)
    }

    private let stock = Made.call(Made.receive("m", 5), .done([]), at: 1)

    @Test("promises that fit, one after the other or after others have ended, are in order")
    func clean() throws {
        let calls = [
            stock, try reserve("a", 3, at: 10), try reserve("b", 2, at: 20),
            Made.call(Made.release("a"), .done(try Made.released(.released)), at: 30), try reserve("c", 3, at: 40),
        ]
        #expect(kinds(calls, ["a": Made.standing(.released)], moved: [("m", 5, 0)]) == [])
    }

    @Test("a promise beyond what is there is found")
    func oversold() throws {
        #expect(
            kinds([stock, try reserve("a", 3, at: 10), try reserve("b", 3, at: 20)], moved: [("m", 5, 0)]) == [
                .oversold
            ])
    }

    @Test("a promise of goods that came only after its answer is found; of goods on their way it is not")
    func tooEarly() throws {
        let late = Made.call(Made.receive("n", 4), .done([]), at: 50)
        let calls = [stock, try reserve("a", 5, at: 10), try reserve("b", 4, at: 20), late]
        #expect(kinds(calls, moved: [("m", 5, 0), ("n", 4, 0)]) == [.oversold])
        let slow = [stock, try reserve("a", 5, at: 10), try reserve("b", 4, at: 20, lasting: 60), late]
        #expect(kinds(slow, moved: [("m", 5, 0), ("n", 4, 0)]) == [])
    }

    @Test("an order beyond what reservations leave is found")
    func order() throws {
        let order = Made.call(Made.place("o"), .done(try Made.placed("o", amount: 302)), at: 20)
        let moved: [(cause: String, onHand: Int64, allocated: Int64)] = [("m", 5, 0), ("o", 0, 3)]
        #expect(kinds([stock, try reserve("a", 3, at: 10), order], moved: moved) == [.oversold])
        #expect(kinds([stock, try reserve("a", 2, at: 10), order], moved: moved) == [])
    }

    @Test("a reservation that may have expired holds nothing for certain where clocks jump")
    func clocks() throws {
        let calls = [stock, try reserve("a", 3, at: 10), try reserve("b", 3, at: 20)]
        let expired = ["a": Made.standing(.expired)]
        #expect(kinds(calls, expired, moved: [("m", 5, 0)], clockMayJump: true) == [])
    }
}
