public import GRPCCore
public import Logging
public import NIOCore
import NIOPosix
import Synchronization

/// A server transport for grpc-swift: unary calls as length-prefixed protobuf packets over TCP (`baidu_std`).
///
/// Methods of the ``FastLane`` are answered on the event loop of their connection; all others become streams for the
/// server that runs the transport, each in a task of its own.
///
/// `listen` returns once the transport has drained after ``beginGracefulShutdown()``. Cancelling its task closes every
/// connection and cancels every call at once; it still returns only after the handlers have.
public final class FramedServerTransport: ServerTransport {
    /// Messages are byte buffers.
    public typealias Bytes = FramedBytes

    private let eventLoopGroup: any EventLoopGroup
    private let address: FramedAddress
    private let configuration: FramedServerConfiguration
    private let fastLane: FastLane
    private let authenticator: (any FramedAuthenticator)?
    private let openMethods: Set<MethodDescriptor>
    private let observer: (any FramedServerObserver)?
    private let tls: FramedServerTLS?
    private let logger: Logger
    private let methods = Mutex<[MethodDescriptor]?>(nil)
    private let connections: ConnectionRegistry
    private let taskLane = TaskLaneGauge()
    private let bound: EventLoopPromise<FramedAddress>

    /// Makes a transport; it listens once `listen(streamHandler:)` is called.
    ///
    /// - Parameters:
    ///   - eventLoopGroup: Where connections live. It outlives the transport.
    ///   - address: Where to listen.
    ///   - configuration: The limits.
    ///   - fastLane: Methods answered without a task.
    ///   - authenticator: Verifies credentials before a call is started; without it anybody may call.
    ///   - openMethods: Methods that are answered without a credential, such as the health check.
    ///   - observer: Is told what connections and calls do.
    ///   - tls: How connections are encrypted; without it they are not.
    ///   - logger: Receives what operators may want to know about connections.
    public init(
        eventLoopGroup: any EventLoopGroup, address: FramedAddress,
        configuration: FramedServerConfiguration = FramedServerConfiguration(), fastLane: FastLane = FastLane(),
        authenticator: (any FramedAuthenticator)? = nil, openMethods: Set<MethodDescriptor> = [],
        observer: (any FramedServerObserver)? = nil, tls: FramedServerTLS? = nil, logger: Logger
    ) {
        self.eventLoopGroup = eventLoopGroup
        self.address = address
        self.configuration = configuration
        self.fastLane = fastLane
        self.authenticator = authenticator
        self.openMethods = openMethods
        self.observer = observer
        self.tls = tls
        self.logger = logger
        self.connections = ConnectionRegistry()
        self.bound = eventLoopGroup.any().makePromise(of: FramedAddress.self)
    }

    deinit {
        bound.fail(RPCError(code: .failedPrecondition, message: "The transport never listened."))
    }

    /// Where the transport listens, as soon as it does.
    ///
    /// - Throws: The error that kept it from listening.
    public var listeningAddress: FramedAddress {
        get async throws { try await bound.futureResult.get() }
    }

    /// Open connections right now.
    public var connectionCount: Int { connections.count }

    /// Calls that have a task right now; those of the fast lane have none.
    public var taskLaneCallCount: Int { taskLane.count }

    /// Learns which methods the server offers.
    public func configure(context: GRPCServerContext) {
        methods.withLock { $0 = context.methods }
    }

    /// Listens, and answers calls until the transport has shut down.
    public func listen(
        streamHandler:
            @escaping @concurrent @Sendable (
                _ stream: RPCStream<Inbound, Outbound>, _ context: ServerContext
            ) async -> Void
    ) async throws {
        let (orders, continuation) = AsyncStream.makeStream(of: TaskLaneOrder.self)
        let core = ServerCore(
            configuration: configuration,
            methods: MethodTable(
                fastLane: fastLane, methods: methods.withLock { $0 }, openMethods: openMethods,
                timeouts: configuration.methodTimeouts),
            logger: logger, authenticator: authenticator, observer: observer, taskLane: taskLane,
            orders: continuation)
        do {
            let listener = try await bind(core)
            guard connections.listen(listener, onEmpty: { core.finishOrders() }) else {
                try await listener.close()
                throw RPCError(code: .failedPrecondition, message: "The transport has been shut down.")
            }
            guard let address = FramedAddress(listener.localAddress) else {
                connections.abort()
                throw RPCError(code: .internalError, message: "The listening socket has no address.")
            }
            bound.succeed(address)
        } catch {
            bound.fail(error)
            throw error
        }
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for await order in orders {
                    group.addTask {
                        await TaskLane.run(order, streamHandler)
                        core.leaveTaskLane(order.holder)
                    }
                }
            }
        } onCancel: {
            connections.abort()
        }
    }

    /// Stops accepting connections and calls.
    ///
    /// Running calls finish; new ones on open connections are answered UNAVAILABLE (code 2003). A connection closes when
    /// its last call is answered. What still runs after the grace period is cancelled.
    public func beginGracefulShutdown() {
        guard connections.drain() else { return }
        eventLoopGroup.any().scheduleTask(in: configuration.gracePeriod) { [connections] in connections.abort() }
    }

    private func bind(_ core: ServerCore) async throws -> any Channel {
        let connections = connections
        let limits = configuration
        let tls = tls
        let maxConnections = FileDescriptors.connections(wanted: limits.maxConnections, logger: logger)
        let bootstrap = ServerBootstrap(group: eventLoopGroup)
            .serverChannelOption(.backlog, value: limits.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One at a time, so that the limit is kept exactly.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptGate(limit: maxConnections, observer: core.observer, logger: core.logger))
                }
            }
            // One read a turn, so that the sockets of a loop take turns.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            // What one read brings may all be decoded before the loop looks at its sockets again, so it is little.
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 2_048, maximum: 8_192)
            )
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(
                    low: max(1, limits.maxUnsentBytesPerConnection / 4),
                    high: max(2, limits.maxUnsentBytesPerConnection / 2))
            )
            .childChannelInitializer { channel in
                guard connections.add(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(TLSEntrance(tls)) }
                    try pipeline.addHandler(
                        ServerConnection(
                            core: core, eventLoop: channel.eventLoop, handshakeTimeout: tls?.handshakeTimeout))
                }
            }
        switch address.kind {
        case .tcp(let host, let port):
            return
                try await bootstrap
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .bind(host: host, port: port).get()
        case .unixDomainSocket(let path):
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        }
    }
}
