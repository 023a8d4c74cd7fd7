public import GRPCCore
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

    /// Memory of the requests of those calls, in bytes, inflated messages included: 64 MiB.
    ///
    /// Beyond it nothing more is read from the connection until a call ends.
    public var maxInFlightBytesPerConnection = 64 * 1024 * 1024

    /// Calls in flight of one identity over all its connections: 4,000.
    ///
    /// Beyond it a call is answered RESOURCE_EXHAUSTED (2004) and not started. It counts only where credentials are
    /// asked for.
    public var maxInFlightCallsPerIdentity = 4_000

    /// Calls that are decoded from one connection before the others of its event loop have their turn: 128.
    public var maxCallsPerTurn = 128

    /// The same while another connection of the event loop is busy: 16.
    public var maxContendedCallsPerTurn = 16

    /// Calls in flight on one connection while another one of its event loop is busy: 32.
    ///
    /// Busy is what has sent a call within ``busyTime``. Beyond it nothing more is read from the connection until a call
    /// ends or the others are quiet.
    public var maxContendedCallsPerConnection = 32

    /// Calls in 4 ms of a heavy connection while a light one of the server is busy: 20.
    ///
    /// Heavy is what had more calls waiting than ``maxContendedCallsPerTurn`` within the last 100 ms, light is every
    /// other. Heavy connections among themselves share the loop without this limit.
    public var maxHeavyCallsPerWindow = 20

    /// How long a connection counts as busy after a call of it was read: 10 ms.
    ///
    /// Where credentials are asked for, a connection that has not shown a good one never does.
    public var busyTime = TimeAmount.milliseconds(10)

    /// Calls of the task lane in flight on the whole server: 10,000.
    ///
    /// Beyond it a call is refused at once (2004), not started. When three quarters are taken, one identity gets an eighth
    /// at the most, and so does a connection of nobody known.
    public var maxTaskLaneCalls = 10_000

    /// Answers waiting for one peer to read them, in bytes: 16 MiB.
    ///
    /// Half of it stops the reading of further calls; an answer that does not fit is replaced by RESOURCE_EXHAUSTED,
    /// and the connection closes when its calls are done.
    public var maxUnsentBytesPerConnection = 16 * 1024 * 1024

    /// Open connections: 10,000, or as many as the process may have open files for, less 256.
    ///
    /// At the limit the server stops accepting, and further clients wait in the system's queue until a connection
    /// closes.
    public var maxConnections = 10_000

    /// Connections that the system keeps waiting to be accepted: 1,024.
    public var backlog: Int32 = 1_024

    /// Time for a call whose client gave none: 30 s.
    public var defaultTimeout = TimeAmount.seconds(30)

    /// Time for calls of single methods whose clients gave none; ``defaultTimeout`` for the others.
    public var methodTimeouts: [MethodDescriptor: TimeAmount] = [:]

    /// Longest time that a client may give a call: 10 minutes.
    ///
    /// A longer one is cut to it.
    public var maxTimeout = TimeAmount.minutes(10)

    /// How long a draining server waits for running calls before it cancels them: 30 s.
    public var gracePeriod = TimeAmount.seconds(30)

    /// A connection without a call in flight and without a whole packet for this long is closed: 10 minutes.
    public var idleTimeout = TimeAmount.minutes(10)

    /// The same for a connection that has not shown a good credential, if that is shorter: 60 s.
    ///
    /// It counts only where credentials are asked for.
    public var untrustedIdleTimeout = TimeAmount.seconds(60)

    /// Time from the acceptance of a connection to its first whole request: 10 s.
    public var firstRequestTimeout = TimeAmount.seconds(10)

    /// Time for a packet from its first byte to its last: 15 s.
    ///
    /// A connection that takes longer is closed.
    public var requestTimeout = TimeAmount.seconds(15)

    /// A client that has taken nothing of what waits for it for this long is cut off: 30 s.
    public var unsentTimeout = TimeAmount.seconds(30)

    /// Age at which a connection takes no further calls: 1 hour; `nil` for none.
    ///
    /// New calls are answered UNAVAILABLE (2003), so that clients make a new connection, perhaps to another server. The
    /// connection closes when no call is left and nothing has come for a second.
    public var maxConnectionAge: TimeAmount? = .hours(1)

    /// The part of ``maxConnectionAge`` that chance adds or takes away: 0.1.
    public var connectionAgeJitter = 0.1

    /// How long calls may still run on a connection that has reached its age: 30 s.
    public var connectionAgeGrace = TimeAmount.seconds(30)

    /// When answers are compressed: when their requests were, in the same way.
    public var answerCompression = FramedAnswerCompression.asRequested

    /// Answers of more bytes than this are compressed: 1,024.
    public var compressAnswersAbove = 1_024

    /// How long a connection that the server ends may still take its last answers: 1 s.
    public var closeLinger = TimeAmount.seconds(1)

    /// The defaults.
    public init() {}
}
