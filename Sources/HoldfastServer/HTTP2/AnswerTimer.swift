import FramedTransport
import NIOCore
import NIOHTTP2

/// Ends a stream whose client does not take its answer, or does not end its side once it has it.
///
/// A client opens the window through which an answer reaches it; one that never does would keep the answer, and the call
/// behind it, for as long as it likes.
final class AnswerTimer: ChannelOutboundHandler {
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let time: TimeAmount
    private let observer: (any FramedServerObserver)?
    /// When the pieces were written that have yet to leave, the oldest first.
    private var waiting = CircularBuffer<NIODeadline>()
    /// When the last piece had left.
    private var answered: NIODeadline?
    private var timer: Scheduled<Void>?

    /// Makes a timer for one stream.
    ///
    /// - Parameters:
    ///   - time: For each piece of the answer, and after the last one for the end of the stream.
    ///   - observer: Is told of connections that are closed.
    init(_ time: TimeAmount, observer: (any FramedServerObserver)?) {
        self.time = time
        self.observer = observer
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let isLast = Self.endsStream(unwrapOutboundIn(data))
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        waiting.append(context.eventLoop.now)
        written.futureResult.hop(to: context.eventLoop).assumeIsolated().whenComplete { _ in
            _ = self.waiting.popFirst()
            if isLast { self.answered = context.eventLoop.now }
        }
        context.write(data, promise: written)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        // Most answers have left by now, and their streams have ended: those need no timer.
        guard timer == nil, context.channel.isActive, oldest != nil else { return }
        start(context, time)
    }

    private var oldest: NIODeadline? { waiting.first ?? answered }

    private func start(_ context: ChannelHandlerContext, _ delay: TimeAmount) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.look(context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        timer = nil
        guard context.channel.isActive, let oldest else { return }
        let left = oldest + time - context.eventLoop.now
        guard left <= .zero else { return start(context, left) }
        if let connection = context.channel.parent, !connection.isWritable {
            // Not the stream's window is shut, but nothing at all is read.
            observer?.connectionRefused(reason: "never_reads")
            connection.close(promise: nil)
        } else {
            context.close(promise: nil)
        }
    }

    private static func endsStream(_ payload: HTTP2Frame.FramePayload) -> Bool {
        switch payload {
        case .headers(let headers): headers.endStream
        case .data(let data): data.endStream
        default: false
        }
    }
}
