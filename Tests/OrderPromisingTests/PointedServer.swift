import HoldfastTesting
import Ledger
import Logging
import NIOCore
import NIOPosix
import OrderPromising
import PostgresClient
import RedisClient

/// The order promising of one server, pointed at stores that others may use too.
struct PointedServer: Sendable {
    let promising: OrderPromising
    let redis: RedisClient

    /// Runs a body beside such a server and stops it afterwards.
    static func with<R: Sendable>(
        database: String, redis url: String, prefix: String, _ body: @Sendable (PointedServer) async throws -> R
    ) async throws -> R {
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let identity = LedgerIdentity()
        var settings = PostgresConfiguration(connectionString: database, connectionCount: 3)
        settings.onConnect = { connection in try identity.check(connection) }
        let pool = PostgresPool(configuration: settings, logger: quiet)
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: url), eventLoopGroup: group, logger: quiet)
        redis.start()
        var configuration = PromisingConfiguration()
        // The plan of scrubs follows the clock: no test shall depend on when it runs.
        configuration.repair.scrubInterval = .seconds(365 * 86_400)
        configuration.keyPrefix = prefix
        let promising = OrderPromising(
            ledger: Ledger(pool: pool), redis: redis, identity: identity, configuration: configuration, logger: quiet)
        let running = Task { await promising.run() }
        let result: Result<R, any Error>
        do {
            result = .success(try await body(PointedServer(promising: promising, redis: redis)))
        } catch {
            result = .failure(error)
        }
        running.cancel()
        await running.value
        await redis.shutdown()
        await pool.shutdown()
        try await group.shutdownGracefully()
        return try result.get()
    }

    /// Waits until it promises.
    func opens(within seconds: Double = 30) async throws -> Bool {
        try await eventually(within: seconds) { promising.isReady }
    }

    /// Waits until it refuses its Redis, and says why.
    func refusal(within seconds: Double = 30) async throws -> RedisRefusal? {
        _ = try await eventually(within: seconds) { promising.status.redisRefusal != nil && !promising.isReady }
        return promising.status.redisRefusal
    }
}
