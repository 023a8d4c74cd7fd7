import CoreMetrics
import GRPCCore
import Logging
import NIOCore
import Synchronization
import TraceContext

/// Logs each call that took longer than a bound, so that one can be looked for by its ids.
///
/// At most ten lines a second: on a bad day the log stays readable, and the next line tells how many were left out.
final class SlowCallLog: Sendable {
    /// A call that was slow.
    struct Call {
        var method: MethodDescriptor
        var transport: String
        var lane: String
        var status: Status.Code
        var nanoseconds: Int64
        var requestID: RequestID?
        var place: TraceParent?
        var caller: String?
    }

    private struct Window {
        var began = NIODeadline.uptimeNanoseconds(0)
        var lines = 0
        var suppressed = 0
    }

    /// Lines that one second may bring.
    static let linesPerSecond = 10

    private let bound: Int64
    private let logger: Logger
    private let slow: [String: Counter]
    private let window = Mutex(Window())

    /// Makes a log.
    ///
    /// - Parameters:
    ///   - bound: How long a call may take; 0 logs none.
    ///   - logger: Receives the lines, as warnings.
    ///   - factory: Makes the counters of slow calls.
    init(bound: TimeAmount, logger: Logger, factory: any MetricsFactory) {
        self.bound = bound.nanoseconds > 0 ? bound.nanoseconds : .max
        self.logger = logger
        slow = Dictionary(
            uniqueKeysWithValues: ["framed", "http2"].map { transport in
                let counter = Counter(
                    label: "holdfast_rpc_slow_total", dimensions: [("transport", transport)], factory: factory)
                return (transport, counter)
            })
    }

    /// Whether a call of this length is logged.
    func isSlow(_ nanoseconds: Int64) -> Bool { nanoseconds > bound }

    /// Logs a slow call, or counts it where there were too many.
    func note(_ call: Call, at now: NIODeadline = .now()) {
        slow[call.transport]?.increment()
        let suppressed = window.withLock { window -> Int? in
            if now - window.began >= .seconds(1) {
                window.began = now
                window.lines = 0
            }
            guard window.lines < SlowCallLog.linesPerSecond else {
                window.suppressed += 1
                return nil
            }
            window.lines += 1
            defer { window.suppressed = 0 }
            return window.suppressed
        }
        guard let suppressed else { return }
        var facts: Logger.Metadata = [
            "rpc.method": "\(call.method.fullyQualifiedMethod)", "transport": "\(call.transport)",
            "lane": "\(call.lane)", "status": "\(MethodMetrics.name(of: call.status))",
            "duration_ms": "\(Double(call.nanoseconds / 1_000) / 1_000)",
        ]
        if let requestID = call.requestID { facts["request_id"] = "\(requestID)" }
        if let place = call.place { facts["trace_id"] = "\(place.traceID)" }
        if let caller = call.caller { facts["caller"] = "\(caller)" }
        if suppressed > 0 { facts["suppressed"] = "\(suppressed)" }
        logger.warning("slow call", metadata: facts)
    }
}
