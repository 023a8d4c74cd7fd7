public import NIOCore

/// The limits of a framed server.
///
/// Every one has a default that suits a service of small calls.
public struct FramedServerConfiguration: Hashable, Sendable {
    /// Largest body of a packet in either direction, in bytes: 4 MiB.
    ///
    /// A larger request is refused before it is buffered, and the connection closed; a larger answer becomes an
    /// INTERNAL error.
    public var maxFrameBytes = 4 * 1024 * 1024

    /// Largest body of a packet from a client that has not shown a good credential, in bytes: 64 KiB.
    ///
    /// It counts only where credentials are asked for.
    public var maxUnauthenticatedFrameBytes = 64 * 1024

    /// Calls in flight on one connection, on both lanes together: 1,000.
    ///
    /// Beyond it nothing more is read from the connection until a call ends, so pipelined calls wait in the socket and
    /// every one is answered.
    public var maxInFlightCallsPerConnection = 1_000

    /// Calls of the task lane in flight on the whole server: 10,000.
    ///
    /// Beyond it a call is refused at once, not started.
    public var maxTaskLaneCalls = 10_000

    /// Answers waiting for one peer to read them, in bytes: 16 MiB.
    ///
    /// Half of it stops the reading of further calls; an answer that does not fit is replaced by RESOURCE_EXHAUSTED,
    /// and the connection closes when its calls are done.
    public var maxUnsentBytesPerConnection = 16 * 1024 * 1024

    /// Open connections: 4,096.
    ///
    /// One more is closed as soon as it is accepted.
    public var maxConnections = 4_096

    /// Connections that the system keeps waiting to be accepted: 1,024.
    public var backlog: Int32 = 1_024

    /// Time for a call whose client gave none: 30 s.
    public var defaultTimeout = TimeAmount.seconds(30)

    /// Longest time that a client may give a call: 10 minutes.
    ///
    /// A longer one is cut to it.
    public var maxTimeout = TimeAmount.minutes(10)

    /// How long a draining server waits for running calls before it cancels them: 30 s.
    public var gracePeriod = TimeAmount.seconds(30)

    /// A connection without a call in flight and without a whole packet for this long is closed: 10 minutes.
    public var idleTimeout = TimeAmount.minutes(10)

    /// Time from the acceptance of a connection to its first whole request: 10 s.
    public var firstRequestTimeout = TimeAmount.seconds(10)

    /// How long a connection that the server ends may still take its last answers: 1 s.
    public var closeLinger = TimeAmount.seconds(1)

    /// The defaults.
    public init() {}
}
