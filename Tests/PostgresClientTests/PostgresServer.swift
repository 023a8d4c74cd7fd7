import Foundation
import Logging
import PostgresClient
import PrivateStores
import Testing

/// Gives a suite one private PostgreSQL, which ends with it.
struct PostgresServer: SuiteTrait, TestScoping {
    @TaskLocal static var shared: PrivatePostgres?

    var settings: [String: String] = [:]
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await Self.withServer(settings: self.settings) { server in
            try await Self.$shared.withValue(server) { try await function() }
        }
    }

    /// The suite's server.
    static var current: PrivatePostgres {
        get throws { try #require(self.shared) }
    }

    /// Runs a body with a server of its own, for tests that kill it.
    static func withServer(
        settings: [String: String] = [:], _ body: (PrivatePostgres) async throws -> Void
    ) async throws {
        let directory = "/tmp/holdfast-test-\(UInt64.random(in: 0...UInt64.max))"
        let server = try await PrivatePostgres.start(directory: directory, settings: settings)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        await server.stop()
        try FileManager.default.removeItem(atPath: directory)
        try result.get()
    }

    /// Runs a body with a pool, which is shut down afterwards.
    static func withPool(
        _ configuration: PostgresConfiguration, _ body: (PostgresPool) async throws -> Void
    ) async throws {
        let pool = PostgresPool(configuration: configuration, logger: self.logger)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(pool))
        } catch {
            result = .failure(error)
        }
        await pool.shutdown()
        try result.get()
    }

    /// Runs a body with a pool of the suite's server.
    static func withPool(
        connections: Int = 2, configure: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (PostgresPool) async throws -> Void
    ) async throws {
        var configuration = PostgresConfiguration(
            connectionString: try self.current.connectionString(), connectionCount: connections)
        configure(&configuration)
        try await self.withPool(configuration, body)
    }

    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// A table name that no other test uses.
    static func tableName() -> String { "t\(UInt64.random(in: 0...UInt64.max))" }

    /// Asks until the answer is true; false when it stays false for long.
    static func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<1_500 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}

extension PostgresStatement {
    /// A statement named by its text, which is all that tests need.
    init(sql: String, access: Access = .mayWrite) {
        self.init(sql, sql, access: access)
    }
}

extension PostgresPool {
    /// The integer in the only column of the only row.
    func number(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> Int64 {
        try await self.withConnection { connection in
            try connection.execute(PostgresStatement(sql: sql), parameters).single.int64(0)
        }
    }

    /// Executes a script.
    func script(_ sql: String) async throws {
        try await self.withConnection { connection in try connection.executeScript(sql) }
    }

    /// Waits until the session waits for a lock.
    func waitUntilBlocked(_ pid: Int32) async throws {
        let isBlocked = try await PostgresServer.eventually {
            try await self.number(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'", [.int32(pid)]) == 1
        }
        try #require(isBlocked)
    }
}
