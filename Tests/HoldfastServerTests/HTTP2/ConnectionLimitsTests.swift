import FramedTransport
import HoldfastTesting
import Logging
import NIOCore
import NIOEmbedded
import Observability
import Testing

@testable import HoldfastServer

@Suite("Limits of connections over HTTP/2")
struct ConnectionLimitsTests {
    /// Counts how often the channel is asked to accept.
    private final class Accepting: ChannelOutboundHandler {
        typealias OutboundIn = Never
        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
        }
    }

    @Test("As many connections as allowed are accepted; the next one waits until one of them has closed")
    func accept() throws {
        let accepting = Accepting()
        let listener = EmbeddedChannel()
        try listener.pipeline.syncOperations.addHandlers(
            accepting, AcceptGate(limit: 2, observer: nil, logger: Logger(label: "test")))
        let children = (0..<2).map { _ in EmbeddedChannel(loop: listener.embeddedEventLoop) }
        for child in children {
            listener.read()
            listener.pipeline.fireChannelRead(child as any Channel)
        }
        #expect(accepting.count == 2)
        listener.read()
        listener.read()
        #expect(accepting.count == 2)
        try children[0].close().wait()
        listener.embeddedEventLoop.run()
        #expect(accepting.count == 3)
        let last = EmbeddedChannel(loop: listener.embeddedEventLoop)
        listener.pipeline.fireChannelRead(last as any Channel)
        listener.read()
        #expect(accepting.count == 3)
        for child in [children[1], last] { try child.close().wait() }
        _ = try listener.finish()
    }

    @Test("Each time that accepting stops is counted; the log tells it once a minute")
    func told() throws {
        let metrics = PrometheusMetrics(families: MetricCatalogue.families)
        let written = Box<[String]>([])
        let logger = Logger(label: "test") { label in
            LineLogHandler(label: label, level: .info, format: .text, onEvent: nil) { written.value.append($0) }
        }
        let observer = TransportObserver(
            transport: "http2", calls: CallMetrics(factory: metrics, transport: "http2"), factory: metrics,
            slowCalls: SlowCallLog(bound: .zero, logger: logger, factory: metrics))
        let listener = EmbeddedChannel()
        try listener.pipeline.syncOperations.addHandlers(
            Accepting(), AcceptGate(limit: 1, observer: observer, logger: logger))
        for _ in 0..<3 {
            let child = EmbeddedChannel(loop: listener.embeddedEventLoop)
            listener.pipeline.fireChannelRead(child as any Channel)
            listener.read()
            try child.close().wait()
            listener.embeddedEventLoop.run()
        }
        #expect(
            metrics.exposition().contains(
                "holdfast_connections_refused_total{transport=\"http2\",reason=\"too_many\"} 3\n"))
        #expect(written.value.count == 1)
        _ = try listener.finish()
    }

    @Test("A connection that does not begin to speak HTTP/2 in time is closed", arguments: [0, 1, 23])
    func silent(bytes: Int) throws {
        let channel = EmbeddedChannel(handler: OpeningTimer(.seconds(10), observer: nil))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        if bytes > 0 { try channel.writeInbound(ByteBuffer(repeating: 0x50, count: bytes)) }
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test("One that does is left alone, however its first bytes come", arguments: [1, 8, 24, 100])
    func speaking(chunk: Int) throws {
        let channel = EmbeddedChannel(handler: OpeningTimer(.seconds(10), observer: nil))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var sent = 0
        while sent < 24 {
            try channel.writeInbound(ByteBuffer(repeating: 0x50, count: chunk))
            sent += chunk
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(channel.isActive)
        var passed = 0
        while let bytes = try channel.readInbound(as: ByteBuffer.self) { passed += bytes.readableBytes }
        #expect(passed == sent)
        _ = try channel.finish()
    }
}
