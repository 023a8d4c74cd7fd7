import Logging
import NIOCore

/// Stops accepting while a server has as many connections as it may have.
///
/// Further clients wait in the queue of the system, which turns them away when it is full. One is accepted for every
/// connection that closes.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = any Channel

    private let limit: Int
    private let core: ServerCore
    private var context: ChannelHandlerContext?
    private var count = 0
    private var isHeldBack = false

    init(limit: Int, core: ServerCore) {
        self.limit = limit
        self.core = core
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count += 1
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).assumeIsolated().whenComplete { _ in
            self.count -= 1
            self.resume()
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard count >= limit else {
            context.read()
            return
        }
        guard !isHeldBack else { return }
        isHeldBack = true
        core.logger.warning("as many connections as allowed; more wait", metadata: ["connections": "\(count)"])
        core.observer?.connectionRefused(reason: RefusalReason.tooMany.rawValue)
    }

    private func resume() {
        guard isHeldBack, count < limit else { return }
        isHeldBack = false
        context?.read()
    }
}
