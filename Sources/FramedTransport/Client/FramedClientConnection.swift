public import GRPCCore
public import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// One connection to a framed server: any number of calls at once, answered in any order.
///
/// ```swift
/// let connection = try await FramedClientConnection.connect(
///     to: .tcp(host: "127.0.0.1", port: 7411), on: eventLoopGroup)
/// let response = try await connection.call(service: "shop.v1.Shop", method: "Open", message: request).get()
/// try await connection.close()
/// ```
public final class FramedClientConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<ClientConnectionHandler>
    /// Succeeds when the connection takes no further calls: the server is draining, or the connection has ended.
    let retired: EventLoopFuture<Void>
    private let isRetiredFlag = Atomic<Bool>(false)

    private init(channel: any Channel, handler: NIOLoopBound<ClientConnectionHandler>, retired: EventLoopFuture<Void>) {
        self.channel = channel
        self.handler = handler
        self.retired = retired
        retired.whenComplete { _ in self.isRetiredFlag.store(true, ordering: .releasing) }
    }

    /// Connects to a server.
    ///
    /// - Parameters:
    ///   - address: Where the server listens.
    ///   - eventLoopGroup: The connection lives on one of its loops.
    ///   - configuration: The limits.
    /// - Returns: The connection; close it when it is no longer needed.
    /// - Throws: What kept it from connecting within the connect timeout.
    public static func connect(
        to address: FramedAddress, on eventLoopGroup: any EventLoopGroup,
        configuration: FramedClientConfiguration = FramedClientConfiguration()
    ) async throws -> FramedClientConnection {
        let eventLoop = eventLoopGroup.next()
        let retirement = eventLoop.makePromise(of: Void.self)
        let readiness = eventLoop.makePromise(of: Void.self)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls = configuration.tls {
                        try pipeline.addHandler(
                            NIOSSLClientHandler(
                                context: tls.context, serverHostname: tls.serverName ?? address.hostName))
                    }
                    try pipeline.addHandler(
                        ClientConnectionHandler(
                            eventLoop: eventLoop, configuration: configuration, readiness: readiness,
                            retirement: retirement))
                }
            }
        do {
            let channel: any Channel
            switch address.kind {
            case .tcp(let host, let port):
                channel = try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: host, port: port).get()
            case .unixDomainSocket(let path):
                channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
            // A peer that never agrees on encryption is as bad as one that never accepts.
            let timeout = eventLoop.scheduleTask(in: configuration.connectTimeout) {
                readiness.fail(ChannelError.connectTimeout(configuration.connectTimeout))
                channel.close(promise: nil)
            }
            try await readiness.futureResult.get()
            timeout.cancel()
            let handler = try await eventLoop.submit {
                NIOLoopBound(
                    try channel.pipeline.syncOperations.handler(type: ClientConnectionHandler.self),
                    eventLoop: eventLoop)
            }.get()
            return FramedClientConnection(channel: channel, handler: handler, retired: retirement.futureResult)
        } catch {
            retirement.succeed()
            readiness.fail(error)
            throw error
        }
    }

    /// The event loop of the connection.
    ///
    /// Calls made on it are the cheapest.
    public var eventLoop: any EventLoop { channel.eventLoop }

    /// Succeeds when the connection has ended.
    public var closeFuture: EventLoopFuture<Void> { channel.closeFuture }

    /// The server, as gRPC names it: `ipv4:127.0.0.1:7411`.
    public var remotePeer: String { channel.remoteAddress?.peerName ?? "unknown" }

    /// This end of the connection, as gRPC names it.
    public var localPeer: String { channel.localAddress?.peerName ?? "unknown" }

    /// Sends a call.
    ///
    /// - Parameters:
    ///   - service: Full name of the service.
    ///   - method: Name of the method.
    ///   - message: The serialized request.
    ///   - timeout: How long to wait; also told to the server. `nil` takes the default of the configuration.
    ///   - metadata: Sent along with the message.
    /// - Returns: The answer, or an `RPCError`: the server's status with its metadata and a ``FramedErrorCode`` as
    ///   cause, or this client's own with a ``FramedConnectionError`` as cause when the connection was at fault.
    public func call(
        service: String, method: String, message: ByteBuffer, timeout: TimeAmount? = nil, metadata: Metadata = [:]
    ) -> EventLoopFuture<FramedResponse> {
        call(
            service: service, method: method, message: message, timeout: timeout, metadata: metadata, token: nil)
    }

    /// Sends a call that can be cancelled by its token.
    func call(
        service: String, method: String, message: ByteBuffer, timeout: TimeAmount?, metadata: Metadata,
        token: CallToken?
    ) -> EventLoopFuture<FramedResponse> {
        let promise = eventLoop.makePromise(of: FramedResponse.self)
        let request = RequestHead(
            service: service, method: method, correlationID: 0, timeoutMilliseconds: 0, metadata: metadata)
        if eventLoop.inEventLoop {
            handler.value.send(request, message: message, timeout: timeout, token: token, promise: promise)
        } else {
            eventLoop.execute {
                self.handler.value.send(
                    request, message: message, timeout: timeout, token: token, promise: promise)
            }
        }
        return promise.futureResult
    }

    /// Gives a call up, and tells the server so.
    func cancel(_ token: CallToken) {
        eventLoop.execute { self.handler.value.cancel(token) }
    }

    /// Takes no further calls, and closes the connection when every call has its answer.
    public func closeWhenIdle() {
        eventLoop.execute { self.handler.value.retire() }
    }

    /// Closes the connection; calls that wait for their answers fail.
    ///
    /// - Throws: What went wrong with closing. A connection that has ended already is no error.
    public func close() async throws {
        do {
            try await channel.close()
        } catch ChannelError.alreadyClosed {
            // That is what was wanted.
        }
    }

    /// Whether the connection takes no further calls.
    var isRetired: Bool { isRetiredFlag.load(ordering: .acquiring) }

    /// Closes the connection without waiting for it.
    func abort() {
        channel.close(promise: nil)
    }

    /// Whether the server has answered anything on this connection.
    var hasReceivedAnswer: Bool {
        get async throws { try await eventLoop.submit { self.handler.value.hasReceivedAnswer }.get() }
    }
}
