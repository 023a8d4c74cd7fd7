import Logging
import PostgresClient
import PrivateStores

/// The private stores of `holdfast dev`: started, started again when one falls over, and stopped.
struct DevStores: Sendable {
    private static let database = "holdfast"

    /// How to reach them.
    let addresses: DevFolder.Stores
    private let stack: PrivateStack
    private let folder: DevFolder
    private let logger: Logger

    /// Starts both stores in a folder and leaves word there of how to reach them.
    static func start(in folder: DevFolder, logger: Logger) async throws -> DevStores {
        let stack = try await PrivateStack.start(directory: folder.path)
        do {
            try await createDatabase(stack.postgres)
            let addresses = DevFolder.Stores(
                redisURL: stack.redis.url, postgresURL: stack.postgres.connectionString(database: database))
            try folder.write(addresses)
            return DevStores(addresses: addresses, stack: stack, folder: folder, logger: logger)
        } catch {
            await stack.stop()
            throw error
        }
    }

    private static func createDatabase(_ postgres: PrivatePostgres) async throws {
        let pool = PostgresPool(
            configuration: PostgresConfiguration(connectionString: postgres.connectionString(), connectionCount: 1),
            logger: Logger(label: "holdfast.dev") { _ in SwiftLogNoOpLogHandler() })
        let look = PostgresStatement(
            "dev_database", "SELECT count(*) FROM pg_database WHERE datname = $1", access: .readOnly)
        let found: Result<Int64, any Error>
        do {
            found = .success(
                try await pool.withConnection { connection in
                    try connection.execute(look, [.text(database)]).first?.int64(0) ?? 0
                })
        } catch {
            found = .failure(error)
        }
        await pool.shutdown()
        if try found.get() == 0 { try await postgres.createDatabase(database) }
    }

    /// Kills Redis without warning.
    func killRedis() { stack.redis.kill9() }

    /// Starts Redis again.
    func restartRedis() async throws { try await stack.redis.restart() }

    /// Kills PostgreSQL without warning.
    func killPostgres() { stack.postgres.kill9() }

    /// Starts PostgreSQL again.
    func restartPostgres() async throws { try await stack.postgres.restart() }

    /// Runs `body`; a store that falls over meanwhile is started again.
    func keepAlive(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await watch() }
            try await body()
            group.cancelAll()
        }
    }

    /// The same for a body with a result.
    func keepAlive<R: Sendable>(returning body: () async throws -> R) async throws -> R {
        async let _: Void = watch()
        return try await body()
    }

    private func watch() async {
        while !Task.isCancelled {
            if stack.redis.processID == nil {
                await restart("Redis", log: stack.redis.logPath) { try await stack.redis.restart() }
            }
            if stack.postgres.processID == nil {
                await restart("PostgreSQL", log: stack.postgres.logPath) { try await stack.postgres.restart() }
            }
            do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
        }
    }

    private func restart(_ name: String, log: String, _ start: () async throws -> Void) async {
        logger.warning(
            "a private store has ended and is started again", metadata: ["store": "\(name)", "log": "\(log)"])
        do {
            try await start()
        } catch {
            logger.error("a private store cannot be started", metadata: ["store": "\(name)", "error": "\(error)"])
        }
    }

    /// Stops both and takes the word back.
    func stop() async {
        folder.remove()
        await stack.stop()
    }
}
