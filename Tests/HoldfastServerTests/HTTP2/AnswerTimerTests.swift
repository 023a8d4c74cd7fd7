import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import HoldfastServer

@Suite("The time in which an answer must be taken")
struct AnswerTimerTests {
    /// Stands for the connection: keeps what is written until it is told that it has left.
    private final class Window: ChannelOutboundHandler {
        typealias OutboundIn = HTTP2Frame.FramePayload
        private var waiting: [EventLoopPromise<Void>] = []

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if let promise { waiting.append(promise) }
        }

        func open() {
            for promise in waiting { promise.succeed() }
            waiting = []
        }
    }

    private struct Stream {
        let channel: EmbeddedChannel
        let window = Window()

        init() throws {
            channel = EmbeddedChannel()
            try channel.pipeline.syncOperations.addHandlers(window, AnswerTimer(.seconds(30), observer: nil))
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func write(endStream: Bool) {
            let headers = HTTP2Frame.FramePayload.Headers(headers: HPACKHeaders(), endStream: endStream)
            channel.writeAndFlush(HTTP2Frame.FramePayload.headers(headers), promise: nil)
        }

        func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

        func finish() throws { _ = try channel.finish(acceptAlreadyClosed: true) }
    }

    @Test("A stream whose answer is not taken ends after 30 s")
    func untaken() throws {
        let stream = try Stream()
        stream.write(endStream: false)
        stream.pass(29)
        #expect(stream.channel.isActive)
        stream.pass(1)
        #expect(!stream.channel.isActive)
        stream.window.open()
        try stream.finish()
    }

    @Test("Each piece that is taken gives the next one its own time; a silent stream without one has no end")
    func pieces() throws {
        let stream = try Stream()
        for _ in 0..<4 {
            stream.write(endStream: false)
            stream.pass(20)
            stream.window.open()
        }
        stream.pass(3_600)
        #expect(stream.channel.isActive)
        stream.write(endStream: false)
        stream.pass(30)
        #expect(!stream.channel.isActive)
        stream.window.open()
        try stream.finish()
    }

    @Test("A client that has its whole answer and does not end its side has 30 s for that")
    func unended() throws {
        let stream = try Stream()
        stream.write(endStream: true)
        stream.pass(20)
        stream.window.open()
        stream.pass(29)
        #expect(stream.channel.isActive)
        stream.pass(1)
        #expect(!stream.channel.isActive)
        try stream.finish()
    }
}
