import CoreMetrics
import GRPCCore
import Synchronization

/// Counts and times the calls of one transport, by method and status.
///
/// The handles of a method are made with its first call and found again without a lock and without hashing its whole
/// name, because a call on the fast lane costs only a few microseconds altogether.
final class CallMetrics: @unchecked Sendable {
    // Unchecked for the pointer; its slots are set once, atomically.

    private let factory: any MetricsFactory
    private let transport: String
    private let inFlight: Meter
    private let slots: UnsafeMutablePointer<AtomicLazyReference<MethodMetrics>>
    private let other = AtomicLazyReference<MethodMetrics>()
    private let unknown = AtomicLazyReference<MethodMetrics>()

    private static let capacity = 256
    /// How far a method may stand from its place.
    private static let reach = 32

    /// Makes the metrics of a transport.
    init(factory: any MetricsFactory, transport: String) {
        self.factory = factory
        self.transport = transport
        inFlight = Meter(
            label: "holdfast_rpc_in_flight", dimensions: [("transport", transport)], factory: factory)
        slots = .allocate(capacity: CallMetrics.capacity)
        for index in 0..<CallMetrics.capacity { (slots + index).initialize(to: AtomicLazyReference()) }
    }

    deinit {
        slots.deinitialize(count: CallMetrics.capacity).deallocate()
    }

    /// A call has begun.
    func callStarted() {
        inFlight.increment()
    }

    /// A call has ended.
    ///
    /// - Parameters:
    ///   - method: What was called.
    ///   - status: How it ended.
    ///   - nanoseconds: How long it took; `nil` for a stream, whose length says nothing.
    func callEnded(_ method: MethodDescriptor, _ status: Status.Code, nanoseconds: Int64?) {
        inFlight.decrement()
        let series = series(of: method)
        series.requests(status).increment()
        if let nanoseconds { series.duration.recordNanoseconds(nanoseconds) }
    }

    /// A call was refused and never began.
    ///
    /// - Parameters:
    ///   - method: What was called; `nil` where there is no such method, because its name is the client's invention and
    ///     is not to become a label.
    ///   - status: How it was refused.
    func callRefused(_ method: MethodDescriptor?, _ status: Status.Code) {
        let series = if let method { series(of: method) } else { fixedSeries("unknown", in: unknown) }
        series.requests(status).increment()
    }

    private func series(of method: MethodDescriptor) -> MethodMetrics {
        var index = CallMetrics.place(of: method)
        for _ in 0..<CallMetrics.reach {
            if let known = slots[index].load() {
                if known.isOf(method) { return known }
            } else {
                let made = MethodMetrics(
                    method, name: method.fullyQualifiedMethod, transport: transport, factory: factory)
                let stored = slots[index].storeIfNil(made)
                if stored.isOf(method) { return stored }
            }
            index = (index + 1) & (CallMetrics.capacity - 1)
        }
        return fixedSeries("other", in: other)
    }

    private func fixedSeries(_ name: String, in place: borrowing AtomicLazyReference<MethodMetrics>) -> MethodMetrics {
        if let made = place.load() { return made }
        let none = MethodDescriptor(fullyQualifiedService: "", method: "")
        return place.storeIfNil(MethodMetrics(none, name: name, transport: transport, factory: factory))
    }

    private static func place(of method: MethodDescriptor) -> Int {
        let name = method.method.utf8
        let ends = Int(name.first ?? 0) &* 31 &+ Int(name.last ?? 0)
        return (ends &* 31 &+ name.count &* 7 &+ method.service.fullyQualifiedService.utf8.count) & (capacity - 1)
    }
}

/// The handles of one method on one transport; a status gets one with the first call that ends with it.
final class MethodMetrics: @unchecked Sendable {
    // Unchecked for the pointer; its slots are set once, atomically.

    let duration: Timer
    private let method: MethodDescriptor
    private let name: String
    private let transport: String
    private let factory: any MetricsFactory
    private let counters: UnsafeMutablePointer<AtomicLazyReference<Counter>>

    private static let codes = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ]

    init(_ method: MethodDescriptor, name: String, transport: String, factory: any MetricsFactory) {
        self.method = method
        self.name = name
        self.transport = transport
        self.factory = factory
        duration = Timer(
            label: "holdfast_rpc_request_duration_seconds",
            dimensions: [("method", name), ("transport", transport)], factory: factory)
        counters = .allocate(capacity: MethodMetrics.codes.count)
        for index in MethodMetrics.codes.indices { (counters + index).initialize(to: AtomicLazyReference()) }
    }

    deinit {
        counters.deinitialize(count: MethodMetrics.codes.count).deallocate()
    }

    func isOf(_ other: MethodDescriptor) -> Bool {
        method.method == other.method && method.service == other.service
    }

    /// The counter of a status.
    func requests(_ status: Status.Code) -> Counter {
        let index = MethodMetrics.codes.indices.contains(status.rawValue) ? status.rawValue : 2
        if let known = counters[index].load() { return known }
        return counters[index].storeIfNil(
            Counter(
                label: "holdfast_rpc_requests_total",
                dimensions: [
                    ("method", name), ("transport", transport), ("code", MethodMetrics.codes[index]),
                ], factory: factory))
    }

    /// The canonical name of a status.
    static func name(of status: Status.Code) -> String {
        codes.indices.contains(status.rawValue) ? codes[status.rawValue] : codes[2]
    }
}
