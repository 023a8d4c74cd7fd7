public import GRPCCore
public import Logging
public import NIOCore

/// A client transport for grpc-swift: unary calls as length-prefixed protobuf packets over TCP (`baidu_std`).
///
/// It keeps its connections for as long as `connect()` runs, and makes lost ones anew, with growing waits while the
/// server cannot be reached. A call waits for a connection that is being made. When the last attempt has failed it fails
/// with UNAVAILABLE at once, unless its options say `waitForReady`.
///
/// A call is sent once. Whether one that failed may be repeated is told by the error's cause, a
/// ``FramedConnectionError``.
public final class FramedClientTransport: ClientTransport {
    /// Messages are byte buffers.
    public typealias Bytes = FramedBytes

    private let address: FramedAddress
    private let eventLoopGroup: any EventLoopGroup
    private let configuration: FramedClientConfiguration
    private let methodConfigs: [MethodConfig.Name: MethodConfig]
    private let logger: Logger
    let connections: ConnectionSet

    /// Decides whether failed calls are repeated, if the service configuration says so.
    public let retryThrottle: RetryThrottle?

    /// Makes a transport to a server.
    ///
    /// - Parameters:
    ///   - address: Where the server listens.
    ///   - eventLoopGroup: Where connections live. It outlives the transport.
    ///   - configuration: How to connect, and the limits.
    ///   - serviceConfig: Timeouts and retry policies of methods.
    ///   - logger: Receives what operators may want to know about connections; silent by default.
    public init(
        address: FramedAddress, eventLoopGroup: any EventLoopGroup,
        configuration: FramedClientConfiguration = FramedClientConfiguration(),
        serviceConfig: ServiceConfig = ServiceConfig(),
        logger: Logger = Logger(label: "framed-client", factory: { _ in SwiftLogNoOpLogHandler() })
    ) {
        self.address = address
        self.eventLoopGroup = eventLoopGroup
        self.configuration = configuration
        self.logger = logger
        self.connections = ConnectionSet(count: configuration.connections)
        self.retryThrottle = serviceConfig.retryThrottling.map {
            RetryThrottle(maxTokens: $0.maxTokens, tokenRatio: $0.tokenRatio)
        }
        var methodConfigs: [MethodConfig.Name: MethodConfig] = [:]
        for config in serviceConfig.methodConfig {
            for name in config.names { methodConfigs[name] = config }
        }
        self.methodConfigs = methodConfigs
    }

    /// Makes a transport to a server on a TCP port.
    ///
    /// - Parameters:
    ///   - host: Name or numeric address of the server.
    ///   - port: Its port.
    ///   - eventLoopGroup: Where connections live. It outlives the transport.
    ///   - configuration: How to connect, and the limits.
    public convenience init(
        host: String, port: Int, eventLoopGroup: any EventLoopGroup,
        configuration: FramedClientConfiguration = FramedClientConfiguration()
    ) {
        self.init(
            address: .tcp(host: host, port: port), eventLoopGroup: eventLoopGroup, configuration: configuration)
    }

    /// Keeps the connections until ``beginGracefulShutdown()`` and the end of the last call, or until it is cancelled.
    ///
    /// - Throws: When the transport is connected already or has been shut down.
    public func connect() async throws {
        try connections.beginConnecting()
        await withTaskGroup { group in
            for place in 0..<connections.count {
                group.addTask { await self.keepConnected(place) }
            }
            await connections.waitUntilDrained()
            group.cancelAll()
        }
    }

    /// Refuses new calls; `connect()` returns when the running ones have ended.
    public func beginGracefulShutdown() {
        connections.beginDraining()
    }

    /// Opens a stream for one unary call.
    public func withStream<T: Sendable>(
        descriptor: MethodDescriptor, options: CallOptions,
        _ closure: @concurrent (_ stream: RPCStream<Inbound, Outbound>, _ context: ClientContext) async throws -> T
    ) async throws -> T {
        if let type = descriptor.type, type != .unary {
            throw RPCError(code: .unimplemented, message: "\(descriptor) streams, which this transport cannot carry.")
        }
        let began = NIODeadline.now()
        let waitsForReady = options.waitForReady ?? false
        let connection = try await connections.openStream(waitsForReady: waitsForReady)
        defer { connections.closeStream() }
        let exchange = UnaryExchange(
            connection: connection, descriptor: descriptor, began: began,
            timeout: options.timeout.map(TimeAmount.init(clamping:))
        ) { [connections] in
            try await connections.moveStream(waitsForReady: waitsForReady)
        }
        let stream = RPCStream(
            descriptor: descriptor, inbound: Inbound(wrapping: UnaryResponseParts(exchange: exchange)),
            outbound: Outbound(wrapping: exchange))
        let context = ClientContext(
            descriptor: descriptor, remotePeer: connection.remotePeer, localPeer: connection.localPeer)
        return try await closure(stream, context)
    }

    /// The configuration of a method: its own, else that of its service, else the default.
    public func config(forMethod descriptor: MethodDescriptor) -> MethodConfig? {
        let service = descriptor.service.fullyQualifiedService
        return methodConfigs[MethodConfig.Name(service: service, method: descriptor.method)]
            ?? methodConfigs[MethodConfig.Name(service: service, method: "")]
            ?? methodConfigs[MethodConfig.Name(service: "", method: "")]
    }

    /// Makes one connection after the other, until it is cancelled.
    private func keepConnected(_ place: Int) async {
        var backoff = Backoff(configuration)
        while !Task.isCancelled {
            connections.update(place, .connecting)
            let failure: any Error
            do {
                let connection = try await FramedClientConnection.connect(
                    to: address, on: eventLoopGroup, configuration: configuration)
                connections.update(place, .ready(connection))
                if try await hasServed(connection) {
                    backoff.reset()
                    continue
                }
                // Only calls that have not been sent will hear of it.
                failure = FramedConnectionError.notConnected
            } catch {
                failure = error
            }
            guard !Task.isCancelled else { break }
            logger.debug(
                "cannot connect", metadata: ["server": "\(address)", "error": "\(String(describing: failure))"])
            connections.update(place, .failed(failure))
            do {
                try await Task.sleep(for: backoff.next())
            } catch {
                break
            }
        }
        connections.update(place, .failed(FramedConnectionError.notConnected))
    }

    /// Waits until a connection takes no further calls.
    ///
    /// - Returns: Whether the server answered on it. A server that accepts and closes at once must not be tried again
    ///   without a wait.
    private func hasServed(_ connection: FramedClientConnection) async throws -> Bool {
        try await withTaskCancellationHandler {
            try await connection.retired.get()
        } onCancel: {
            connection.abort()
        }
        return try await connection.hasReceivedAnswer
    }
}
