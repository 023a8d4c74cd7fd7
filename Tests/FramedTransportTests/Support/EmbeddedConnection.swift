import GRPCCore
import NIOCore
import NIOEmbedded

@testable import FramedTransport

/// Counts what reaches the socket.
final class CountingSocket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var reads = 0
    var writes = 0

    func read(context: ChannelHandlerContext) {
        reads += 1
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        writes += 1
        context.write(data, promise: promise)
    }
}

/// The server of embedded connections.
func embeddedCore(
    _ fast: FastEcho, keys: TestKeys? = nil, _ adjust: (inout FramedServerConfiguration) -> Void
) -> ServerCore {
    var configuration = FramedServerConfiguration()
    adjust(&configuration)
    return ServerCore(
        configuration: configuration, methods: MethodTable(fastLane: fast.lane, methods: []), logger: silentLogger,
        authenticator: keys, observer: nil, taskLane: TaskLaneGauge(),
        orders: AsyncStream.makeStream(of: TaskLaneOrder.self).continuation)
}

/// The server's side of a connection whose turns a test takes itself.
func embeddedConnection(
    _ core: ServerCore, on loop: EmbeddedEventLoop = EmbeddedEventLoop()
) throws -> (EmbeddedChannel, CountingSocket) {
    let channel = EmbeddedChannel(loop: loop)
    let socket = CountingSocket()
    try channel.pipeline.syncOperations.addHandlers(
        socket, ServerConnection(core: core, eventLoop: channel.eventLoop, handshakeTimeout: nil))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    return (channel, socket)
}

/// The server's side of the only connection of a server.
func embeddedConnection(
    _ fast: FastEcho, _ adjust: (inout FramedServerConfiguration) -> Void
) throws -> (EmbeddedChannel, CountingSocket) {
    try embeddedConnection(embeddedCore(fast, adjust))
}
