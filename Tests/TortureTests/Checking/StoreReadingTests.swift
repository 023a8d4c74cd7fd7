import Domain
import HoldfastTesting
import Ledger
import NIOPosix
import OrderPromising
import PostgresClient
import PrivateStores
import RedisClient
import Testing
import Torture

/// What reads the stores themselves, on a shop whose rows are falsified.
@Suite("Looks at the stores")
struct StoreReadingTests {
    struct Falsification: Sendable {
        var statement: String
        var undoing: String
        var kind: Violation.Kind
        var story: String
    }

    private static let cell = "SELECT id FROM cell ORDER BY id LIMIT 1"
    static let falsifications = [
        Falsification(
            statement: "UPDATE cell SET on_hand = on_hand + 1 WHERE id = (\(cell))",
            undoing: "UPDATE cell SET on_hand = on_hand - 1 WHERE id = (\(cell))", kind: .books,
            story: "1 cells are not the sum of their movements"),
        Falsification(
            statement: "UPDATE order_allocation SET open = open + 1",
            undoing: "UPDATE order_allocation SET open = open - 1", kind: .books,
            story: "1 cells have other allocated units than open order lines"),
        Falsification(
            statement: """
                INSERT INTO hold (id, kind, state, lines, cells, quantities)
                VALUES ('00000000-0000-4000-8000-000000000001', 1, 1, '{0}', ARRAY[(\(cell))], '{1000}')
                """, undoing: "DELETE FROM hold WHERE id = '00000000-0000-4000-8000-000000000001'",
            kind: .unrecordedShortage, story: "1 cells have more promised than is there, and no shortage that says so"),
        Falsification(
            statement: "UPDATE outbox SET topic = 'x.' || topic WHERE topic = 'stock.changed'",
            undoing: "UPDATE outbox SET topic = 'stock.changed' WHERE topic = 'x.stock.changed'", kind: .outbox,
            story: "1 changes of stock do not match what was published of them"),
        Falsification(
            statement: "UPDATE outbox SET topic = 'x.' || topic WHERE topic LIKE 'order.%'",
            undoing: "UPDATE outbox SET topic = substr(topic, 3) WHERE topic LIKE 'x.order.%'", kind: .outbox,
            story: "2 changes of orders do not match what was published of them"),
        Falsification(
            statement: """
                INSERT INTO outbox (topic, subject, subject_sequence, cause_id)
                SELECT topic, subject, subject_sequence, cause_id FROM outbox WHERE topic LIKE 'order.%' LIMIT 1
                """, undoing: "DELETE FROM outbox WHERE seq = (SELECT max(seq) FROM outbox)", kind: .outbox,
            story: "1 changes were published twice"),
    ]

    /// A shop with 20 mugs, of which 4 were ordered and 1 of those cancelled, and 2 are reserved.
    private func withShop(_ body: @Sendable (TestDeployment, LedgerReader) async throws -> Void) async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["MUG"], locations: ["DC"])
            try await deployment.change(.receive, [("MUG", "DC", 20)])
            let order = try deployment.order([("MUG", "DC", 4)])
            _ = try await deployment.place(order)
            _ = try await deployment.cancel(order.id, [(1, 1)])
            _ = try await deployment.reserve([("MUG", "DC", 2)])
            let reader = LedgerReader(
                url: deployment.stack.postgres.connectionString(database: deployment.keyPrefix))
            let result: Result<Void, any Error>
            do { result = .success(try await body(deployment, reader)) } catch { result = .failure(error) }
            await reader.shutdown()
            try result.get()
        }
    }

    @Test("books that agree are not accused; each false row is found, and named for what it is")
    func books() async throws {
        try await withShop { deployment, reader in
            func run(_ sql: String) async throws {
                try await deployment.pool.withConnection { connection in try connection.executeScript(sql) }
            }
            #expect(try await reader.booksViolations().isEmpty)
            for falsification in Self.falsifications {
                try await run(falsification.statement)
                let found = try await reader.booksViolations()
                #expect(found == [Violation(falsification.kind, falsification.story)])
                try await run(falsification.undoing)
                #expect(try await reader.booksViolations().isEmpty, "\(falsification.undoing)")
            }
        }
    }

    @Test("a figure of Redis that is not PostgreSQL's is found, and one that Redis does not have")
    func exactness() async throws {
        try await withShop { deployment, reader in
            let desk = try RedisDesk(url: deployment.stack.redis.url, group: MultiThreadedEventLoopGroup.singleton)
            let probe = ExactnessProbe(redis: desk, ledger: reader, prefix: deployment.keyPrefix)
            #expect(try await eventually { try await probe.differences().isEmpty })
            let mug = try #require(try await reader.figures().first)
            #expect(mug.available == 15)
            let digits = "\(mug.vshard)"
            let key = "{\(deployment.keyPrefix)v\(String(repeating: "0", count: 4 - digits.count))\(digits)}:a"
            _ = try await desk.send(RedisCommand("HINCRBY", key, "\(mug.cell)", "1"))
            #expect(try await probe.differences() == ["MUG@DC: PostgreSQL 15, Redis 16"])
            _ = try await desk.send(RedisCommand("HDEL", key, "\(mug.cell)"))
            #expect(try await probe.differences() == ["MUG@DC: PostgreSQL 15, Redis nothing"])
        }
    }
}
