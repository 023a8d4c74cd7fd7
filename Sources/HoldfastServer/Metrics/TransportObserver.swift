import CoreMetrics
import FramedTransport
import GRPCCore
import NIOCore
import TraceContext

/// Counts what a transport does, and tells of slow calls.
///
/// The framed transport tells it of connections and of calls, that of HTTP/2 of connections and of
/// the calls that it refuses itself.
final class TransportObserver: FramedServerObserver {
    private let transport: String
    private let calls: CallMetrics
    private let slowCalls: SlowCallLog
    private let open: Meter
    private let accepted: Counter
    private let factory: any MetricsFactory

    init(transport: String, calls: CallMetrics, factory: any MetricsFactory, slowCalls: SlowCallLog) {
        let label = [("transport", transport)]
        self.transport = transport
        self.calls = calls
        self.factory = factory
        self.slowCalls = slowCalls
        open = Meter(label: "holdfast_connections", dimensions: label, factory: factory)
        accepted = Counter(label: "holdfast_connections_accepted_total", dimensions: label, factory: factory)
    }

    func connectionOpened() {
        open.increment()
        accepted.increment()
    }

    func connectionClosed() {
        open.decrement()
    }

    func connectionRefused(reason: String) {
        // The factory finds the counter of a reason again, and there are few reasons.
        Counter(
            label: "holdfast_connections_refused_total",
            dimensions: [("transport", transport), ("reason", reason)], factory: factory
        ).increment()
    }

    /// Counts a call that the transport refused before anything else saw it.
    ///
    /// - Parameters:
    ///   - method: What was called; `nil` where there is no such method.
    ///   - status: How it was refused.
    func callRefused(_ method: MethodDescriptor?, _ status: Status.Code) {
        calls.callRefused(method, status)
    }

    func callStarted(_ method: MethodDescriptor) {
        calls.callStarted()
    }

    func callEnded(_ call: FramedCallRecord) {
        calls.callEnded(call.method, call.status, nanoseconds: call.duration.nanoseconds)
        guard slowCalls.isSlow(call.duration.nanoseconds) else { return }
        slowCalls.note(
            SlowCallLog.Call(
                method: call.method, transport: transport, lane: call.isFastLane ? "fast" : "task",
                status: call.status, nanoseconds: call.duration.nanoseconds,
                requestID: call.requestID.flatMap { RequestID($0) },
                place: call.traceParent.flatMap { TraceParent($0) }, caller: call.identity?.limitKey))
    }
}
