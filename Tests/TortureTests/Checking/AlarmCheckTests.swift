import Testing
import Torture

@Suite("Alarms in the logs of servers")
struct AlarmCheckTests {
    @Test("what a server logs as critical is found, once for the same words; other lines are not")
    func lines() {
        let log = """
            ready tcp=127.0.0.1:7411
            2026-11-24T09:30:00.125Z warning holdfast.server: a critical look at it vshard=3
            2026-11-24T09:30:00.126Z critical holdfast.server: Redis went back in time: rebuilding
            2026-11-24T09:30:00.127Z critical holdfast.server: Redis would admit more than PostgreSQL has; vshard=3
            2026-11-24T09:30:00.128Z critical holdfast.server: Redis would admit more than PostgreSQL has; vshard=4
            Fatal error: critical
            """
        let found = AlarmCheck.violations(in: log, of: 1)
        #expect(found.map(\.kind) == [.alarm, .alarm])
        #expect(found.last?.story.contains("vshard=3") == true)
        #expect(AlarmCheck.violations(in: "", of: 0).isEmpty)
    }
}
