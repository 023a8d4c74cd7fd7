import Domain
public import NIOCore

/// How a server is set up: where it listens, where its stores are, and what is bounded how.
public struct ServerConfiguration: Sendable {
    /// Address to listen on; default `127.0.0.1`.
    public var host = "127.0.0.1"
    /// TCP port of the framed protocol; 0 takes any free one; default 7411.
    public var tcpPort = 7411
    /// TCP port of gRPC over HTTP/2; 0 takes any free one; default 7412.
    public var grpcPort = 7412
    /// Address that metrics and health listen on; default `127.0.0.1`.
    public var adminHost = "127.0.0.1"
    /// TCP port of metrics and health; 0 takes any free one, `nil` has none; default 7413.
    public var adminPort: Int? = 7413
    /// Whether gRPC over HTTP/2 tells tools the protos of what it offers; default true.
    public var offersReflection = true
    /// PEM file with the certificate of both ports and its chain; `nil` leaves them without encryption; default `nil`.
    public var tlsCertificate: String?
    /// PEM file with the key of the certificate; default `nil`.
    public var tlsKey: String?
    /// PEM file with authorities one of which must have signed a client's certificate; `nil` asks for none, the default.
    public var tlsClientAuthorities: String?
    /// JSON file with the rates of the carriers that bring parcels; `nil` has the company's own van only, the default.
    public var carriersFile: String?
    /// How log lines are written; default text.
    public var logFormat = LogFormat.text
    /// A call that takes longer is logged: 0 to 1 hour, 0 logs none; default 500 ms.
    public var slowCall: TimeAmount = .milliseconds(500)
    /// Whether calls without credentials are let in, with every right; default false.
    public var allowsAnonymous = false
    /// Whether addresses that other machines can reach are served without TLS; default false.
    public var allowsPlaintext = false
    /// The company's single sign-on.
    public var signOn = SignOnSettings()
    /// URL of Redis; default `redis://127.0.0.1:6379/0`.
    public var redisURL = "redis://127.0.0.1:6379/0"
    /// URL or keywords of PostgreSQL, as libpq reads them; default `postgres://127.0.0.1:5432/holdfast`.
    public var postgresURL = "postgres://127.0.0.1:5432/holdfast"
    /// Connections to PostgreSQL, each with a thread of its own: 2 to 512; default 12.
    public var postgresConnections = 12
    /// Threads that serve connections: 1 to 256; default one for each core.
    public var eventLoops: Int
    /// What the keys in Redis start with; tells deployments apart that share a Redis; default `hf:`.
    public var keyPrefix = "hf:"
    /// Oldest figure that a cached availability may use: 0 to 10 s; default 20 ms.
    public var cacheAge: TimeAmount = .milliseconds(20)
    /// Largest frame accepted, in bytes: 1 KiB to 64 MiB; default 4 MiB.
    public var maximumFrameBytes = 4 << 20
    /// Most calls of one connection that run at the same time: 1 to 100,000; default 1,000.
    public var maximumCallsPerConnection = 1_000
    /// Most connections at the same time: 1 to 1,000,000; default 10,000.
    public var maximumConnections = 10_000
    /// How long running calls may take to end when the server stops: 0 to 10 minutes; default 15 s.
    public var shutdownGrace: TimeAmount = .seconds(15)
    /// How long rows are kept that only make repetitions safe, in days: 1 to 3,650; default 7.
    public var retentionDays = 7
    /// How long events can be read, in days: 1 to 3,650; default 30.
    public var eventRetentionDays = 30
    /// Time in which every part of the stock in Redis is loaded anew: 1 minute to 24 hours; default 1 hour.
    public var scrubInterval: TimeAmount = .hours(1)
    /// How long something between the stores must look wrong before it is put right: 1 s to 10 minutes; default 5 s.
    public var repairGrace: TimeAmount = .seconds(5)
    /// Where the fraud check is that review rules of channels may ask: `https`, or `http` on this machine; `nil` has none.
    public var fraudCheckURL: String?
    /// The secret that questions to the fraud check are signed with, at least 16 bytes; required with its URL.
    public var fraudCheckSecret: String?
    /// The card gateway; without one, tenders that ask a gateway are refused.
    public var gateway = GatewaySettings()
    /// Whether the server brings the schema up to date itself, as `dev` does; by default it refuses an old one.
    public var migratesSchema = false

    /// Makes a configuration with the defaults, for a machine with this many cores.
    public init(cores: Int) {
        eventLoops = max(1, min(256, cores))
    }

    /// Checks the values against their bounds and each other.
    ///
    /// Throws ``ServerConfigurationError`` that names the first setting that is wrong.
    public func validate() throws(ServerConfigurationError) {
        try ServerConfiguration.require("tcp-port", tcpPort, in: 0...65_535)
        try ServerConfiguration.require("grpc-port", grpcPort, in: 0...65_535)
        if let adminPort { try ServerConfiguration.require("admin-port", adminPort, in: 0...65_535) }
        try ServerConfiguration.require("postgres-connections", postgresConnections, in: 2...512)
        try ServerConfiguration.require("event-loops", eventLoops, in: 1...256)
        try ServerConfiguration.require("max-frame-bytes", maximumFrameBytes, in: 1_024...(64 << 20))
        try ServerConfiguration.require("max-calls-per-connection", maximumCallsPerConnection, in: 1...100_000)
        try ServerConfiguration.require("max-connections", maximumConnections, in: 1...1_000_000)
        try ServerConfiguration.require("retention", retentionDays, in: 1...3_650)
        try ServerConfiguration.require("event-retention", eventRetentionDays, in: 1...3_650)
        try ServerConfiguration.require("scrub-interval", scrubInterval, in: .minutes(1)...(.hours(24)))
        try ServerConfiguration.require("repair-grace", repairGrace, in: .seconds(1)...(.minutes(10)))
        try validateStores()
        try validateTLS()
        _ = try signOn.validated()
        _ = try fraudCheck()
        _ = try gateway.validated()
        guard allowsPlaintext || tlsCertificate != nil || LoopbackName.includes(host) else {
            throw ServerConfigurationError(
                setting: "host",
                reason: """
                    \(host) can be reached from other machines, and without TLS everybody on the way reads the \
                    credentials: name a certificate with --tls-certificate, listen on a loopback address, or say \
                    --allow-plaintext where something else encrypts the way
                    """)
        }
    }

    private static func require(
        _ setting: String, _ value: Int, in bounds: ClosedRange<Int>
    ) throws(ServerConfigurationError) {
        guard bounds.contains(value) else {
            throw ServerConfigurationError(
                setting: setting, reason: "must be \(bounds.lowerBound) to \(bounds.upperBound), is \(value)")
        }
    }

    private static func require(
        _ setting: String, _ value: TimeAmount, in bounds: ClosedRange<TimeAmount>
    ) throws(ServerConfigurationError) {
        guard bounds.contains(value) else {
            let seconds = [bounds.lowerBound, bounds.upperBound, value].map { $0.nanoseconds / 1_000_000_000 }
            throw ServerConfigurationError(
                setting: setting, reason: "must be \(seconds[0]) s to \(seconds[1]) s, is \(seconds[2]) s")
        }
    }

}

/// A setting that cannot be used.
public struct ServerConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The setting, by the name of its option without dashes.
    public var setting: String
    /// What is wrong with it.
    public var reason: String

    /// Makes an error.
    public init(setting: String, reason: String) {
        self.setting = setting
        self.reason = reason
    }

    /// Setting and reason in one line.
    public var description: String { "\(setting) \(reason)" }
}
