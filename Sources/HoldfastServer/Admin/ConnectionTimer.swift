import NIOCore

/// Closes a connection of the admin port at a certain age, whatever it is doing.
///
/// The port takes few connections, and a peer that asks and asks but reads nothing is never idle.
final class ConnectionTimer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let time: TimeAmount
    private var timer: Scheduled<Void>?

    /// Makes a timer for one connection.
    init(_ time: TimeAmount) {
        self.time = time
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }
}
