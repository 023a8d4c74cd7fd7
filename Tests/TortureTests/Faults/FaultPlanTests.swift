import Testing
import Torture

@Suite("The plan of faults")
struct FaultPlanTests {
    @Test("a seed decides every fault")
    func seeded() {
        func faults(_ seed: UInt64) -> [PlannedFault] {
            var plan = FaultPlan(seed: seed, kinds: FaultKind.allCases, servers: 2)
            return (0..<100).compactMap { _ in plan.next() }
        }
        #expect(faults(7) == faults(7))
        #expect(faults(7) != faults(8))
    }

    @Test("every kind comes before any comes again, and each has an end")
    func fair() {
        var plan = FaultPlan(seed: 3, kinds: FaultKind.allCases, servers: 2)
        let round = (0..<FaultKind.allCases.count).compactMap { _ in plan.next() }
        #expect(Set(round.map(\.kind)) == Set(FaultKind.allCases))
        #expect(round.allSatisfy { (1...10_000).contains($0.milliseconds) && (0...1).contains($0.server) })
    }

    @Test("no kinds, no faults")
    func none() {
        var plan = FaultPlan(seed: 3, kinds: [], servers: 2)
        #expect(plan.next() == nil)
    }

    @Test("a choice is read by names; a wrong name is told with the right ones")
    func choice() throws {
        #expect(try FaultKind.chosen(by: "all") == FaultKind.allCases)
        #expect(try FaultKind.chosen(by: "none") == [])
        #expect(try FaultKind.chosen(by: "kill-redis,full-disk") == [.killRedis, .fullDisk])
        let error = #expect(throws: TortureError.self) { try FaultKind.chosen(by: "kill-redis,fire") }
        #expect(error?.description.contains("\"fire\"") == true)
        #expect(error?.description.contains("two-redis") == true)
    }
}
