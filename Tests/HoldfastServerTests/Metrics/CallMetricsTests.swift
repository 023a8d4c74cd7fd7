import GRPCCore
import Observability
import Testing

@testable import HoldfastServer

@Suite("Metrics of calls")
struct CallMetricsTests {
    @Test("Calls are counted exactly by method and code, from several threads")
    func exact() async {
        let metrics = PrometheusMetrics(families: MetricCatalogue.families)
        let calls = CallMetrics(factory: metrics, transport: "framed")
        // More methods than the table has room for in one place, so that places collide.
        let methods = (0..<60).map { MethodDescriptor(fullyQualifiedService: "s.S", method: "M\($0 % 10)x\($0)") }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for round in 0..<50 {
                        for method in methods {
                            calls.callStarted()
                            calls.callEnded(method, round % 5 == 0 ? .notFound : .ok, nanoseconds: 1_000_000)
                        }
                    }
                }
            }
        }
        let text = metrics.exposition()
        for method in methods {
            let labels = "method=\"\(method.fullyQualifiedMethod)\",transport=\"framed\""
            #expect(text.contains("holdfast_rpc_requests_total{\(labels),code=\"OK\"} 160\n"))
            #expect(text.contains("holdfast_rpc_requests_total{\(labels),code=\"NOT_FOUND\"} 40\n"))
            #expect(text.contains("holdfast_rpc_request_duration_seconds_count{\(labels)} 200\n"))
            #expect(text.contains("holdfast_rpc_request_duration_seconds_sum{\(labels)} 0.2\n"))
        }
        #expect(text.contains("holdfast_rpc_in_flight{transport=\"framed\"} 0\n"))
    }

    @Test("Refusals are counted and are not in flight; names that clients make up share one label")
    func refused() {
        let metrics = PrometheusMetrics(families: MetricCatalogue.families)
        let calls = CallMetrics(factory: metrics, transport: "http2")
        calls.callRefused(MethodDescriptor(fullyQualifiedService: "s.S", method: "M"), .resourceExhausted)
        for _ in 0..<3 { calls.callRefused(nil, .unimplemented) }
        let text = metrics.exposition()
        #expect(text.contains("_total{method=\"s.S/M\",transport=\"http2\",code=\"RESOURCE_EXHAUSTED\"} 1\n"))
        #expect(text.contains("_total{method=\"unknown\",transport=\"http2\",code=\"UNIMPLEMENTED\"} 3\n"))
        #expect(!text.contains("in_flight{transport=\"http2\"} 1"))
    }

    @Test("Methods past the bound are counted together")
    func bounded() {
        let metrics = PrometheusMetrics(families: MetricCatalogue.families)
        let calls = CallMetrics(factory: metrics, transport: "framed")
        for index in 0..<1_000 {
            calls.callStarted()
            calls.callEnded(
                MethodDescriptor(fullyQualifiedService: "s.S", method: "M\(index)"), .ok, nanoseconds: nil)
        }
        let lines = metrics.exposition().split(separator: "\n").filter { $0.hasPrefix("holdfast_rpc_requests_total{") }
        #expect(lines.count <= 257)
        #expect(lines.contains { $0.contains("method=\"other\"") })
    }
}
