import FramedTransport
import GRPCCore
import GRPCNIOTransportHTTP2
import NIOCore

/// The limits of gRPC over HTTP/2.
struct HTTP2Limits: Hashable, Sendable {
    /// Largest message accepted, in bytes, also after decompression: 4 MiB.
    var maximumMessageBytes = 4 << 20
    /// Most calls of one connection at the same time: 1,000.
    ///
    /// Clients are told, and wait with further ones.
    var maximumStreams = 1_000
    /// Most unary calls on the whole port at the same time: 10,000.
    ///
    /// One more is refused at once, not started. So it is with the bounds of an address and of streams.
    var maximumCalls = 10_000
    /// Most unary calls of one address at the same time: 2,500.
    ///
    /// Of IPv6 the network of 64 bits counts as one address.
    var maximumCallsPerAddress = 2_500
    /// Most calls of one caller that showed a credential, over all its connections and addresses, at the same time: 2,000.
    ///
    /// It is less than an address may have. Open methods, such as those of health, are not counted.
    var maximumCallsPerCaller = 2_000
    /// Most of them that are calls of streaming methods: 32.
    var maximumStreamCallsPerCaller = 32
    /// Most calls of streaming methods on the whole port at the same time: 256.
    var maximumStreamCalls = 256
    /// Most of them of one address: 64.
    var maximumStreamCallsPerAddress = 64
    /// Most of them of one connection: 16.
    var maximumStreamCallsPerConnection = 16
    /// How long a piece of an answer may wait for its client to take it: 30 s.
    ///
    /// After that the stream is reset, or the connection closed where nothing at all is read from it.
    var answerTime = TimeAmount.seconds(30)
    /// Most connections at the same time: 10,000.
    ///
    /// Others wait until they are accepted.
    var maximumConnections = 10_000
    /// Connections that the system keeps waiting to be accepted: 1,024.
    var backlog: Int32 = 1_024
    /// Time from the acceptance of a connection to the first bytes of HTTP/2, its TLS handshake included: 10 s.
    var openingTime = TimeAmount.seconds(10)
    /// A connection without a call for this long is closed: 10 minutes.
    var idleTime = Duration.seconds(600)
    /// Age at which a connection takes no new calls, so that clients spread over servers again: 1 hour.
    var age = Duration.seconds(3_600)
    /// How long the calls of such a connection may take to end: 1 minute.
    var ageGrace = Duration.seconds(60)
    /// Silence after which a client is asked for a sign of life: 2 minutes.
    var keepaliveTime = Duration.seconds(120)
    /// Time that it has for one: 20 s.
    var keepaliveTimeout = Duration.seconds(20)
    /// Shortest time between two pings of a client: 10 s.
    ///
    /// One that pings more often, several times over, is turned away.
    var minimumPingInterval = Duration.seconds(10)
    /// How long a draining server waits for running calls before it cancels them: 15 s.
    var shutdownGrace = TimeAmount.seconds(15)

    /// The same in grpc-swift's terms.
    func transport(observer: (any FramedServerObserver)?) -> HTTP2ServerTransport.Custom<HTTP2Listener>.Config {
        var config = HTTP2ServerTransport.Custom<HTTP2Listener>.Config.defaults
        // Messages travel as they are unless a client prefers otherwise.
        config.compression.enabledAlgorithms = [.gzip, .deflate]
        config.rpc.maxRequestPayloadSize = maximumMessageBytes
        config.http2.maxConcurrentStreams = maximumStreams
        config.connection.maxIdleTime = idleTime
        config.connection.maxAge = age
        config.connection.maxGraceTime = ageGrace
        config.connection.keepalive.time = keepaliveTime
        config.connection.keepalive.timeout = keepaliveTimeout
        config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = minimumPingInterval
        config.connection.keepalive.clientBehavior.allowWithoutCalls = true
        let answerTime = answerTime
        config.channelDebuggingCallbacks.onAcceptHTTP2Stream = { stream in
            stream.eventLoop.makeCompletedFuture {
                try StreamRefusals.add(to: stream)
                // Next to the connection, where it sees all that leaves.
                try stream.pipeline.syncOperations.addHandler(
                    AnswerTimer(answerTime, observer: observer), position: .first)
            }
        }
        return config
    }
}
