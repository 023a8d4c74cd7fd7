import NIOCore
import NIOPosix
import RedisClient
import Testing

@Suite("A peer that is no Redis")
struct FakePeerTests {
    private static let greeting = "+OK\r\n$14\r\nrun_id:0123456\r\n"

    /// Answers the greeting, then each further read with the given bytes.
    private final class Peer: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let greeting: String
        private let answer: ByteBuffer

        init(greeting: String, answer: ByteBuffer) {
            self.greeting = greeting
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = self.unwrapInboundIn(data)
            let isGreeting = String(buffer: bytes).contains("INFO")
            context.writeAndFlush(
                self.wrapOutboundOut(isGreeting ? ByteBuffer(string: self.greeting) : self.answer), promise: nil)
        }
    }

    private func withPeer(
        greeting: String = FakePeerTests.greeting, answer: ByteBuffer,
        configure: (inout RedisConfiguration) -> Void = { _ in }, _ body: (RedisClient) async throws -> Void
    ) async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.pipeline.addHandler(Peer(greeting: greeting, answer: answer))
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        var configuration = RedisConfiguration(address: .tcp(host: "127.0.0.1", port: port))
        configure(&configuration)
        let result: Result<Void, any Error>
        do {
            result = .success(try await RedisServer.withClient(configuration, waits: false, body))
        } catch {
            result = .failure(error)
        }
        try await listener.close().get()
        try result.get()
    }

    @Test(
        "is left, and the command's outcome counts as unknown",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n\r\n", "\u{0}\u{1}\u{2}", "*-7\r\n", "$-9\r\n",
            "*99999999999\r\n", ":12x\r\n", "%1\r\n+a\r\n+b\r\n", "*1048577\r\n", "*600000\r\n*600000\r\n",
            String(repeating: "*1\r\n", count: 12) + ":1\r\n",
        ])
    func garbage(answer: String) async throws {
        try await self.withPeer(answer: ByteBuffer(string: answer)) { client in
            try await client.waitUntilConnected(timeout: .seconds(60))
            await #expect {
                _ = try await client.send(RedisCommand("PING"))
            } throws: { error in
                guard let error = error as? RedisError else { return false }
                return error.isOutcomeUnknown
            }
        }
    }

    @Test("cannot make a reply of more bytes than allowed, nor announce one without end")
    func longReply() async throws {
        let endless = ByteBuffer(string: "$9223372036854775807\r\n" + String(repeating: "x", count: 300_000))
        try await self.withPeer(answer: endless, configure: { $0.maximumReplyBytes = 100_000 }) { client in
            try await client.waitUntilConnected(timeout: .seconds(60))
            await #expect {
                _ = try await client.send(RedisCommand("PING"))
            } throws: { error in
                guard let error = error as? RedisError else { return false }
                return error.code == .connectionLost && error.message.contains("100000 bytes")
            }
        }
    }

    @Test("is left when it answers more than was asked")
    func unaskedReply() async throws {
        try await self.withPeer(answer: ByteBuffer(string: "+PONG\r\n+PONG\r\n")) { client in
            try await client.waitUntilConnected(timeout: .seconds(60))
            #expect(try await client.send(RedisCommand("PING")) == .simple("PONG"))
            let isLeft = try await RedisServer.eventually {
                do {
                    _ = try await client.send(RedisCommand("PING"))
                    return false
                } catch let error as RedisError {
                    return error.message.contains("no command asked for") || error.code == .notConnected
                }
            }
            #expect(isLeft)
        }
    }

    @Test(
        "is not connected to when it does not tell its run id, or refuses the greeting",
        arguments: [
            "+OK\r\n$4\r\nnone\r\n", "-ERR no\r\n-ERR no\r\n", "+OK\r\n:1\r\n",
        ])
    func badGreeting(greeting: String) async throws {
        try await self.withPeer(greeting: greeting, answer: ByteBuffer()) { client in
            let isRefused = try await RedisServer.eventually {
                do {
                    _ = try await client.send(RedisCommand("PING"))
                    return false
                } catch let error as RedisError {
                    return error.code == .notConnected && error.message.contains("greeting")
                }
            }
            #expect(isRefused)
        }
    }

    @Test("gets a reply through even when it comes byte by byte", arguments: [1, 2, 3, 7])
    func splitReplies(portion: Int) async throws {
        let reply = "*3\r\n$5\r\nhello\r\n:-42\r\n*2\r\n$-1\r\n+fine\r\n"
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.pipeline.addHandler(DripFeeder(greeting: Self.greeting, reply: reply, portion: portion))
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        try await RedisServer.withClient(RedisConfiguration(address: .tcp(host: "127.0.0.1", port: port))) { client in
            let value = try await client.send(RedisCommand("PING"))
            #expect(
                value
                    == .array([
                        .bulk(RESPBytes("hello")), .integer(-42), .array([.null, .simple("fine")]),
                    ]))
        }
        try await listener.close().get()
    }

    /// Sends each answer in small portions, one per flush.
    private final class DripFeeder: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let greeting: String
        private let reply: String
        private let portion: Int

        init(greeting: String, reply: String, portion: Int) {
            self.greeting = greeting
            self.reply = reply
            self.portion = portion
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let isGreeting = String(buffer: self.unwrapInboundIn(data)).contains("INFO")
            var bytes = ByteBuffer(string: isGreeting ? self.greeting : self.reply)
            while let part = bytes.readSlice(length: min(self.portion, bytes.readableBytes)), part.readableBytes > 0 {
                context.writeAndFlush(self.wrapOutboundOut(part), promise: nil)
            }
        }
    }
}
