import Domain
import HoldfastTesting
import Ledger
import OrderPromising
import Testing

@Suite("Expiry, where some reservations cannot be ended")
struct ExpirySweepTests {
    /// Makes PostgreSQL refuse to end these reservations, whatever ends them.
    private static func refuse(_ ids: [EntityID], _ deployment: TestDeployment) async throws {
        let list = ids.map { "'\($0)'" }.joined(separator: ", ")
        try await deployment.run(
            """
            CREATE FUNCTION refuse_expiry() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'this one cannot be ended';
            END
            $$;
            CREATE TRIGGER refuse_expiry BEFORE UPDATE ON hold FOR EACH ROW
                WHEN (NEW.state = 4 AND NEW.id IN (\(list))) EXECUTE FUNCTION refuse_expiry()
            """)
    }

    @Test("the others are ended all the same, and the bad ones as soon as it is possible", arguments: [1, 3])
    func isolation(bad: Int) async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 200)])
            var ids: [EntityID] = []
            for _ in 0..<60 { ids.append(try await deployment.reserve([("A", "W", 1)]).id) }
            let stuck = Array(ids.shuffled().prefix(bad))
            try await ExpirySweepTests.refuse(stuck, deployment)
            try await deployment.run("UPDATE hold SET expires_at = now() - interval '1 second' WHERE state = 1")
            #expect(try await eventually { try await deployment.available("A") == Int64(200 - bad) })
            #expect(try await deployment.number("SELECT count(*) FROM hold WHERE state = 4") == Int64(60 - bad))
            // New ones that come due behind the bad ones are not held up either.
            _ = try await deployment.reserve([("A", "W", 5)], ttl: 1_000)
            #expect(try await eventually { try await deployment.available("A") == Int64(200 - bad) })
            for id in stuck {
                #expect(try await deployment.ledger.holds([id], kind: .reservation).first?.state == .held)
            }
            try await deployment.run("DROP TRIGGER refuse_expiry ON hold")
            #expect(try await eventually { try await deployment.available("A") == 200 })
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("where none can be ended, nothing is lost, and all are ended once that is over")
    func allRefused() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 100)])
            for _ in 0..<40 { _ = try await deployment.reserve([("A", "W", 1)]) }
            try await deployment.run(
                """
                ALTER TABLE hold ADD CONSTRAINT no_expiry CHECK (state <> 4);
                UPDATE hold SET expires_at = now() - interval '1 second' WHERE state = 1
                """)
            await #expect(throws: StatementRefused.self) { try await deployment.ledger.expire(limit: 500) }
            #expect(try await deployment.number("SELECT count(*) FROM hold WHERE state = 1") == 40)
            try await Task.sleep(for: .milliseconds(600))
            try await deployment.run("ALTER TABLE hold DROP CONSTRAINT no_expiry")
            #expect(try await eventually { try await deployment.available("A") == 100 })
            #expect(try await deployment.booksAgree())
        }
    }
}
