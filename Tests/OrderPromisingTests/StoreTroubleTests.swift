import Domain
import HoldfastTesting
import HotStock
import Ledger
import Logging
import NIOCore
import OrderPromising
import PostgresClient
import PrivateStores
import RedisClient
import Testing

/// Stores that answer, but refuse, stall or are full.
@Suite("Stores in trouble", .serialized)
struct StoreTroubleTests {
    private static func stocked(_ deployment: TestDeployment) async throws {
        try await deployment.catalogue(skus: ["A", "B"], locations: ["W"])
        try await deployment.change(.receive, [("A", "W", 20), ("B", "W", 20)])
    }

    /// Tries until the stores are back.
    private static func sells(_ deployment: TestDeployment, within seconds: Double = 60) async throws -> Bool {
        try await eventually(within: seconds) {
            do {
                return try await deployment.reserve([("B", "W", 1)]).state == .held
            } catch Refusal.unavailable {
                return false
            }
        }
    }

    /// How a call ended: in a word, or as the refusal says.
    private static func outcome(_ call: () async throws -> Void) async throws -> String {
        do {
            try await call()
            return "done"
        } catch Refusal.unavailable(let why, let delay) {
            #expect(delay > 0)
            return why
        } catch Refusal.outcomeUnknown {
            return "unknown"
        }
    }

