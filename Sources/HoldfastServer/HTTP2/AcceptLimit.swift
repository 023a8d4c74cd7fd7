import FramedTransport
import NIOCore

/// Accepts no more connections than a server is to have at the same time; others wait in the queue of the system.
final class AcceptLimit: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let limit: Int
    private let observer: (any FramedServerObserver)?
    private var open = 0
    private var isHoldingBack = false

    /// Makes a limit for one listener.
    ///
    /// - Parameters:
    ///   - limit: Most connections at the same time.
    ///   - observer: Is told of connections.
    init(_ limit: Int, observer: (any FramedServerObserver)?) {
        self.limit = limit
        self.observer = observer
    }

    func read(context: ChannelHandlerContext) {
        guard open < limit else {
            isHoldingBack = true
            return
        }
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        open += 1
        observer?.connectionOpened()
        let listener = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            let (handler, context) = listener.value
            handler.connectionClosed(context)
        }
        context.fireChannelRead(data)
    }

    private func connectionClosed(_ context: ChannelHandlerContext) {
        open -= 1
        observer?.connectionClosed()
        guard isHoldingBack else { return }
        isHoldingBack = false
        context.read()
    }
}
