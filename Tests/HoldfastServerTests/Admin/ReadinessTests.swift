import OrderPromising
import Testing

@testable import HoldfastServer

@Suite("What a load balancer is told")
struct ReadinessTests {
    @Test("A stop that has begun, a store that is away or stock that is closed is not ready, and the reason is escaped")
    func reports() {
        let good = Readiness.Report(
            isDraining: false, isListening: true, redis: nil, postgres: nil, admission: .open,
            ledgerVShards: 0)
        #expect(good.isReady)
        var report = good
        report.isDraining = true
        #expect(!report.isReady)
        #expect(report.json.contains("\"draining\":true"))
        report = good
        report.isListening = false
        #expect(!report.isReady)
        report = good
        report.admission = .rebuilding
        #expect(!report.isReady)
        // PostgreSQL decides alone: Redis is missed, calls are answered.
        report = good
        report.redis = "not connected"
        report.ledgerVShards = 16
        #expect(report.isReady)
        #expect(report.json.contains("\"ledger_mode\":true"))
        report = good
        report.postgres = "a \"b\"\n"
        #expect(!report.isReady)
        #expect(report.json.contains(#""postgres":{"ready":false,"reason":"a \"b\"\n"}"#))
    }
}