    @Test("a PostgreSQL that is read-only takes no change of any kind, loses nothing, and is used again by itself")
    func readOnly() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("trouble"))
        try await TestDeployment.with(stack: stack) { deployment in
            try await StoreTroubleTests.stocked(deployment)
            let held = try await deployment.reserve([("A", "W", 3)])
            let order = try deployment.order([("A", "W", 2)])
            _ = try await deployment.place(order)
            let rows =
                "SELECT (SELECT count(*) FROM hold) + (SELECT count(*) FROM stock_movement)"
                + " + (SELECT count(*) FROM idempotency) + (SELECT count(*) FROM orders)"
            let before = try await deployment.number(rows)
            try await deployment.run("ALTER SYSTEM SET default_transaction_read_only = on")
            try await deployment.run("SELECT pg_reload_conf()")
            #expect(
                try await eventually {
                    try await deployment.number(
                        "SELECT (SELECT setting FROM pg_settings WHERE name = 'default_transaction_read_only')::bool::int::int8"
                    ) == 1
                })
            let calls: [(String, () async throws -> Void)] = [
                ("reserve", { _ = try await deployment.reserve([("A", "W", 1)]) }),
                ("place", { _ = try await deployment.place(deployment.order([("A", "W", 1)])) }),
                (
                    "place with",
                    {
                        _ = try await deployment.place(deployment.order([("A", "W", 3)], reservation: held.id))
                    }
                ),
                ("cancel", { _ = try await deployment.cancel(order.id) }),
                ("release", { _ = try await deployment.promising.release(held.id, by: .anonymous) }),
                ("receive", { try await deployment.change(.receive, [("A", "W", 1)]) }),
                ("adjust", { try await deployment.change(.adjust, [("A", "W", -1)]) }),
                ("catalogue", { try await deployment.catalogue(skus: ["C"], locations: []) }),
            ]
            for (name, call) in calls {
                let outcome = try await StoreTroubleTests.outcome(call)
                #expect(outcome != "done" && outcome != "unknown", "\(name): \(outcome)")
            }
            #expect(try await deployment.number(rows) == before)
            #expect(try await deployment.promising.reservation(held.id, for: .anonymous).state == .held)
            let pool = PostgresPool(
                configuration: PostgresConfiguration(
                    connectionString: stack.postgres.connectionString(), connectionCount: 1),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try await pool.withConnection { connection in
                try connection.executeScript("SET default_transaction_read_only = off")
                try connection.executeScript("ALTER SYSTEM RESET default_transaction_read_only")
                try connection.executeScript("SELECT pg_reload_conf()")
            }
            await pool.shutdown()
            #expect(try await StoreTroubleTests.sells(deployment))
            #expect(try await deployment.promising.release(held.id, by: .anonymous) == .released)
            #expect(try await deployment.booksAgree(within: 30))
        }
        await stack.stop()
    }

    @Test("a standby given as the URL promises nothing, and everything once it is promoted")
    func standby() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("trouble"))
        let (name, held) = try await TestDeployment.with(stack: stack) { (deployment) async throws in
            try await StoreTroubleTests.stocked(deployment)
            return (deployment.keyPrefix, try await deployment.reserve([("A", "W", 3)]))
        }
        let directory = TestDirectory.make("trouble-standby")
        try await stack.postgres.copy(to: directory, as: .standby)
        let standby = try await PrivatePostgres.start(directory: directory)
        stack.postgres.kill9()
        try await PointedServer.with(
            database: standby.connectionString(database: name), redis: stack.redis.url, prefix: name
        ) { server in
            try await Task.sleep(for: .seconds(2))
            #expect(!server.promising.isReady)
            let request = ReservationRequest(
                id: .fresh, channel: TestDeployment.channel,
                demands: [Demand(sku: "A", location: "W", quantity: 17, allowSplit: false)],
                ttlMilliseconds: 60_000, body: [1], caller: .anonymous)
            await #expect(throws: Refusal.self) {
                try await server.promising.reserve(request, deadline: .now() + .seconds(5))
            }
            #expect(try await server.promising.ledger.reservation(held.id)?.reservation == held)
            try await server.promising.ledger.pool.withConnection { connection in
                _ = try connection.execute(PostgresStatement("test_promote", "SELECT pg_promote()"))
            }
            #expect(try await server.opens())
            #expect(try await server.promising.reserve(request, deadline: .now() + .seconds(30)).state == .held)
            #expect(try await eventually { try await server.promising.books().agree })
        }
        await standby.stop()
        await stack.stop()
    }

    @Test("statements that never return and a pool that is exhausted are UNAVAILABLE, and trade goes on afterwards")
    func stuck() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("trouble"))
        try await TestDeployment.with(stack: stack) { deployment in
            try await StoreTroubleTests.stocked(deployment)
            let blocker = PostgresPool(
                configuration: PostgresConfiguration(
                    connectionString: stack.postgres.connectionString(database: deployment.keyPrefix),
                    connectionCount: 1),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let isLocked = Box(false)
            let mayEnd = Box(false)
            async let lock: Void = blocker.withTransaction { connection in
                try connection.executeScript("LOCK TABLE cell, hold IN ACCESS EXCLUSIVE MODE")
                isLocked.value = true
                while !mayEnd.value { try connection.executeScript("SELECT pg_sleep(0.05)") }
            }
            #expect(try await eventually { isLocked.value })
            // More calls than the pool has connections, each of which keeps one until its statement is cancelled.
            let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        try await StoreTroubleTests.outcome {
                            try await deployment.change(.receive, [("A", "W", 1)])
                        }
                    }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(outcomes.count == 12)
            #expect(Set(outcomes) == ["the ledger took too long", "the ledger is busy"], "\(outcomes)")
            mayEnd.value = true
            try await lock
            await blocker.shutdown()
            #expect(try await StoreTroubleTests.sells(deployment))
            #expect(try await eventually { (try? await deployment.available("A")) == 20 })
            #expect(try await deployment.booksAgree(within: 30))
        }
        await stack.stop()
    }

    @Test("a PostgreSQL that stands still answers nobody; every call ends, and its repetition finds out")
    func paused() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("trouble"))
        try await TestDeployment.with(stack: stack) { deployment in
            try await StoreTroubleTests.stocked(deployment)
            let ids = (0..<6).map { _ in EntityID.fresh }
            stack.postgres.pause()
            let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
                for (index, id) in ids.enumerated() {
                    group.addTask {
                        try await Task.sleep(for: .milliseconds(300 * index))
                        return try await StoreTroubleTests.outcome {
                            _ = try await deployment.reserve([("A", "W", 2)], id: id)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count == 6)
            #expect(!outcomes.contains("done"))
            stack.postgres.resume()
            for id in ids {
                #expect(
                    try await eventually(within: 60) {
                        do {
                            return try await deployment.reserve([("A", "W", 2)], id: id).state == .held
                        } catch Refusal.unavailable {
                            return false
                        } catch Refusal.outcomeUnknown {
                            return false
                        }
                    })
            }
            #expect(try await deployment.booksAgree(within: 60))
            #expect(try await deployment.available("A") == 8)
        }
        await stack.stop()
    }

    @Test("a full Redis takes no unit more than it may, gives back all the same, and recovers when it has room")
    func fullRedis() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("trouble"))
        try await TestDeployment.with(stack: stack) { deployment in
            try await StoreTroubleTests.stocked(deployment)
            let held = try await deployment.reserve([("A", "W", 5)])
            _ = try await deployment.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "100kb"))
            let vshard = VShard(sku: "A", count: 16)
            let hotStock = HotStock(
                link: deployment.redis.anyLink, keys: HotStockKeys(prefix: deployment.keyPrefix, vshards: 16))
            let epoch = try #require(try await deployment.ledger.epochs().first { $0.vshard == vshard }?.epoch)
            let cell = try #require(try await deployment.ledger.books().cells.first { $0.sku == "A" }?.cell)
            await #expect {
                _ = try await hotStock.take(
                    vshard, epoch: epoch,
                    [
                        TakeRequest(
                            key: HoldKey(.reservation, .fresh), nonce: 1, force: false, fingerprint: 1,
                            lines: [.init(index: 0, quantity: 1, split: false, groups: [[cell]])])
                    ]
                ).get()
            } throws: { error in
                (error as? HotStockError)?.isFull == true
            }
            // Whether PostgreSQL decides meanwhile or nobody does, nothing is lost and nothing is promised twice.
            let outcome = try await StoreTroubleTests.outcome { _ = try await deployment.reserve([("A", "W", 1)]) }
            #expect(outcome == "done" || outcome.contains("full") || outcome.contains("restored"), "\(outcome)")
            #expect(try await deployment.promising.release(held.id, by: .anonymous) == .released)
            let sold: Int64 = outcome == "done" ? 1 : 0
            _ = try await deployment.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
            #expect(try await StoreTroubleTests.sells(deployment))
            #expect(try await eventually { (try? await deployment.available("A")) == 20 - sold })
            #expect(try await deployment.booksAgree(within: 30))
        }
        await stack.stop()
    }
}
