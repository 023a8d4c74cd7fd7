import ArgumentParser
import HoldfastServer
import NIOCore

/// `holdfast serve`: a server over stores that run elsewhere.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve with a Redis and a PostgreSQL of your own.",
        discussion: """
            Example:

              holdfast migrate run --postgres-url postgres://oms@db.example/holdfast
              holdfast serve --redis-url redis://cache.example:6379/0 \\
                  --postgres-url postgres://oms@db.example/holdfast

            Callers need an API key (holdfast key create) or a token of your single sign-on.

            When both stores have been loaded and calls are answered it prints one line, ready tcp=HOST:PORT grpc=HOST:PORT admin=HOST:PORT. It can \
            be started before its stores: it says what it waits for, answers UNAVAILABLE until they are there, and \
            recovers by itself when one is lost and comes back. It refuses a schema that is not its own. SIGTERM and \
            SIGINT stop it: running calls end, new ones are refused.

            Several servers may share one Redis and one PostgreSQL. Every option can be set by an environment \
            variable instead: HOLDFAST_HOST, HOLDFAST_TCP_PORT, HOLDFAST_REDIS_URL and so on; the README lists them.
            """)

    @Option(help: "Address to listen on (default: 127.0.0.1).")
    var host: String?

    @OptionGroup var ports: PortOptions

    @Flag(
        help: """
            Let calls without credentials in, with every right. Without this a server starts only where an API key \
            can be used or a single sign-on is set.
            """)
    var allowAnonymous = false

    @Flag(help: "Serve an address that other machines can reach without TLS: something else must encrypt the way.")
    var allowPlaintext = false

    @OptionGroup(title: "Single sign-on") var signOn: SignOnOptions

    @Option(help: "Address that metrics and health listen on (default: 127.0.0.1).")
    var adminHost: String?

    @Option(help: "Whether gRPC over HTTP/2 tells tools the protos of what it offers: on or off (default: on).")
    var reflection: Switch?

    @OptionGroup var tls: TLSOptions

    @OptionGroup var stores: StoreOptions

    @Option(help: "Connections to PostgreSQL: 2 to 512 (default: 12).")
    var postgresConnections: Int?

    @Option(help: "Threads that serve connections: 1 to 256 (default: one for each core).")
    var eventLoops: Int?

    @Option(help: ArgumentHelp("Oldest figure that a cached availability may use (default: 20ms).", valueName: "time"))
    var cacheAge: TimeSpan?

    @Option(help: "Largest frame accepted, in bytes (default: 4194304).")
    var maxFrameBytes: Int?

    @Option(help: "Most calls of one connection at the same time (default: 1000).")
    var maxCallsPerConnection: Int?

    @Option(help: "Most connections at the same time (default: 10000).")
    var maxConnections: Int?

    @Option(help: ArgumentHelp("How long running calls may take to end on a stop (default: 15s).", valueName: "time"))
    var shutdownGrace: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Log calls that take longer than this; off logs none (default: 500ms).", valueName: "time"))
    var slowCall: TimeBound?

    @Option(
        help: ArgumentHelp(
            "How long rows are kept that make repetitions safe, in whole days (default: 7d).", valueName: "time"))
    var retention: TimeSpan?

    @Option(help: ArgumentHelp("How long events can be read, in whole days (default: 30d).", valueName: "time"))
    var eventRetention: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Time in which every part of the stock in Redis is loaded anew, 1m to 24h (default: 1h).",
            valueName: "time"))
    var scrubInterval: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "How long something between the stores must look wrong before it is put right (default: 5s).",
            valueName: "time"))
    var repairGrace: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Where the fraud check is that channels' rules may ask: https, or http on this machine; its secret is set by HOLDFAST_FRAUD_CHECK_SECRET.",
            valueName: "url"))
    var fraudCheckUrl: String?
    @OptionGroup(title: "Card gateway") var gateway: GatewayOptions

    @Option(
        help: ArgumentHelp(
            "JSON file with the rates of the carriers that bring parcels (default: the company's own van only).",
            valueName: "path"))
    var carriers: String?

    @OptionGroup var log: LogOptions

    func run() async throws {
        let server = try HoldfastServer(configuration: settings(), logger: log.logger("holdfast.server"))
        try await server.run { addresses in Terminal.line("ready \(addresses)") }
    }

    /// The settings: options before environment variables before the defaults.
    func settings() throws -> ServerConfiguration {
        var settings = ServerConfiguration(cores: System.coreCount)
        try settings.read(environment: Terminal.environment)
        stores.apply(to: &settings)
        settings.host = host ?? settings.host
        settings.tcpPort = ports.tcpPort ?? settings.tcpPort
        settings.grpcPort = ports.grpcPort ?? settings.grpcPort
        if let adminPort = ports.adminPort { settings.adminPort = adminPort.port }
        settings.adminHost = adminHost ?? settings.adminHost
        if let reflection { settings.offersReflection = reflection == .on }
        tls.apply(to: &settings)
        if allowAnonymous { settings.allowsAnonymous = true }
        if allowPlaintext { settings.allowsPlaintext = true }
        signOn.apply(to: &settings)
        settings.postgresConnections = postgresConnections ?? settings.postgresConnections
        settings.eventLoops = eventLoops ?? settings.eventLoops
        if let cacheAge { settings.cacheAge = .milliseconds(cacheAge.milliseconds) }
        settings.maximumFrameBytes = maxFrameBytes ?? settings.maximumFrameBytes
        settings.maximumCallsPerConnection = maxCallsPerConnection ?? settings.maximumCallsPerConnection
        settings.maximumConnections = maxConnections ?? settings.maximumConnections
        if let shutdownGrace { settings.shutdownGrace = .milliseconds(shutdownGrace.milliseconds) }
        if let slowCall { settings.slowCall = .milliseconds(slowCall.milliseconds) }
        if let retention { settings.retentionDays = try Self.days(retention, of: "--retention") }
        if let eventRetention { settings.eventRetentionDays = try Self.days(eventRetention, of: "--event-retention") }
        if let scrubInterval { settings.scrubInterval = .milliseconds(scrubInterval.milliseconds) }
        if let repairGrace { settings.repairGrace = .milliseconds(repairGrace.milliseconds) }
        settings.fraudCheckURL = fraudCheckUrl ?? settings.fraudCheckURL
        gateway.apply(to: &settings)
        settings.carriersFile = carriers ?? settings.carriersFile
        settings.logFormat = try log.format()
        try settings.validate()
        return settings
    }

    private static func days(_ time: TimeSpan, of option: String) throws -> Int {
        guard time.milliseconds % 86_400_000 == 0 else {
            throw ValidationError("\(option) must be whole days, such as 7d")
        }
        return Int(time.milliseconds / 86_400_000)
    }
}
