import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import PrivateStores
import RedisClient
import Testing

@Suite("When Redis goes away")
struct RedisReconnectTests {
    @Test("commands in flight have an unknown outcome, later ones fail at once, and the link comes back")
    func killed() async throws {
        try await RedisServer.withServer { redis in
            try await RedisServer.withClient(RedisConfiguration(url: redis.url)) { client in
                let link = client.anyLink
                let states = NIOLockedValueBox<[RedisLinkState]>([])
                link.onStateChange { state in states.withLockedValue { $0.append(state) } }
                // A paused server reads nothing, so that the command is surely in flight.
                redis.pause()
                let inFlight = link.send(RedisCommand("PING"))
                try await link.eventLoop.submit {}.get()
                redis.kill9()
                await #expect {
                    _ = try await inFlight.get()
                } throws: { error in
                    guard let error = error as? RedisError else { return false }
                    return error.code == .connectionLost && error.isOutcomeUnknown
                }
                await #expect {
                    _ = try await link.send(RedisCommand("PING")).get()
                } throws: { error in
                    guard let error = error as? RedisError else { return false }
                    return error.code == .notConnected && !error.isOutcomeUnknown
                }
                #expect(!client.isConnected)

                try await redis.restart()
                try await client.waitUntilConnected(timeout: .seconds(60))
                #expect(try await client.send(RedisCommand("PING")) == .simple("PONG"))
                let seen = states.withLockedValue { $0 }
                #expect(seen.map(\.isConnected) == [true, false, true])
                #expect(seen.first != seen.last, "another process has another run id")
            }
        }
    }

    @Test("a client that starts before its server finds it when it comes")
    func startsFirst() async throws {
        try await RedisServer.withServer { redis in
            redis.kill9()
            try await RedisServer.withClient(RedisConfiguration(url: redis.url), waits: false) { client in
                await #expect {
                    _ = try await client.send(RedisCommand("PING"))
                } throws: { ($0 as? RedisError)?.code == .notConnected }
                try await redis.restart()
                try await client.waitUntilConnected(timeout: .seconds(60))
                #expect(try await client.send(RedisCommand("PING")) == .simple("PONG"))
            }
        }
    }

    @Test("a server that does not answer is given up after the command time-out")
    func timeout() async throws {
        try await RedisServer.withServer { redis in
            let configuration = try RedisConfiguration(url: redis.url)
            try await RedisServer.withClient(configuration, commandTimeout: .milliseconds(400)) { client in
                let link = client.anyLink
                redis.pause()
                let results = try await link.eventLoop.flatSubmit {
                    let futures = (0..<3).map { _ in link.send(RedisCommand("PING")) }
                    return EventLoopFuture.whenAllComplete(futures, on: link.eventLoop)
                }.get()
                let codes = results.map { result -> RedisError.Code? in
                    guard case .failure(let error as RedisError) = result, error.isOutcomeUnknown else { return nil }
                    return error.code
                }
                #expect(codes == [.timedOut, .connectionLost, .connectionLost])
                redis.resume()
                let isBack = try await RedisServer.eventually {
                    do {
                        return try await client.send(RedisCommand("PING")) == .simple("PONG")
                    } catch is RedisError {
                        return false
                    }
                }
                #expect(isBack)
            }
        }
    }

    @Test("a client can be shut down while it tries to connect")
    func shutdownWhileAway() async throws {
        let configuration = RedisConfiguration(address: .unix(path: "/tmp/there-is-no-such-socket"))
        try await RedisServer.withClient(configuration, waits: false) { client in
            await #expect {
                try await client.waitUntilConnected(timeout: .milliseconds(50))
            } throws: { ($0 as? RedisError)?.code == .notConnected }
        }
    }
}
