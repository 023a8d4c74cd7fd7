import FramedTransport
import GRPCCore
import GRPCNIOTransportHTTP2
import GRPCProtobuf
import Logging
import NIOCore
import Synchronization

/// gRPC over HTTP/2: grpc-swift's transport behind a listener of our own, with a bound on calls and on the drain.
final class HTTP2Transport: ServerTransport {
    typealias Bytes = GRPCNIOTransportBytes
    typealias StreamHandler =
        @concurrent @Sendable (_ stream: RPCStream<Inbound, Outbound>, _ context: ServerContext) async -> Void

    private let base: HTTP2ServerTransport.Custom<HTTP2Listener>
    private let listener: HTTP2Listener
    private let limits: HTTP2Limits
    private let observer: TransportObserver?
    private let admission: CallAdmission
    /// Whether a method is a stream, by its full name.
    private let methods = Mutex<[String: Bool]>([:])
    private let draining = Atomic(false)
    private let (graceEnds, endGrace) = AsyncStream<Void>.makeStream()

    /// Makes a transport; it listens once `listen(streamHandler:)` is called.
    ///
    /// - Parameters:
    ///   - eventLoopGroup: Where connections live. It outlives the transport.
    ///   - host: Address to listen on.
    ///   - port: Port to listen on; 0 takes any free one.
    ///   - limits: The limits.
    ///   - tls: Certificate and key of new connections; without it they are not encrypted.
    ///   - observer: Is told of connections, and of calls that the transport itself refuses; of others it hears nothing.
    ///   - logger: Hears when no more connections are accepted.
    init(
        eventLoopGroup: any EventLoopGroup, host: String, port: Int, limits: HTTP2Limits, tls: FramedTLSContext? = nil,
        observer: TransportObserver? = nil, logger: Logger
    ) {
        self.limits = limits
        self.observer = observer
        admission = CallAdmission(limits)
        listener = HTTP2Listener(
            eventLoopGroup: eventLoopGroup, host: host, port: port, limits: limits, tls: tls, observer: observer,
            logger: logger,
            bound: eventLoopGroup.any().makePromise(of: FramedAddress.self))
        base = HTTP2ServerTransport.Custom(listenerFactory: listener, config: limits.transport(observer: observer))
    }

    deinit {
        listener.bound.fail(RPCError(code: .failedPrecondition, message: "The transport never listened."))
    }

    /// Where the transport listens, as soon as it does.
    ///
    /// Throws the error that kept it from listening.
    var listeningAddress: FramedAddress {
        get async throws { try await listener.bound.futureResult.get() }
    }

    /// Calls that run right now.
    var callCount: Int { admission.count }

    /// Calls of a known caller that run right now.
    func callCount(of caller: String) -> Int { admission.count(of: caller) }

    /// Bounds the calls of each caller; it must stand where the caller is known.
    var callerBound: CallerBound { CallerBound(admission) }

    func configure(context: GRPCServerContext) {
        let streams = context.methods.map { method in
            (method.fullyQualifiedMethod, method.type.map { $0 != .unary } ?? true)
        }
        methods.withLock { $0 = Dictionary(streams) { first, _ in first } }
        base.configure(context: context)
    }

    /// Answers calls until the transport has drained, or its grace is over, or the task is cancelled.
    @concurrent
    func listen(streamHandler: @escaping StreamHandler) async throws {
        let known = methods.withLock { $0 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                try await base.listen { stream, context in
                    await self.answer(stream, context, known: known, streamHandler)
                }
            }
            group.addTask { [graceEnds] in
                for await _ in graceEnds { break }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Stops accepting connections and calls; those that run may end within the grace.
    func beginGracefulShutdown() {
        guard !draining.exchange(true, ordering: .acquiringAndReleasing) else { return }
        base.beginGracefulShutdown()
        listener.eventLoopGroup.any().scheduleTask(in: limits.shutdownGrace) { [endGrace] in endGrace.finish() }
    }

    private func answer(
        _ stream: RPCStream<Inbound, Outbound>, _ context: ServerContext, known: [String: Bool],
        _ handler: StreamHandler
    ) async {
        let method = stream.descriptor
        let isStream = known[method.fullyQualifiedMethod]
        let place: CallAdmission.Place
        do {
            place = try admission.admit(context.remotePeer, isStream: isStream ?? false)
        } catch {
            observer?.callRefused(isStream == nil ? nil : method, .resourceExhausted)
            return await Self.refuse(stream, error.status)
        }
        defer { admission.release(place) }
        guard isStream != nil else {
            observer?.callRefused(nil, .unimplemented)
            return await Self.refuse(
                stream,
                GoogleRPCStatus(
                    code: .unimplemented, message: "there is no method \(method.fullyQualifiedMethod)",
                    details: .errorInfo(reason: "UNIMPLEMENTED", domain: "holdfast")))
        }
        await handler(stream, context)
    }

    private static func refuse(_ stream: RPCStream<Inbound, Outbound>, _ refusal: GoogleRPCStatus) async {
        let error = RPCError(refusal)
        do {
            try await stream.outbound.write(
                .status(Status(code: Status.Code(error.code), message: error.message), error.metadata))
        } catch {
            // The client has gone; nobody is left to be told.
        }
        await stream.outbound.finish()
    }
}
