import Ledger
import Logging
import NIOCore
import NIOPosix
package import OrderPromising
import PostgresClient
import PrivateStores
import RedisClient

extension TestDeployment {
    /// Runs a body while a second server works on the same stores; `redisURL` is another way to the same Redis, or to
    /// none.
    package func withSecondServer<R: Sendable>(
        redisURL: String? = nil, configure: (inout PromisingConfiguration) -> Void = { _ in },
        _ body: @Sendable (OrderPromising) async throws -> R
    ) async throws -> R {
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let identity = LedgerIdentity()
        var postgres = PostgresConfiguration(
            connectionString: stack.postgres.connectionString(database: keyPrefix), connectionCount: 4)
        postgres.onConnect = { connection in try identity.check(connection) }
        let pool = PostgresPool(configuration: postgres, logger: quiet)
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: redisURL ?? stack.redis.url), eventLoopGroup: group,
            logger: quiet)
        redis.start()
        var configuration = PromisingConfiguration()
        // The plan of scrubs follows the clock: no test shall depend on when it runs.
        configuration.repair.scrubInterval = .seconds(365 * 86_400)
        // However slow the machine is.
        configuration.loadPatience = .seconds(60)
        configuration.keyPrefix = keyPrefix
        configure(&configuration)
        let promising = OrderPromising(
            ledger: Ledger(pool: pool), redis: redis, identity: identity, configuration: configuration, logger: quiet)
        let running = Task { await promising.run() }
        let result: Result<R, any Error>
        do { result = .success(try await body(promising)) } catch { result = .failure(error) }
        running.cancel()
        _ = await running.result
        await redis.shutdown()
        await pool.shutdown()
        try await group.shutdownGracefully()
        return try result.get()
    }
}
