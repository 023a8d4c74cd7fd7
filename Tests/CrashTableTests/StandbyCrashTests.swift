import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Logging
import NIOPosix
import OrderPromising
import PostgresClient
import PrivateStores
import Testing

@testable import Torture

/// PostgreSQL dies for good and a standby takes its place.
@Suite("Crash table: standbys", .serialized)
struct StandbyCrashTests {
    /// How the standby follows.
    enum Following: CaseIterable { case synchronously, asynchronously }

    @Test("PostgreSQL dies for good and a standby takes its place", arguments: Following.allCases)
    func failover(following: Following) async throws {
        let row = "PostgreSQL dies for good and a standby takes its place (\(following))"
        let stack = try await PrivateStack.start(directory: TestDirectory.make("primary"), listensOnPorts: true)
        let directory = TestDirectory.make("standby")
        try await stack.postgres.copy(to: directory, as: .standby)
        let standby = try await PrivatePostgres.start(directory: directory, listensOnPort: true)
        let proxy = try await FaultyProxy.start(
            "PostgreSQL", target: .init(port: stack.postgres.port), group: MultiThreadedEventLoopGroup.singleton)
        let result: Result<Void, any Error>
        do {
            try await Stage.with("", stack: stack, isKeeper: true) { stage in
                if following == .synchronously {
                    try await stage.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
                    try await stage.run("SELECT pg_reload_conf()")
                }
                let direct = try #require(
                    try stack.postgres.portConnectionString(database: stage.deployment.keyPrefix))
                let server = try await DoomedServer.start(
                    stage.deployment, failpoint: "",
                    postgres: direct.replacing(":\(stack.postgres.port)/", with: ":\(proxy.port)/"))
                await stage.server.stop()
                let result: Result<Void, any Error>
                do {
                    result = .success(
                        try await StandbyCrashTests.failOver(
                            Stage(deployment: stage.deployment, server: server), to: standby, by: proxy, following, row)
                    )
                } catch {
                    result = .failure(error)
                }
                await server.stop()
                try result.get()
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await proxy.close()
        await standby.stop()
        await stack.stop()
        try result.get()
    }

    private static func failOver(
        _ stage: Stage, to standby: PrivatePostgres, by proxy: FaultyProxy, _ following: Following, _ row: String
    ) async throws {
        let request = stage.reservation(4)
        let reply = try await stage.reserve(request)
        let order = stage.order(3)
        let placed = try await stage.place(order)
        let position = try await stage.text("SELECT pg_current_wal_flush_lsn()::text")
        let epoch = try await stage.number("SELECT max(epoch) FROM shard")
        let database = standby.connectionString(database: stage.deployment.keyPrefix)
        let pool = PostgresPool(
            configuration: PostgresConfiguration(connectionString: database, connectionCount: 1),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        @Sendable func ask(_ sql: String) async throws -> String {
            try await pool.withConnection { connection in
                try connection.execute(PostgresStatement("standby \(sql)", sql)).single.text(0)
            }
        }
        let result: Result<Void, any Error>
        do {
            let hasFollowed = try await eventually {
                try await ask("SELECT (pg_last_wal_replay_lsn() >= '\(position)')::text") == "true"
            }
            #expect(hasFollowed)
            if following == .asynchronously {
                // From here on it hears of nothing.
                try await pool.withConnection { connection in
                    try connection.executeScript("ALTER SYSTEM SET primary_conninfo = ''")
                    try connection.executeScript("SELECT pg_reload_conf()")
                }
                let isApart = try await eventually {
                    try await ask("SELECT count(*)::text FROM pg_stat_wal_receiver") == "0"
                }
                #expect(isApart)
            }
            let late = stage.reservation(5)
            _ = try await stage.reserve(late)
            stage.deployment.stack.postgres.kill9()
            #expect(try await stage.seeReserve(stage.reservation(1)) == .status(.unavailable))
            try await stage.timed(row, "promoted, and acknowledged calls answered as before") {
                _ = try await ask("SELECT pg_promote(true, 60)::text")
                proxy.aim(at: standby.port)
                proxy.cut()
                #expect(try await stage.reserve(request) == reply)
            }
            #expect(try await stage.place(order) == placed)
            let found = try await ask("SELECT count(*)::text FROM hold WHERE id = '\(late.reservationID)'")
            // What an asynchronous standby has not heard is lost, acknowledged or not.
            #expect(found == (following == .synchronously ? "1" : "0"))
            _ = try await stage.reserve(late)
            // Every part of the stock is fenced and loaded from the new PostgreSQL.
            let lowest = try await ask("SELECT min(epoch)::text FROM shard")
            #expect(try #require(Int64(lowest)) > epoch)
            _ = try await stage.reserve(stage.reservation(8))
            #expect(try await stage.seeReserve(stage.reservation(1)) == .status(.failedPrecondition))
            #expect(try await stage.booksAgree())
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await pool.shutdown()
        try result.get()
    }
}
