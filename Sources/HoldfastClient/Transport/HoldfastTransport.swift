public import FramedTransport
public import GRPCCore
import HoldfastAPI
import Logging
import NIOCore
import Synchronization

/// The transport of a ``HoldfastClient``: framed connections to every endpoint, and the repetition of calls.
///
/// It carries unary calls. Its calls go through gRPC's own machinery once, interceptors included, however often they are
/// sent.
public final class HoldfastTransport: ClientTransport {
    /// Messages are byte buffers.
    public typealias Bytes = FramedBytes

    private struct State {
        var openCalls = 0
        var isDraining = false
        var isShutDown = false

        /// True once, when the last call has ended.
        mutating func takeShutdown() -> Bool {
            guard isDraining, openCalls == 0, !isShutDown else { return false }
            isShutDown = true
            return true
        }
    }

    private let set: EndpointSet
    private let caller: RepeatingCaller
    private let methodTimeouts: [String: Duration]
    private let timeout: Duration?
    private let state = Mutex(State())

    /// Nothing: repetitions have a budget of their own, in ``RepetitionPolicy``.
    public var retryThrottle: RetryThrottle? { nil }

    /// Makes a transport; it connects when ``connect()`` runs.
    ///
    /// - Parameter configuration: Where the service is, and how to call it.
    /// - Throws: ``HoldfastConfigurationError``.
    public init(_ configuration: HoldfastClientConfiguration) throws(HoldfastConfigurationError) {
        guard !configuration.endpoints.isEmpty else { throw HoldfastConfigurationError("no endpoint is given") }
        let times = [configuration.timeout].compactMap { $0 } + configuration.timeouts.values
        guard times.allSatisfy({ $0 > .zero }) else {
            throw HoldfastConfigurationError("a timeout must be longer than nothing")
        }
        let credential = try configuration.credential.connectionCredential()
        let tls = try configuration.tls?.framed()
        var endpoints: [Endpoint] = []
        for address in configuration.endpoints {
            guard (1...65_535).contains(address.port) else {
                throw HoldfastConfigurationError("\(address) has no port between 1 and 65535")
            }
            var framed = FramedClientConfiguration()
            framed.maxFrameBytes = configuration.maxAnswerBytes
            framed.connectTimeout = TimeAmount(configuration.connectTimeout)
            framed.connections = configuration.connectionsPerEndpoint
            framed.authenticationData = credential
            framed.tls = tls
            // Deadlines come with each call.
            framed.defaultTimeout = nil
            let transport = FramedClientTransport(
                address: .tcp(host: address.host, port: address.port), eventLoopGroup: configuration.eventLoopGroup,
                configuration: framed, logger: configuration.logger)
            endpoints.append(Endpoint(address: address, transport: transport))
        }
        set = EndpointSet(endpoints)
        var token: (@Sendable () async throws -> String)?
        if case .perCall(let provider) = configuration.credential.kind { token = provider }
        caller = RepeatingCaller(
            set: set, policy: configuration.repetition, budget: RepetitionBudget(configuration.repetition),
            token: token, logger: configuration.logger)
        timeout = configuration.timeout
        methodTimeouts = Dictionary(
            configuration.timeouts.map { ($0.key.fullyQualifiedMethod, $0.value) }, uniquingKeysWith: min)
    }

    /// Keeps the connections until ``beginGracefulShutdown()`` and the end of the last call, or until it is cancelled.
    ///
    /// - Throws: When the transport is connected already or has been shut down.
    public func connect() async throws {
        try await withThrowingTaskGroup { group in
            for endpoint in set.endpoints { group.addTask { try await endpoint.transport.connect() } }
            try await group.waitForAll()
        }
    }

    /// Refuses new calls; `connect()` returns when the running ones have ended.
    public func beginGracefulShutdown() {
        let isLast = state.withLock { state in
            state.isDraining = true
            return state.takeShutdown()
        }
        if isLast { shutDown() }
    }

    /// Opens a stream for one unary call.
    public func withStream<T: Sendable>(
        descriptor: MethodDescriptor, options: CallOptions,
        _ closure: @concurrent (_ stream: RPCStream<Inbound, Outbound>, _ context: ClientContext) async throws -> T
    ) async throws -> T {
        if let type = descriptor.type, type != .unary {
            throw RPCError(code: .unimplemented, message: "\(descriptor) streams, which this transport cannot carry.")
        }
        try state.withLock { state in
            guard !state.isDraining else {
                throw RPCError(code: .failedPrecondition, message: "The client is shut down.")
            }
            state.openCalls += 1
        }
        defer { endCall() }
        let deadline = options.timeout.map { ContinuousClock.now + $0 }
        let collector = RequestCollector()
        let answer = AnswerParts { [caller] in
            let request = try await collector.request()
            return try await caller.call(descriptor, request, options: options, deadline: deadline)
        }
        let stream = RPCStream(
            descriptor: descriptor, inbound: Inbound(wrapping: answer), outbound: Outbound(wrapping: collector))
        // Which endpoint answers is not known before the call is made.
        let peer = set.endpoints.map(\.address.description).joined(separator: ",")
        return try await closure(
            stream, ClientContext(descriptor: descriptor, remotePeer: peer, localPeer: "unknown"))
    }

    /// The timeout of a method: what the configuration says of it, or of all, else what the server would give it.
    public func config(forMethod descriptor: MethodDescriptor) -> MethodConfig? {
        let configured = methodTimeouts[descriptor.fullyQualifiedMethod] ?? timeout
        return MethodConfig(names: [], timeout: configured ?? HoldfastDeadlines.time(of: descriptor))
    }

    private func endCall() {
        let isLast = state.withLock { state in
            state.openCalls -= 1
            return state.takeShutdown()
        }
        if isLast { shutDown() }
    }

    private func shutDown() {
        for endpoint in set.endpoints { endpoint.transport.beginGracefulShutdown() }
    }
}
