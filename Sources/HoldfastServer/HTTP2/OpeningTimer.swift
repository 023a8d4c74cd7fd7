import FramedTransport
import NIOCore

/// Closes a connection that has not begun to speak HTTP/2 in time, its TLS handshake included.
final class OpeningTimer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Length of what every HTTP/2 client sends first (RFC 9113, 3.4).
    private static let prefaceLength = 24

    private let time: TimeAmount
    private let observer: (any FramedServerObserver)?
    private var timer: Scheduled<Void>?
    private var received = 0

    /// Makes a timer for one connection.
    ///
    /// - Parameters:
    ///   - time: From the acceptance of the connection.
    ///   - observer: Is told of connections that are closed.
    init(_ time: TimeAmount, observer: (any FramedServerObserver)?) {
        self.time = time
        self.observer = observer
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            self.observer?.connectionRefused(reason: "first_request")
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytes
        context.fireChannelRead(data)
        if received >= Self.prefaceLength { context.pipeline.syncOperations.removeHandler(self, promise: nil) }
    }
}
