import GRPCCore
import HoldfastTesting
import Logging
import NIOCore
import Observability
import Testing
import TraceContext

@testable import HoldfastServer

@Suite("The slow-call log")
struct SlowCallLogTests {
    private let call = SlowCallLog.Call(
        method: MethodDescriptor(fullyQualifiedService: "s.S", method: "M"), transport: "framed", lane: "fast",
        status: .unavailable, nanoseconds: 812_400_000, requestID: RequestID("r-1"), place: nil, caller: "key:abc")

    @Test("A slow call is told with its ids; past ten lines a second only the number of the rest is")
    func limited() {
        let written = Box<[String]>([])
        let metrics = PrometheusMetrics(families: [])
        let logger = Logger(label: "test") { label in
            LineLogHandler(label: label, level: .info, format: .text, onEvent: nil) { written.value.append($0) }
        }
        let log = SlowCallLog(bound: .milliseconds(500), logger: logger, factory: metrics)
        #expect(!log.isSlow(500_000_000))
        #expect(log.isSlow(500_000_001))
        let start = NIODeadline.uptimeNanoseconds(10_000_000_000)
        for _ in 0..<25 { log.note(call, at: start) }
        #expect(written.value.count == SlowCallLog.linesPerSecond)
        #expect(
            written.value[0].hasSuffix(
                "slow call caller=key:abc duration_ms=812.4 lane=fast request_id=r-1 rpc.method=s.S/M "
                    + "status=UNAVAILABLE transport=framed\n"))
        log.note(call, at: start + .seconds(1))
        #expect(written.value.last?.contains("suppressed=15") == true)
        log.note(call, at: start + .seconds(1))
        #expect(written.value.last?.contains("suppressed") == false)
        #expect(metrics.exposition().contains("holdfast_rpc_slow_total{transport=\"framed\"} 27\n"))
    }

    @Test("A bound of 0 logs none")
    func off() {
        let log = SlowCallLog(
            bound: .zero, logger: Logger(label: "test"), factory: PrometheusMetrics(families: []))
        #expect(!log.isSlow(Int64.max))
    }
}
