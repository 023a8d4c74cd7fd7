public import GRPCCore
public import NIOCore

/// What the framed protocol says about a call beside its metadata.
///
/// Handlers of services find it in `ServerContext.transportSpecific`, those of the fast lane in ``FastLaneCall/context``.
public struct FramedCallContext: ServerContext.TransportSpecific {
    /// When the caller stops waiting.
    ///
    /// Pass on what is left of it to calls of your own.
    public var deadline: NIODeadline
    /// The client's number for the call, unique neither on the server nor over retries.
    public var correlationID: Int64
    /// The client's number for its log; 0 when it gave none.
    public var logID: Int64
    /// The client's trace in brpc's own numbering; 0 when it gave none.
    public var traceID: Int64
    /// The client's span in brpc's own numbering; 0 when it gave none.
    public var spanID: Int64
    /// The parent of that span; 0 when there is none.
    public var parentSpanID: Int64
    /// The credential of the call: its own, else the last one that came before it on this connection.
    ///
    /// Clients send one with their first call only, or with every call.
    public var authenticationData: ByteBuffer?
    /// Who calls; `nil` on a server that asks for no credentials.
    public var identity: (any FramedIdentity)?
}
