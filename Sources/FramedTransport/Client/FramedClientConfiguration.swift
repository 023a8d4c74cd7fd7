public import NIOCore

/// How a framed client connects, and its limits.
///
/// Every value has a default.
public struct FramedClientConfiguration: Hashable, Sendable {
    /// Largest body of an answer, in bytes: 4 MiB.
    ///
    /// A larger one fails its call and ends the connection.
    public var maxFrameBytes = 4 * 1024 * 1024

    /// Calls waiting for their answers on one connection: 65,536, and never more than 1,048,576.
    ///
    /// One more fails at once.
    public var maxPendingCallsPerConnection = 65_536

    /// Requests waiting for the server to read them, in bytes: 64 MiB on one connection.
    ///
    /// A call that does not fit fails at once.
    public var maxUnsentBytesPerConnection = 64 * 1024 * 1024

    /// Time for a call that is given none: 30 s.
    ///
    /// `nil` waits for ever.
    public var defaultTimeout: TimeAmount? = .seconds(30)

    /// Time for one attempt to connect, agreeing on encryption included: 5 s.
    public var connectTimeout = TimeAmount.seconds(5)

    /// A credential, sent with the first call of every connection.
    ///
    /// None when empty.
    public var authenticationData: [UInt8] = []

    /// How connections are encrypted; not at all when `nil`.
    public var tls: FramedClientTLS?

    /// How requests are compressed; not at all when `nil`.
    ///
    /// A server may compress its answers when their requests were; they are inflated whatever this says.
    public var compression: FramedCompression?

    /// Requests of more bytes than this are compressed: 1,024.
    public var compressRequestsAbove = 1_024

    /// Whether requests carry a checksum, which the server returns with its answers: no.
    ///
    /// A checksum that an answer carries is verified whatever this says.
    public var sendsChecksums = false

    /// Connections that the client transport keeps to its server: 1.
    ///
    /// Calls take turns on them.
    public var connections = 1

    /// Wait after the first failed attempt to connect: 100 ms.
    ///
    /// Each further one takes 1.6 times as long, up to ``maxBackoff``; a fifth is taken from or added to it by chance.
    public var initialBackoff = TimeAmount.milliseconds(100)

    /// Longest wait between two attempts to connect: 10 s.
    public var maxBackoff = TimeAmount.seconds(10)

    /// The defaults.
    public init() {}
}
