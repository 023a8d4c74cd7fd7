import GRPCCore
import Logging
import NIOCore
import Observability
import Testing

@testable import HoldfastServer

@Suite("Metrics of calls over HTTP/2")
struct CallMetricsInterceptorTests {
    private struct NoWriter: RPCWriterProtocol {
        func write(_ element: String) async throws {}
        func write(contentsOf elements: some Sequence<String>) async throws {}
    }

    private let metrics = PrometheusMetrics(families: MetricCatalogue.families)

    private func counted(_ code: String, _ count: Int) -> Bool {
        metrics.exposition().contains(
            "holdfast_rpc_requests_total{method=\"s.S/M\",transport=\"http2\",code=\"\(code)\"} \(count)\n")
    }

    private var isInFlight: Bool {
        !metrics.exposition().contains("holdfast_rpc_in_flight{transport=\"http2\"} 0\n")
    }

    private func call(produces: Bool) async throws {
        let interceptor = CallMetricsInterceptor(
            calls: CallMetrics(factory: metrics, transport: "http2"), transport: "http2",
            slowCalls: SlowCallLog(bound: .zero, logger: Logger(label: "test"), factory: metrics))
        let method = MethodDescriptor(
            service: ServiceDescriptor(fullyQualifiedService: "s.S"), method: "M", type: .unary)
        let request = StreamingServerRequest<String>(
            metadata: [:], messages: RPCAsyncSequence(wrapping: AsyncThrowingStream<String, any Error> { $0.finish() }))
        try await withServerContextRPCCancellationHandle { handle in
            let context = ServerContext(
                descriptor: method, remotePeer: "in-process:1", localPeer: "in-process:2", cancellation: handle)
            let response = try await interceptor.intercept(request: request, context: context) { _, _ in
                StreamingServerResponse<String>(metadata: [:]) { _ in [:] }
            }
            #expect(isInFlight)
            if produces, case .success(let contents) = response.accepted {
                _ = try await contents.producer(RPCWriter(wrapping: NoWriter()))
                #expect(!isInFlight)
            }
        }
    }

    @Test("A call whose client has gone before its answer was written ends too, as CANCELLED")
    func unwritten() async throws {
        try await call(produces: false)
        #expect(!isInFlight)
        #expect(counted("CANCELLED", 1))
    }

    @Test("A call that is answered is counted once")
    func written() async throws {
        try await call(produces: true)
        #expect(!isInFlight)
        #expect(counted("OK", 1))
        #expect(!metrics.exposition().contains("CANCELLED"))
    }
}
