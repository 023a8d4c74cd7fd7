import Testing
import Torture

@Suite("Looks at what was acknowledged")
struct ReadCheckTests {
    private func look(_ finding: RecordedRead.Finding, at millisecond: Int64) -> RecordedRead {
        RecordedRead(
            client: 2, server: 1, key: .init(.reservation, "a"), began: millisecond * 1_000_000,
            ended: (millisecond + 1) * 1_000_000, finding: finding)
    }

    @Test("what is missing after its acknowledgement is found; before it, it is not")
    func missing() throws {
        let keys = KeyHistory.sorted([Made.call(Made.reserve("a"), .done(try Made.reserved("a")), at: 5)])
        #expect(ReadCheck.violations(of: [look(.missing, at: 2), look(.found, at: 9)], in: keys).isEmpty)
        #expect(ReadCheck.violations(of: [look(.missing, at: 9)], in: keys).map(\.kind) == [.lost])
    }
}
