import Replay
import Testing
import Torture

@Suite("The report of a run")
struct TortureReportTests {
    private func record(_ kind: FaultKind, failure: String? = nil) throws -> FaultRecord {
        var plan = FaultPlan(seed: 1, kinds: [kind], servers: 2)
        let next = plan.next()
        return FaultRecord(fault: try #require(next), began: 0, ended: 200_000_000, failure: failure)
    }

    private func report(
        _ chosen: [FaultKind], _ faults: [FaultRecord], skipped: [FaultKind: String] = [:],
        violations: [Violation] = []
    ) -> TortureReport {
        var options = TortureOptions(seed: 9)
        options.faults = chosen
        options.version = "holdfast 1"
        return TortureReport(
            options: options, began: 0, traded: 1_000_000_000, figures: LoadCounters().now, calls: [], faults: faults,
            quiets: [], skipped: skipped, violations: violations)
    }

    @Test("faults that failed are told by kind, and those that never happened are left out, with the reason")
    func faults() throws {
        let made = report(
            [.killRedis, .fullDisk, .cutRedis, .clockStep],
            [
                try record(.killRedis), try record(.killRedis, failure: "no fork"),
                try record(.cutRedis, failure: "no way"), try record(.cutRedis, failure: "no way either"),
            ], skipped: [.clockStep: "there is no compiler"])
        let redis = try #require(made.underFaults.first { $0.kind == .killRedis })
        #expect(redis.times == 2)
        #expect(redis.failed == 1)
        #expect(
            made.leftOut == [
                .clockStep: "there is no compiler", .fullDisk: "its turn did not come",
                .cutRedis: "it failed each time: no way",
            ])
        #expect(made.text.contains("2 x (1 failed)"))
        #expect(made.text.contains("full-disk was left out: its turn did not come"))
        let json = made.json.pretty()
        #expect(json.contains("\"failed\": 1"))
        #expect(json.contains("\"cut-redis\": \"it failed each time: no way\""))
    }

    @Test("programs are told whether it is sound, and which program was tried")
    func verdict() {
        #expect(report([], []).json.pretty().contains("\"sound\": true"))
        #expect(report([], []).json.pretty().contains("\"version\": \"holdfast 1\""))
        let broken = report([], [], violations: [Violation(.lost, "it is gone")])
        #expect(broken.json.pretty().contains("\"sound\": false"))
        #expect(broken.text.contains("1 VIOLATION\n"))
    }
}
