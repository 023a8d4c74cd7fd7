public import GRPCCore
public import ServiceContextModule

/// How one call is found again: its request id, and its place in a distributed trace.
public struct CallTrace: Hashable, Sendable {
    /// The name of the call.
    public var requestID: RequestID
    /// The call's own span, a child of the caller's.
    public var place: TraceParent
    /// What travels beside it.
    public var state: TraceState

    /// Makes a trace from what is known.
    public init(requestID: RequestID, place: TraceParent, state: TraceState = .none) {
        self.requestID = requestID
        self.place = place
        self.state = state
    }

    /// Takes over what a caller sent, and makes what is missing or cannot be read.
    ///
    /// A `traceparent` that is malformed, or that comes twice, begins a new trace, and its `tracestate` is dropped.
    public init(accepting metadata: Metadata) {
        let requestID = CallTrace.only(metadata, CallTrace.requestIDKey).flatMap { RequestID($0) } ?? .fresh()
        guard let parent = CallTrace.only(metadata, CallTrace.parentKey).flatMap({ TraceParent($0) }) else {
            self.init(requestID: requestID, place: .fresh())
            return
        }
        self.init(
            requestID: requestID, place: parent.child(),
            state: TraceState(metadata[stringValues: CallTrace.stateKey]) ?? .none)
    }

    /// Writes it into the metadata of a call that is made on behalf of this one; what is there already stays.
    public func write(to metadata: inout Metadata) {
        if CallTrace.isMissing(CallTrace.requestIDKey, in: metadata) {
            metadata.addString(requestID.description, forKey: CallTrace.requestIDKey)
        }
        guard CallTrace.isMissing(CallTrace.parentKey, in: metadata) else { return }
        metadata.addString(place.headerValue, forKey: CallTrace.parentKey)
        guard !state.headerValue.isEmpty, CallTrace.isMissing(CallTrace.stateKey, in: metadata) else { return }
        metadata.addString(state.headerValue, forKey: CallTrace.stateKey)
    }

    /// Metadata that names a call: `x-request-id`.
    public static let requestIDKey = "x-request-id"
    /// Metadata that places a call in a trace: `traceparent`.
    public static let parentKey = "traceparent"
    /// Metadata that travels beside it: `tracestate`.
    public static let stateKey = "tracestate"

    private static func isMissing(_ key: String, in metadata: Metadata) -> Bool {
        var values = metadata[key].makeIterator()
        return values.next() == nil
    }

    private static func only(_ metadata: Metadata, _ key: String) -> String? {
        var values = metadata[stringValues: key].makeIterator()
        guard let first = values.next(), values.next() == nil else { return nil }
        return first
    }
}

private enum CallTraceKey: ServiceContextKey {
    typealias Value = CallTrace
    static let nameOverride: String? = "call-trace"
}

extension ServiceContext {
    /// The call that is being answered; `nil` outside of one.
    public var callTrace: CallTrace? {
        get { self[CallTraceKey.self] }
        set { self[CallTraceKey.self] = newValue }
    }
}
