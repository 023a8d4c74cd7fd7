package import Logging
package import NIOCore

/// Stops accepting while a server has as many connections as it may have.
///
/// Further clients wait in the queue of the system, which turns them away when it is full. One is accepted for every
/// connection that closes.
package final class AcceptGate: ChannelDuplexHandler {
    package typealias InboundIn = any Channel
    package typealias OutboundIn = any Channel

    /// Shortest time between two lines about it in the log.
    private static let logInterval = TimeAmount.minutes(1)

    private let limit: Int
    private let observer: (any FramedServerObserver)?
    private let logger: Logger
    private var context: ChannelHandlerContext?
    private var count = 0
    private var isHeldBack = false
    private var loggedAt: NIODeadline?

    /// Makes a gate for one listener.
    ///
    /// - Parameters:
    ///   - limit: Most connections at the same time.
    ///   - observer: Hears `too_many` each time that the gate closes.
    ///   - logger: Hears it too, once a minute at the most.
    package init(limit: Int, observer: (any FramedServerObserver)?, logger: Logger) {
        self.limit = limit
        self.observer = observer
        self.logger = logger
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count += 1
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).assumeIsolated().whenComplete { _ in
            self.count -= 1
            self.resume()
        }
        context.fireChannelRead(data)
    }

    package func read(context: ChannelHandlerContext) {
        guard count >= limit else {
            context.read()
            return
        }
        guard !isHeldBack else { return }
        isHeldBack = true
        observer?.connectionRefused(reason: RefusalReason.tooMany.rawValue)
        let now = context.eventLoop.now
        if let loggedAt, now - loggedAt < Self.logInterval { return }
        loggedAt = now
        logger.warning("as many connections as allowed; more wait", metadata: ["connections": "\(count)"])
    }

    private func resume() {
        guard isHeldBack, count < limit else { return }
        isHeldBack = false
        context?.read()
    }
}
