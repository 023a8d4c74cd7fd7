import Foundation
import Logging
import NIOCore
import NIOPosix
import PrivateStores
import RedisClient
import Testing

/// Gives a suite one private Redis, which ends with it.
struct RedisServer: SuiteTrait, TestScoping {
    @TaskLocal static var shared: PrivateRedis?

    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await Self.withServer(listensOnPort: true) { redis in
            try await Self.$shared.withValue(redis) { try await function() }
        }
    }

    /// The suite's server.
    static var current: PrivateRedis {
        get throws { try #require(self.shared) }
    }

    /// Runs a body with a server of its own, for tests that kill it.
    static func withServer(
        listensOnPort: Bool = false, password: String? = nil, _ body: (PrivateRedis) async throws -> Void
    ) async throws {
        let directory = "/tmp/holdfast-test-\(UInt64.random(in: 0...UInt64.max))"
        let redis = try await PrivateRedis.start(
            directory: directory, listensOnPort: listensOnPort, password: password)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(redis))
        } catch {
            result = .failure(error)
        }
        await redis.stop()
        try FileManager.default.removeItem(atPath: directory)
        try result.get()
    }

    /// Runs a body with a client, connected if it can be, which is shut down afterwards.
    static func withClient(
        _ configuration: RedisConfiguration, loops: Int = 1, waits: Bool = true,
        commandTimeout: TimeAmount = .seconds(60),
        _ body: (RedisClient) async throws -> Void
    ) async throws {
        // A busy machine is no reason to fail.
        var configuration = configuration
        configuration.commandTimeout = commandTimeout
        configuration.connectTimeout = .seconds(60)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let client = RedisClient(
            configuration: configuration, eventLoopGroup: group,
            logger: Logger(
                label: "test",
                factory: { _ in
                    SwiftLogNoOpLogHandler()
                }))
        client.start()
        let result: Result<Void, any Error>
        do {
            if waits { try await client.waitUntilConnected(timeout: .seconds(60)) }
            result = .success(try await body(client))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        try await group.shutdownGracefully()
        try result.get()
    }

    /// Runs a body with a client of the suite's server.
    static func withClient(loops: Int = 1, _ body: (RedisClient) async throws -> Void) async throws {
        try await self.withClient(RedisConfiguration(url: self.current.url), loops: loops, body)
    }

    /// Asks until the answer is true; false when it stays false for long.
    static func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<1_500 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// A key that no other test uses.
    static func key(_ name: String = #function) -> String {
        "\(name)-\(UInt64.random(in: 0...UInt64.max))"
    }
}
