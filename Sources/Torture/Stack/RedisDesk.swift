import Logging
package import NIOCore
package import RedisClient

/// Speaks to one Redis directly, past every proxy, for as long as one command takes.
package struct RedisDesk: Sendable {
    private let configuration: RedisConfiguration
    private let group: any EventLoopGroup

    /// Makes one; throws where the URL is none of a Redis.
    package init(url: String, group: any EventLoopGroup) throws {
        configuration = try RedisConfiguration(url: url)
        self.group = group
    }

    /// Sends a command and returns the reply.
    package func send(_ command: RedisCommand) async throws -> RESPValue {
        try await with { try await $0.send(command) }
    }

    /// Runs a body with a connection of its own.
    func with<R: Sendable>(_ body: (RedisClient) async throws -> R) async throws -> R {
        let client = RedisClient(
            configuration: configuration, eventLoopGroup: group.next(),
            logger: Logger(label: "holdfast.torture") { _ in SwiftLogNoOpLogHandler() })
        client.start()
        let result: Result<R, any Error>
        do {
            try await client.waitUntilConnected(timeout: .seconds(10))
            result = .success(try await body(client))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        return try result.get()
    }
}
