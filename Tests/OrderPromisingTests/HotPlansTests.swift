import Domain
import HoldfastTesting
import Ledger
import OrderPromising
import PostgresClient
import Testing

/// Statements that every call runs find their rows by key, although statistics say that a walk would find nothing to walk.
@Suite("Plans of hot statements")
struct HotPlansTests {
    /// The text, with this in it, that a connection of the pool has prepared.
    private static func text(with part: String, _ deployment: TestDeployment) async throws -> String {
        let look = PostgresStatement(
            "prepared \(part)",
            """
            SELECT statement FROM pg_prepared_statements
            WHERE statement LIKE '%\(part)%' AND statement NOT LIKE '%pg_prepared_statements%'
            """, access: .readOnly)
        for _ in 0..<100 {
            let found = try await deployment.pool.withConnection { connection in
                try connection.execute(look).first.map { try $0.text(0) }
            }
            if let found { return found }
        }
        throw TestFailure("no connection has prepared \(part)")
    }

    @Test("after a quiet night, a walk through all live holds is not planned")
    func byKey() async throws {
        try await TestDeployment.with(configure: { $0.breakerDelay = .seconds(3_600) }) { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 20)])
            let held = try await deployment.reserve([("A", "W", 1)])
            let ordered = try await deployment.reserve([("A", "W", 1)])
            _ = try await deployment.place(deployment.order([("A", "W", 1)], reservation: ordered.id))
            _ = try await deployment.promising.release(held.id, by: .anonymous)
            // Many holds, none of them live: so the statistics stay until a tenth of the table has changed.
            try await deployment.run(
                """
                INSERT INTO hold (id, kind, state, closed_at)
                    SELECT gen_random_uuid(), 1, 3, now() FROM generate_series(1, 20000);
                ANALYZE hold
                """)
            for part in ["UPDATE hold SET state = 3", "UPDATE hold SET state = 2"] {
                let text = try await Self.text(with: part, deployment)
                let count = (1...20).last { text.contains("$\($0)") } ?? 0
                let nulls = Array(repeating: "NULL", count: count).joined(separator: ", ")
                let plan = try await deployment.pool.withConnection { connection in
                    try connection.executeScript(
                        "SET plan_cache_mode = force_generic_plan; PREPARE looked_at AS \(text)")
                    let plan = try connection.execute(
                        PostgresStatement("plan \(part)", "EXPLAIN EXECUTE looked_at(\(nulls))")
                    ).map { try $0.text(0) }
                    try connection.executeScript("DEALLOCATE looked_at; RESET plan_cache_mode")
                    return plan
                }
                #expect(plan.contains { $0.contains("hold_pkey") }, "\(plan)")
                #expect(!plan.contains { $0.contains("hold_expiry") || $0.contains("hold_created") }, "\(plan)")
                #expect(!plan.contains { $0.contains("hold_live") || $0.contains("Seq Scan on hold") }, "\(plan)")
            }
        }
    }
}
