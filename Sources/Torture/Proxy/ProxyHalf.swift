import NIOCore

/// One side of a connection through a proxy: what it reads goes to the other side, when and if the mode says so.
///
/// Both sides live on one event loop. What waits to be passed on waits in one queue, so that order is kept when a delay
/// begins or ends.
final class ProxyHalf: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Told to connections when their proxy is open again.
    struct Opened: Sendable {}

    private enum Side { case client, server }

    private let side: Side
    private let shared: FaultyProxy.Shared
    private var other: ProxyHalf?
    private var context: ChannelHandlerContext?
    private var waiting: CircularBuffer<(due: NIODeadline, bytes: ByteBuffer)> = []
    private var isBroken = false
    /// The other side has ended: what waits here is passed on, then this side ends too.
    private var isEnding = false

    private init(_ side: Side, shared: FaultyProxy.Shared) {
        self.side = side
        self.shared = shared
    }

    /// Both sides of a connection.
    static func pair(shared: FaultyProxy.Shared) -> (client: ProxyHalf, server: ProxyHalf) {
        let client = ProxyHalf(.client, shared: shared)
        let server = ProxyHalf(.server, shared: shared)
        client.other = server
        server.other = client
        return (client, server)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        other = nil
        waiting = []
    }

    func channelActive(context: ChannelHandlerContext) {
        if isEnding { context.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        let delay: TimeAmount
        switch shared.mode {
        case .open, .refusing: delay = .zero
        case .delaying(let time): delay = time
        case .silent(let silence):
            if silence == .both || silence == (side == .client ? .questions : .answers) {
                isBroken = true
                other?.isBroken = true
                return
            }
            delay = .zero
        }
        other?.deliver(bytes, after: delay, on: context.eventLoop)
    }

    func channelInactive(context: ChannelHandlerContext) {
        other?.end()
        other = nil
        self.context = nil
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        if let reading = other?.context?.channel {
            reading.setOption(.autoRead, value: isWritable).whenFailure { _ in reading.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is Opened, isBroken { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Passes bytes on to this side's peer, after those that wait already.
    private func deliver(_ bytes: ByteBuffer, after delay: TimeAmount, on loop: any EventLoop) {
        guard let context else { return }
        let due = max(NIODeadline.now() + delay, waiting.last?.due ?? .distantPast)
        if waiting.isEmpty && delay == .zero {
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            return
        }
        waiting.append((due, bytes))
        schedule(at: due, on: loop)
    }

    private func schedule(at due: NIODeadline, on loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(deadline: due) { bound.value.passOn() }
    }

    private func passOn() {
        guard let context else { return }
        let now = NIODeadline.now()
        while let first = waiting.first, first.due <= now {
            waiting.removeFirst()
            context.write(wrapOutboundOut(first.bytes), promise: nil)
        }
        context.flush()
        if isEnding && waiting.isEmpty { context.close(promise: nil) }
    }

    private func end() {
        isEnding = true
        if waiting.isEmpty { context?.close(promise: nil) }
    }
}
