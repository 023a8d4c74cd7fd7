import CoreMetrics
import GRPCCore
import Logging
import NIOCore
import Observability
import OrderPromising
import PostgresClient
import RedisClient
import Synchronization
import TraceContext

/// What one server counts and tells of itself: its metrics, its slow-call log, and who is told of calls.
final class Telemetry: Sendable {
    /// Everything that is counted.
    let metrics: PrometheusMetrics
    /// For the framed transport.
    let framedObserver: TransportObserver
    /// For the connections of gRPC over HTTP/2.
    let http2Observer: TransportObserver
    /// For gRPC over HTTP/2, in this order before all others.
    let http2Interceptors: [any ServerInterceptor]
    /// For the framed transport, before all others.
    let framedInterceptors: [any ServerInterceptor]
    private let credentialRefusals: [CredentialRefusal: Counter]

    /// Makes the metrics of a server.
    ///
    /// - Parameters:
    ///   - metrics: Where everything is counted.
    ///   - slowCall: How long a call may take before it is logged; 0 logs none.
    ///   - callLogger: Receives slow calls.
    init(metrics: PrometheusMetrics, slowCall: TimeAmount, callLogger: Logger) {
        self.metrics = metrics
        let slowCalls = SlowCallLog(bound: slowCall, logger: callLogger, factory: metrics)
        framedObserver = TransportObserver(
            transport: "framed", calls: CallMetrics(factory: metrics, transport: "framed"), factory: metrics,
            slowCalls: slowCalls)
        let http2Calls = CallMetrics(factory: metrics, transport: "http2")
        http2Observer = TransportObserver(
            transport: "http2", calls: http2Calls, factory: metrics, slowCalls: slowCalls)
        framedInterceptors = [TracingServerInterceptor()]
        http2Interceptors = [
            TracingServerInterceptor(),
            CallMetricsInterceptor(calls: http2Calls, transport: "http2", slowCalls: slowCalls),
        ]
        Meter(
            label: "holdfast_build_info",
            dimensions: [("version", Telemetry.version), ("swift", Telemetry.compiler)], factory: metrics
        ).set(1)
        credentialRefusals = Dictionary(
            uniqueKeysWithValues: CredentialRefusal.allCases.map { reason in
                let counter = Counter(
                    label: "holdfast_credential_refusals_total", dimensions: [("reason", reason.rawValue)],
                    factory: metrics)
                return (reason, counter)
            })
        let process = ProcessMetrics(factory: metrics)
        metrics.beforeExposition { process.collect() }
    }

    /// Has the state of the stores told.
    func watch(
        promising: OrderPromising, redis: RedisClient, pool: PostgresPool, poolTarget: Int, readiness: Readiness
    ) {
        let stores = StoreMetrics(
            promising: promising, redis: redis, pool: pool, poolTarget: poolTarget, readiness: readiness,
            factory: metrics)
        metrics.beforeExposition { stores.collect() }
    }

    /// Has the expiry of the certificate in use told: seconds since 1970, `nil` where there is none.
    func watchCertificate(_ expiry: @escaping @Sendable () -> Int64?) {
        let metrics = metrics
        metrics.beforeExposition {
            guard let seconds = expiry() else { return }
            Meter(label: "holdfast_tls_certificate_expiry_timestamp_seconds", factory: metrics).set(seconds)
        }
    }

    /// Counts a credential that was refused.
    @Sendable func credentialRefused(_ reason: CredentialRefusal) {
        credentialRefusals[reason]?.increment()
    }

    /// The program's version.
    static let version = "0.3"

    #if swift(>=6.3)
        private static let compiler = "6.3"
    #else
        private static let compiler = "6.2"
    #endif
}
