import Testing
import Torture

@Suite("The witnessed order beside time")
struct WitnessCheckTests {
    private func violations(_ entries: [(id: String, began: Int64, ended: Int64, epoch: Int64, sequence: Int64)]) throws
        -> [Violation.Kind]
    {
        let calls = try entries.map { entry in
            Made.call(
                Made.reserve(entry.id), .done(try Made.reserved(entry.id)), at: entry.began,
                lasting: entry.ended - entry.began)
        }
        var witnesses: [Mutation.Key: [CommittedTransaction.Stamp]] = [:]
        for entry in entries {
            witnesses[.init(.reservation, entry.id)] = [
                .init(vshard: 3, epoch: entry.epoch, sequence: entry.sequence)
            ]
        }
        return WitnessCheck.violations(in: KeyHistory.sorted(calls), witnesses: witnesses).map(\.kind)
    }

    @Test("calls at the same time may be admitted in any order, and those of one call have none")
    func clean() throws {
        #expect(try violations([("a", 1, 9, 1, 2), ("b", 2, 8, 1, 1), ("c", 10, 12, 1, 2), ("d", 13, 14, 2, 1)]) == [])
    }

    @Test("a later call with an earlier number is found")
    func backwards() throws {
        #expect(try violations([("a", 1, 2, 1, 7), ("b", 5, 6, 1, 6)]) == [.witnessOrder])
    }

    @Test("a later call under an earlier epoch is found")
    func epochBackwards() throws {
        #expect(try violations([("a", 1, 2, 2, 1), ("x", 3, 4, 2, 2), ("b", 5, 6, 1, 900)]) == [.witnessOrder])
    }
}
