import ArgumentParser
import FramedTransport
import HoldfastClient
import HoldfastServer
import Logging
import NIOCore
import PrivateStores

/// `holdfast dev`: a server with private stores of its own.
struct Dev: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Serve on this machine with a private Redis and a private PostgreSQL.",
        discussion: """
            Examples:

              holdfast dev
              holdfast dev --ephemeral --tcp-port 0
              holdfast dev --data /var/tmp/shop --empty

            It finds redis-server and postgres on this machine, runs private ones in a folder (.holdfast here, or \
            --data), brings the schema up to date, loads a small sample catalogue where there is none, and prints one \
            line, ready tcp=HOST:PORT grpc=HOST:PORT admin=HOST:PORT. It listens on 127.0.0.1 only. Data stays in the folder between runs; with \
            --ephemeral nothing is kept. Ctrl-C stops everything that it started.
            """)

    @OptionGroup var ports: PortOptions

    @Option(help: ArgumentHelp("Folder of the private stores (default: .holdfast).", valueName: "folder"))
    var data: String?

    @Flag(help: "Keep nothing: the stores live in a temporary folder.")
    var ephemeral = false

    @Flag(help: "Load no sample catalogue.")
    var empty = false

    @OptionGroup var log: LogOptions

    mutating func validate() throws {
        guard data == nil || !ephemeral else { throw ValidationError("choose --data or --ephemeral, not both") }
    }

    func run() async throws {
        let logger = try log.logger("holdfast.dev")
        var settings = ServerConfiguration(cores: System.coreCount)
        try settings.read(environment: Terminal.environment)
        settings.host = "127.0.0.1"
        settings.tcpPort = ports.tcpPort ?? settings.tcpPort
        settings.grpcPort = ports.grpcPort ?? settings.grpcPort
        if let adminPort = ports.adminPort { settings.adminPort = adminPort.port }
        settings.adminHost = "127.0.0.1"
        (settings.tlsCertificate, settings.tlsKey, settings.tlsClientAuthorities) = (nil, nil, nil)
        settings.keyPrefix = "hf:"
        settings.migratesSchema = true
        settings.logFormat = try log.format()
        settings.allowsAnonymous = true
        let folder = try ephemeral ? DevFolder.temporary() : DevFolder.prepared(data)
        let served: Result<Void, any Error>
        do {
            try await serve(settings, in: folder, logger: logger)
            served = .success(())
        } catch {
            served = .failure(error)
        }
        if ephemeral { folder.discard() }
        try served.get()
    }

    private func serve(_ given: ServerConfiguration, in folder: DevFolder, logger: Logger) async throws {
        logger.info("starting private stores", metadata: ["folder": "\(folder.path)"])
        let stores = try await DevStores.start(in: folder, logger: logger)
        var settings = given
        settings.redisURL = stores.addresses.redisURL
        settings.postgresURL = stores.addresses.postgresURL
        let outcome: Result<Void, any Error>
        do {
            let server = try HoldfastServer(configuration: settings, logger: logger)
            let loadsSample = !empty
            try await stores.keepAlive {
                try await server.run { addresses in
                    if loadsSample, let port = addresses.tcp.port {
                        try await SampleCatalogue.load(into: HoldfastEndpoint(host: "127.0.0.1", port: port))
                    }
                    Terminal.line("ready \(addresses)")
                }
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        logger.info("stopping private stores")
        await stores.stop()
        try outcome.get()
    }
}
