import NIOCore
import NIOPosix
import Testing
import Torture

@Suite("A proxy that does harm")
struct FaultyProxyTests {
    /// Sends back what it gets.
    private final class Echo: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(wrapOutboundOut(unwrapInboundIn(data)), promise: nil)
        }
    }

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private func withProxy(_ body: (FaultyProxy) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let echo = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let proxy = try await FaultyProxy.start("echo", target: .init(port: echo.localAddress?.port ?? 0), group: group)
        let result: Result<Void, any Error>
        do { result = .success(try await body(proxy)) } catch { result = .failure(error) }
        try await proxy.close()
        try await echo.close()
        try result.get()
    }

    private func connect(_ proxy: FaultyProxy) async throws -> Connection {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: proxy.port) { channel in
                channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
            }
    }

    @Test("bytes pass in both directions, at once or after a while, in order")
    func passes() async throws {
        try await withProxy { proxy in
            try await connect(proxy).executeThenClose { inbound, outbound in
                var answers = inbound.makeAsyncIterator()
                try await outbound.write(ByteBuffer(string: "now"))
                let first = try await answers.next()
                #expect(first.map { String(buffer: $0) } == "now")
                proxy.set(.delaying(.milliseconds(50)))
                let began = ContinuousClock.now
                try await outbound.write(ByteBuffer(string: "1"))
                proxy.set(.open)
                try await outbound.write(ByteBuffer(string: "2"))
                var text = ""
                while text.count < 2, let more = try await answers.next() { text += String(buffer: more) }
                #expect(text == "12")
                #expect(ContinuousClock.now - began < .seconds(60))
            }
        }
    }

    @Test("a cut ends a connection, and a refusing proxy takes none")
    func cuts() async throws {
        try await withProxy { proxy in
            try await connect(proxy).executeThenClose { inbound, outbound in
                var answers = inbound.makeAsyncIterator()
                try await outbound.write(ByteBuffer(string: "now"))
                _ = try await answers.next()
                proxy.set(.refusing)
                proxy.cut()
                let end = try await answers.next()
                #expect(end == nil)
            }
            try await connect(proxy).executeThenClose { inbound, _ in
                var answers = inbound.makeAsyncIterator()
                let end = try await answers.next()
                #expect(end == nil)
            }
        }
    }

    @Test("a silent proxy swallows answers, and ends the connection when it opens again")
    func silent() async throws {
        try await withProxy { proxy in
            try await connect(proxy).executeThenClose { inbound, outbound in
                var answers = inbound.makeAsyncIterator()
                try await outbound.write(ByteBuffer(string: "now"))
                _ = try await answers.next()
                proxy.set(.silent(.answers))
                try await outbound.write(ByteBuffer(string: "lost"))
                // The bytes have to be swallowed before the way is open again.
                try await Task.sleep(for: .milliseconds(300))
                proxy.set(.open)
                let end = try await answers.next()
                #expect(end == nil)
            }
        }
    }

    @Test("a proxy leads elsewhere when it is told to")
    func aims() async throws {
        try await withProxy { first in
            try await withProxy { second in
                first.aim(at: second.port)
                second.set(.refusing)
                try await connect(first).executeThenClose { inbound, _ in
                    var answers = inbound.makeAsyncIterator()
                    let end = try await answers.next()
                    #expect(end == nil)
                }
            }
        }
    }
}
