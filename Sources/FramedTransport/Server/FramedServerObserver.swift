public import GRPCCore
public import NIOCore

/// Is told what a framed server does, to count and to log it.
///
/// Its methods are called on event loops and must neither block nor take long.
public protocol FramedServerObserver: Sendable {
    /// A connection was accepted.
    func connectionOpened()
    /// A connection has closed.
    func connectionClosed()
    /// A connection was ended by a limit, or the server stopped accepting because of one.
    ///
    /// - Parameter reason: One of a fixed set of words: `bad_input`, `plain_text`, `handshake`, `first_request`,
    ///   `slow_request`, `unauthenticated`, `never_reads`, `idle`, `age`, and `too_many` each time that the server
    ///   stops accepting.
    func connectionRefused(reason: String)
    /// A call was decoded and its method is known.
    func callStarted(_ method: MethodDescriptor)
    /// A call was answered, or nobody waits for it any more.
    func callEnded(_ call: FramedCallRecord)
}

/// One call, when it is over.
public struct FramedCallRecord: Sendable {
    /// The method.
    public var method: MethodDescriptor
    /// How it ended.
    public var status: Status.Code
    /// From receipt to answer.
    public var duration: TimeAmount
    /// Whether it was answered on the event loop.
    public var isFastLane: Bool
    /// The metadata `x-request-id`, or request field 7; `nil` where there was none.
    public var requestID: String?
    /// The metadata `traceparent` as it came; `nil` where there was none.
    public var traceParent: String?
    /// Who called.
    public var identity: (any FramedIdentity)?
    /// The peer, as gRPC names it.
    public var peer: String
}
