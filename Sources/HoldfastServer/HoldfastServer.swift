import CoreMetrics
import Domain
import FramedTransport
import GRPCCore
import HoldfastServices
import Ledger
public import Logging
import NIOCore
import NIOPosix
import Observability
import OrderProcessing
import OrderPromising
import PaymentGateways
import PostgresClient
import RedisClient
import ReviewHook
import ServiceLifecycle
import UnixSignals

/// One order management server: its parts put together, started, and stopped in order.
///
/// It comes up without its stores: it listens at once, answers `UNAVAILABLE` while PostgreSQL or Redis is away, and is
/// ready as soon as both answer. SIGTERM and SIGINT stop it: no new calls, running ones end within the grace.
public struct HoldfastServer: Sendable {
    private let configuration: ServerConfiguration
    private let logger: Logger
    private let metrics = PrometheusMetrics(families: MetricCatalogue.families)
    private let logEvents: LogEventCounters

    /// Makes a server; nothing is opened before ``run(onReady:)``.
    ///
    /// Throws ``ServerConfigurationError`` where a setting cannot be used.
    public init(configuration: ServerConfiguration, logger: Logger) throws(ServerConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
        self.logger = logger
        logEvents = LogEventCounters(factory: metrics)
    }

    /// Serves until a signal comes or something fails that cannot heal.
    ///
    /// `onReady` is called once, when both stores have been loaded and calls are answered. Throws where the address
    /// cannot be listened on (``ListenFailure``), a URL or a certificate (``TLSFileFailure``) cannot be read, or the schema is not this program's
    /// (``SchemaMismatch``).
    public func run(onReady: @escaping @Sendable (ListeningAddresses) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
        let outcome: Result<Void, any Error>
        do {
            try await serve(on: group, onReady: onReady)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        try await group.shutdownGracefully()
        try outcome.get()
    }

    private func serve(
        on group: MultiThreadedEventLoopGroup, onReady: @escaping @Sendable (ListeningAddresses) async throws -> Void
    ) async throws {
        let telemetry = Telemetry(
            metrics: metrics, slowCall: configuration.slowCall, callLogger: labelled("holdfast.calls"))
        let tls = try configuration.tls.map { try TLSKeeper($0, logger: labelled("holdfast.tls")) }
        if let tls { telemetry.watchCertificate { tls.certificateExpiry } }
        let redis = try RedisClient(
            configuration: redisConfiguration(), eventLoopGroup: group, logger: labelled("holdfast.redis"),
            metrics: RedisMetrics(factory: metrics))
        let identity = LedgerIdentity()
        var postgres = PostgresConfiguration(
            connectionString: configuration.postgresURL, connectionCount: configuration.postgresConnections)
        postgres.onConnect = { connection in try identity.check(connection) }
        // A server that is paused inside a transaction would hold up all others.
        postgres.idleInTransactionTimeout = .seconds(5)
        let pool = PostgresPool(
            configuration: postgres, logger: labelled("holdfast.postgres"), metrics: PostgresMetrics(factory: metrics))
        let promising = OrderPromising(
            ledger: Ledger(pool: pool), redis: redis, identity: identity, configuration: promisingConfiguration(),
            logger: labelled("holdfast.promising"), metrics: PromisingMetrics(factory: metrics))
        let readiness = Readiness(promising: promising, redis: redis, pool: pool)
        telemetry.watch(
            promising: promising, redis: redis, pool: pool, poolTarget: configuration.postgresConnections,
            readiness: readiness)
        let admin = configuration.adminPort.map { port in
            AdminService(
                host: configuration.adminHost, port: port, metrics: metrics, readiness: readiness, group: group,
                logger: quiet("holdfast.admin"))
        }
        let connections = connectionsOfOnePort()
        let address = FramedAddress.tcp(host: configuration.host, port: configuration.tcpPort)
        let gate = AccessGate(
            ledger: promising.ledger, sso: try configuration.signOn.validated(),
            allowsAnonymous: configuration.allowsAnonymous,
            logger: labelled("holdfast.access"), refused: telemetry.credentialRefused)
        let transport = FramedServerTransport(
            eventLoopGroup: group, address: address,
            configuration: transportConfiguration(connections: connections),
            fastLane: ServiceRegistry.fastLane(promising: promising, logger: labelled("holdfast.calls")),
            authenticator: gate, openMethods: ServiceRegistry.openMethods, observer: telemetry.framedObserver,
            tls: tls.map { FramedServerTLS(context: $0.framed) }, logger: labelled("holdfast.transport"))
        let http2Transport = HTTP2Transport(
            eventLoopGroup: group, host: configuration.host, port: configuration.grpcPort,
            limits: http2Limits(connections: connections), tls: tls?.http2, observer: telemetry.http2Observer,
            logger: labelled("holdfast.http2"))
        let startGate = StartGate()
        let serving = ServingState { promising.isReady }
        let fraudCheck = try configuration.fraudCheck().map { HTTPFraudCheck($0) }
        let gateway = try configuration.gateway.validated().map {
            HTTPCardGateway(settings: $0, logger: labelled("holdfast.gateway"))
        }
        let processing = OrderProcessing(
            promising: promising, carriers: try configuration.carriers(), fraudCheck: fraudCheck,
            payments: paymentSettings(gateway), logger: labelled("holdfast.processing"))
        let services = ServiceRegistry.all(
            promising: promising, processing: processing, serving: serving, keys: SystemKeyMint(),
            logger: labelled("holdfast.calls"))
        let access = AccessInterceptor { context, metadata throws(RPCError) in
            let caller = try await gate.caller(context, metadata)
            CallNotes.current?.caller = caller.id
            return caller
        }
        let interceptors = CallInterceptors.chain(
            access: access, startGate: startGate, isDraining: { serving.isDraining })
        let framed = GRPCServer(
            transport: transport, services: services, interceptors: telemetry.framedInterceptors + interceptors)
        let http2 = GRPCServer(
            transport: http2Transport, services: services + (try reflection(of: services)),
            interceptors: telemetry.http2Interceptors + interceptors + [http2Transport.callerBound])
        let http2Address = FramedAddress.tcp(host: configuration.host, port: configuration.grpcPort)
        let schemaGate = SchemaGate(
            postgresURL: configuration.postgresURL, migrates: configuration.migratesSchema,
            logger: labelled("holdfast.schema"))
        // Stopped from the last to the first: first no more calls, last the stores, and health is told to the very end.
        var parts: [any Service] = admin.map { [$0] } ?? []
        parts += [
            StoresService(redis: redis, pool: pool, gateway: gateway)
        ]
        if let fraudCheck {
            parts.append(FraudCheckService(check: fraudCheck, logger: labelled("holdfast.processing")))
        }
        parts += [
            PromisingService(
                promising: promising, processing: processing, schemaGate: schemaGate, startGate: startGate, gate: gate),
            ListenerService(
                framed: framed, http2: http2, framedAddress: address, http2Address: http2Address, serving: serving,
                logger: labelled("holdfast.server")),
            ReadinessService(
                framed: transport, http2: http2Transport,
                asked: ListeningAddresses(tcp: address, grpc: http2Address), promising: promising,
                logger: labelled("holdfast.server"), admin: admin, readiness: readiness, onReady: onReady),
        ]
        if let tls { parts.append(TLSReloadService(keeper: tls)) }
        parts.append(DrainNotice(readiness: readiness))
        try await ServiceGroup(configuration: lifecycleConfiguration(services: parts)).run()
        logger.info("stopped")
    }

    /// Reflection over HTTP/2, where it is on.
    private func reflection(of services: [any RegistrableRPCService]) throws -> [any RegistrableRPCService] {
        guard configuration.offersReflection else { return [] }
        return try Reflection.services(beside: ServiceRegistry.names(of: services))
    }

    private func lifecycleConfiguration(services: [any Service]) -> ServiceGroupConfiguration {
        var lifecycle = ServiceGroupConfiguration(
            services: services.map { service in
                ServiceGroupConfiguration.ServiceConfiguration(
                    service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup)
            },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet("holdfast.lifecycle"))
        // The transport bounds its drain itself; past that only a fault could keep a service from ending.
        lifecycle.maximumGracefulShutdownDuration = .nanoseconds(configuration.shutdownGrace.nanoseconds) + .seconds(5)
        lifecycle.maximumCancellationDuration = .seconds(10)
        return lifecycle
    }

    private func paymentSettings(_ gateway: HTTPCardGateway?) -> PaymentSettings {
        var settings = PaymentSettings()
        settings.gateway = gateway
        // Longer than a call can take, so that nobody asks while it is under way.
        settings.patience = .nanoseconds(configuration.gateway.timeLimit.nanoseconds) + .seconds(15)
        settings.holdValidity = configuration.gateway.holdValidity.map { .nanoseconds($0.nanoseconds) }
        settings.overdueAfter = .nanoseconds(configuration.gateway.overdueAfter.nanoseconds)
        let overdue = Meter(label: "holdfast_payment_attempts_overdue", dimensions: [], factory: metrics)
        settings.countOverdue = { overdue.set($0) }
        return settings
    }

    private func redisConfiguration() throws -> RedisConfiguration {
        try RedisConfiguration(url: configuration.redisURL)
    }

    private func promisingConfiguration() -> PromisingConfiguration {
        var promising = PromisingConfiguration()
        promising.keyPrefix = configuration.keyPrefix
        promising.maximumAge = configuration.cacheAge
        promising.retention.seconds = Int64(configuration.retentionDays) * 86_400
        promising.retention.eventSeconds = Int64(configuration.eventRetentionDays) * 86_400
        promising.repair.scrubInterval = .nanoseconds(configuration.scrubInterval.nanoseconds)
        promising.repair.grace = .nanoseconds(configuration.repairGrace.nanoseconds)
        return promising
    }

    /// Connections that each of the two ports may have: as many as are asked for, or half of what there are file
    /// descriptors for.
    private func connectionsOfOnePort() -> Int {
        let both = FileDescriptors.connections(
            wanted: 2 * configuration.maximumConnections, logger: labelled("holdfast.server"))
        return max(1, both / 2)
    }

    private func transportConfiguration(connections: Int) -> FramedServerConfiguration {
        var transport = FramedServerConfiguration()
        transport.maxFrameBytes = configuration.maximumFrameBytes
        transport.maxInFlightCallsPerConnection = configuration.maximumCallsPerConnection
        transport.maxConnections = connections
        // Room for two answers of the largest size.
        transport.maxUnsentBytesPerConnection = max(
            transport.maxUnsentBytesPerConnection, 2 * configuration.maximumFrameBytes)
        transport.defaultTimeout = CallTimes.usual
        transport.methodTimeouts = CallTimes.byMethod
        transport.maxTimeout = CallTimes.longest
        transport.gracePeriod = configuration.shutdownGrace
        return transport
    }

    private func http2Limits(connections: Int) -> HTTP2Limits {
        var limits = HTTP2Limits()
        limits.maximumMessageBytes = configuration.maximumFrameBytes
        limits.maximumStreams = configuration.maximumCallsPerConnection
        limits.maximumConnections = connections
        limits.shutdownGrace = configuration.shutdownGrace
        return limits
    }

    private func labelled(_ label: String) -> Logger {
        var logger = Logger(label: label) { label in
            LineLogHandler(
                label: label, level: self.logger.logLevel, format: configuration.logFormat,
                onEvent: logEvents.count)
        }
        logger.logLevel = self.logger.logLevel
        return logger
    }

    /// A logger that speaks up about trouble only.
    private func quiet(_ label: String) -> Logger {
        var logger = labelled(label)
        logger.logLevel = max(.warning, logger.logLevel)
        return logger
    }
}
