public import Logging
import NIOCore
import NIOPosix
import PostgresClient
import RedisClient

/// Looks at both stores of a deployment and says what is wrong and what to do, and changes nothing.
public struct Doctor: Sendable {
    private let configuration: ServerConfiguration
    private let logger: Logger

    /// Makes a doctor for the stores that `configuration` names.
    public init(configuration: ServerConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Examines everything and returns the findings in the order of the examination.
    ///
    /// Throws only where a URL cannot be read; a store that is away is a finding.
    public func examine() async throws -> [Finding] {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: configuration.redisURL), eventLoopGroup: group, logger: logger)
        var settings = PostgresConfiguration(connectionString: configuration.postgresURL, connectionCount: 1)
        settings.applicationName = "holdfast doctor"
        // Adding up the books of a big deployment reads whole tables.
        settings.statementTimeout = .seconds(600)
        settings.responseTimeout = .seconds(660)
        let pool = PostgresPool(configuration: settings, logger: logger)
        redis.start()
        let findings = await examine(redis: redis, pool: pool)
        await redis.shutdown()
        await pool.shutdown()
        try await group.shutdownGracefully()
        return findings
    }

    private func examine(redis: RedisClient, pool: PostgresPool) async -> [Finding] {
        let postgres = await PostgresExamination(pool: pool).findings()
        let admission = await RedisExamination(redis: redis).findings()
        var findings = postgres.findings + admission.findings
        guard postgres.isReachable else { return findings }
        let schema = await SchemaExamination(
            postgresURL: configuration.postgresURL, logger: logger
        ).findings()
        findings += schema.findings
        guard schema.isCurrent, admission.isReachable else { return findings }
        let books = BooksExamination(redis: redis, pool: pool, keyPrefix: configuration.keyPrefix)
        return findings + (await books.findings())
    }
}
