import HoldfastAPI
import Testing
import Torture

@Suite("Each id by itself")
struct IdempotencyCheckTests {
    private func kinds(_ calls: [RecordedCall]) -> [Violation.Kind] {
        IdempotencyCheck.violations(in: KeyHistory.sorted(calls)).map(\.kind)
    }

    @Test("repeated calls with one answer, refusals for now and open outcomes are in order")
    func clean() throws {
        let reply = try Made.reserved("a")
        let later = try Made.reserved("a", state: .confirmed)
        #expect(
            kinds([
                Made.call(Made.reserve("a"), Made.unavailable),
                Made.call(Made.reserve("a"), .unknown("lost"), at: 2),
                Made.call(Made.reserve("a"), .done(reply), at: 3),
                Made.call(Made.reserve("a"), .done(later), at: 5),
                Made.call(Made.reserve("a", "MUG", 2), Made.reused, at: 7),
                Made.call(Made.reserve("b"), Made.short, at: 8),
            ]) == [])
    }

    @Test("another answer to the same call is found")
    func anotherAnswer() throws {
        let calls = [
            Made.call(Made.receive("m", 1), .done([1])), Made.call(Made.receive("m", 1), .done([2]), at: 3),
        ]
        #expect(kinds(calls) == [.answersDiffer])
        let units = [
            Made.call(Made.reserve("a"), .done(try Made.reserved("a"))),
            Made.call(Made.reserve("a"), .done(try Made.reserved("a", at: "SHOP")), at: 3),
        ]
        #expect(kinds(units) == [.answersDiffer])
    }

    @Test("two requests that took effect under one id are found")
    func twice() throws {
        let calls = [
            Made.call(Made.receive("m", 1), .done([1])), Made.call(Made.receive("m", 2), .done([2]), at: 3),
        ]
        #expect(kinds(calls) == [.notOnce])
    }

    @Test("an acknowledged call that is called another one later is found")
    func calledAnother() throws {
        let calls = [Made.call(Made.receive("m", 1), .done([1])), Made.call(Made.receive("m", 1), Made.reused, at: 3)]
        #expect(kinds(calls) == [.answersDiffer])
    }

    @Test("a call that is called another one although there was no other is found")
    func noOther() {
        #expect(kinds([Made.call(Made.receive("m", 1), Made.reused)]) == [.answersDiffer])
    }

    @Test("an acknowledged call that is refused later is found; a reservation that has ended may say so")
    func refusedLater() throws {
        let calls = [Made.call(Made.place("o"), .done([1])), Made.call(Made.place("o"), Made.short, at: 3)]
        #expect(kinds(calls) == [.answersDiffer])
        let ended = CallOutcome.refused(code: "FAILED_PRECONDITION", reason: "RESERVATION_STATE", message: "released")
        let reservation = [
            Made.call(Made.reserve("a"), .done(try Made.reserved("a"))), Made.call(Made.reserve("a"), ended, at: 3),
        ]
        #expect(kinds(reservation) == [])
    }
}
