/// Both stores in one directory, as `holdfast dev` and integration tests need them.
public final class PrivateStack: Sendable {
    /// The Redis server.
    public let redis: PrivateRedis

    /// The PostgreSQL server.
    public let postgres: PrivatePostgres

    private init(redis: PrivateRedis, postgres: PrivatePostgres) {
        self.redis = redis
        self.postgres = postgres
    }

    /// Starts both and returns when both answer; if one cannot be started the other is stopped again.
    ///
    /// - Parameters:
    ///   - directory: gets the directories `redis` and `postgres`.
    ///   - listensOnPorts: whether they also listen on free ports of 127.0.0.1.
    ///   - postgresSettings: further settings of PostgreSQL, which override ours.
    ///   - postgresEnvironment: variables that PostgreSQL's processes see besides a small environment of their own.
    /// - Returns: the running stores.
    /// - Throws: ``PrivateStoreError``, whose message says what to do.
    public static func start(
        directory: String, listensOnPorts: Bool = false, postgresSettings: [String: String] = [:],
        postgresEnvironment: [String: String] = [:]
    ) async throws -> PrivateStack {
        let redis = Task {
            try await PrivateRedis.start(directory: directory + "/redis", listensOnPort: listensOnPorts)
        }
        let postgres = Task {
            try await PrivatePostgres.start(
                directory: directory + "/postgres", listensOnPort: listensOnPorts, settings: postgresSettings,
                environment: postgresEnvironment)
        }
        switch (await redis.result, await postgres.result) {
        case (.success(let redis), .success(let postgres)):
            return PrivateStack(redis: redis, postgres: postgres)
        case (.success(let redis), .failure(let error)):
            await redis.stop()
            throw error
        case (.failure(let error), .success(let postgres)):
            await postgres.stop()
            throw error
        case (.failure(let error), .failure):
            throw error
        }
    }

    /// Stops both for good.
    public func stop() async {
        async let redis: Void = self.redis.stop()
        async let postgres: Void = self.postgres.stop()
        _ = await (redis, postgres)
    }
}
