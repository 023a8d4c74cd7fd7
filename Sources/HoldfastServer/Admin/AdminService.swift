import FramedTransport
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Observability
import ServiceLifecycle

/// The admin port, which answers from the first moment of the server to its last.
struct AdminService: Service {
    private let application: Application<AdminResponder>
    private let asked: FramedAddress
    private let bound: EventLoopPromise<FramedAddress>

    /// Connections that it takes at the same time; more wait in the system's queue.
    private static let maximumConnections = 64
    /// How long a connection may say nothing, and a request may take to arrive.
    private static let idleTimeout = TimeAmount.seconds(10)
    /// How old a connection may become.
    private static let age = TimeAmount.seconds(30)
    /// Bytes of one header, and of all headers of a request.
    private static let maximumHeaderBytes = 8 * 1_024

    /// Makes the port; it listens once it runs.
    init(
        host: String, port: Int, metrics: PrometheusMetrics, readiness: Readiness, group: any EventLoopGroup,
        logger: Logger
    ) {
        let asked = FramedAddress.tcp(host: host, port: port)
        let bound = group.any().makePromise(of: FramedAddress.self)
        var http = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionTimer(AdminService.age)], idleTimeout: AdminService.idleTimeout)
        http.httpDecoder = .init(
            maxHeaderFieldSize: AdminService.maximumHeaderBytes, maxHeaderListSize: AdminService.maximumHeaderBytes,
            maxHeaderFieldCount: 64)
        application = Application(
            responder: AdminResponder(metrics: metrics, readiness: readiness),
            server: .http1(configuration: http),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(AdminService.maximumConnections)),
            onServerRunning: { channel in
                guard let host = channel.localAddress?.ipAddress, let port = channel.localAddress?.port else { return }
                bound.succeed(.tcp(host: host, port: port))
            },
            eventLoopGroupProvider: .shared(group), logger: logger)
        self.asked = asked
        self.bound = bound
    }

    /// Where it listens, as soon as it does.
    var listeningAddress: FramedAddress {
        get async throws { try await bound.futureResult.get() }
    }

    func run() async throws {
        do {
            try await application.run()
            bound.fail(CancellationError())
        } catch {
            let failure = ListenFailure(asked, error)
            bound.fail(failure)
            throw failure
        }
    }
}
