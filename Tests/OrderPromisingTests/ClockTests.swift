import Domain
import HoldfastTesting
import Ledger
import OrderPromising
import PostgresClient
import Testing

/// PostgreSQL's clock was ahead, and has gone back: what was written meanwhile lies in a time to come.
@Suite("A clock that goes back")
struct ClockTests {
    private static let ahead = PostgresStatement(
        "test_ahead",
        "UPDATE admission_redis SET confirmed_at = confirmed_at + interval '1 hour' WHERE instance = $1::uuid")
    private static let leaseAhead = PostgresStatement(
        "test_lease_ahead", "UPDATE lease SET expires_at = expires_at + interval '1 hour' WHERE name = $1::text")

    @Test("a Redis that was reported in a time to come does not keep a new one out")
    func claim() async throws {
        try await TestDeployment.with { deployment in
            let ledger = deployment.promising.ledger
            let (old, new) = (EntityID.fresh, EntityID.fresh)
            var now = try await ledger.deploymentClock().now
            _ = try await ledger.confirmAdmissionRedis(old, keyPrefix: "hf:", by: .fresh, seenAt: now)
            _ = try await deployment.pool.withConnection { connection in
                try connection.execute(Self.ahead, [.uuid(PostgresUUID(high: old.high, low: old.low))])
            }
            now = try await ledger.deploymentClock().now
            let reports = try await ledger.confirmAdmissionRedis(new, keyPrefix: "hf:", by: .fresh, seenAt: now)
            #expect(!reports.contains { $0.instance == old })
            #expect(reports.contains { $0.instance == new })
        }
    }

    @Test("a lease that was taken in a time to come is free; one that is held is not")
    func lease() async throws {
        try await TestDeployment.with { deployment in
            let ledger = deployment.promising.ledger
            let (one, other) = (EntityID.fresh, EntityID.fresh)
            #expect(try await ledger.holdLease(.retention, holder: one, milliseconds: 60_000))
            #expect(try await !ledger.holdLease(.retention, holder: other, milliseconds: 60_000))
            _ = try await deployment.pool.withConnection { connection in
                try connection.execute(Self.leaseAhead, [.text(LeaseName.retention.rawValue)])
            }
            #expect(try await ledger.holdLease(.retention, holder: other, milliseconds: 60_000))
            #expect(try await !ledger.holdLease(.retention, holder: one, milliseconds: 60_000))
        }
    }
}
