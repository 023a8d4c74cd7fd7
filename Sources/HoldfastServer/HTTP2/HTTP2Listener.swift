import FramedTransport
import GRPCNIOTransportHTTP2
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// Listens for connections of gRPC over HTTP/2.
///
/// grpc-swift's own listener reads its certificate once and takes any number of connections; this one asks for the
/// certificate at each connection and bounds them.
struct HTTP2Listener: HTTP2ServerTransport.ListenerFactory {
    /// Name of the protocol in the negotiation of TLS.
    static let applicationProtocol = "h2"

    let eventLoopGroup: any EventLoopGroup
    let host: String
    let port: Int
    let limits: HTTP2Limits
    let tls: FramedTLSContext?
    let observer: (any FramedServerObserver)?
    let logger: Logger
    /// Told where it listens, or why it cannot.
    let bound: EventLoopPromise<FramedAddress>

    /// Binds the port; connections begin with TLS where it is set.
    @concurrent
    func makeListeningChannel(
        listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
        connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
    ) async throws -> NIOAsyncChannel<HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, Never> {
        do {
            let listener = try await bind(listenerConfigurator, connectionConfigurator)
            guard let address = FramedAddress(listener.channel.localAddress) else {
                throw ChannelError.unknownLocalAddress
            }
            bound.succeed(address)
            return listener
        } catch {
            bound.fail(error)
            throw error
        }
    }

    private func bind(
        _ listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
        _ connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
    ) async throws -> NIOAsyncChannel<HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, Never> {
        let (limits, tls, observer, logger) = (limits, tls, observer, logger)
        return try await ServerBootstrap(group: eventLoopGroup)
            .serverChannelOption(.backlog, value: limits.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One at a time, so that the limit is met exactly.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptGate(limit: limits.maximumConnections, observer: observer, logger: logger))
                }.flatMap { listenerConfigurator.configure(channel: channel) }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: host, port: port) { channel in
                if let observer {
                    observer.connectionOpened()
                    channel.closeFuture.whenComplete { _ in observer.connectionClosed() }
                }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls.current)) }
                    try pipeline.addHandler(OpeningTimer(limits.openingTime, observer: observer))
                }.flatMap {
                    connectionConfigurator.configure(
                        channel: channel, tls: tls == nil ? .none : .configured(requireALPN: true))
                }
            }
    }
}
