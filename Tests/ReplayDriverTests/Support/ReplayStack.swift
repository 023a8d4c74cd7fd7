import FramedTransport
import GRPCCore
import HoldfastServer
import HoldfastTesting
import Logging
import NIOPosix
import PrivateStores
import ReplayDriver

/// A whole service for a replay: real stores, a real server on a free port, and a client of it.
final class ReplayStack: Sendable {
    let stores: PrivateStack
    let client: GRPCClient<FramedClientTransport>
    private let configuration: ServerConfiguration
    private let server: Box<Task<Void, any Error>?>

    private init(
        stores: PrivateStack, client: GRPCClient<FramedClientTransport>, configuration: ServerConfiguration,
        server: Box<Task<Void, any Error>?>
    ) {
        self.stores = stores
        self.client = client
        self.configuration = configuration
        self.server = server
    }

    /// Runs a body against a fresh database and a server of its own, on the shared stores unless others are given.
    static func with<R: Sendable>(
        stores: PrivateStack? = nil, _ body: @Sendable (ReplayStack) async throws -> R
    ) async throws -> R {
        let stores = if let stores { stores } else { try await TestStores.shared() }
        let name = "replay\(UInt64.random(in: .min ... .max))"
        try await stores.postgres.createDatabase(name)
        var configuration = ServerConfiguration(cores: 2)
        configuration.tcpPort = 0
        configuration.grpcPort = 0
        configuration.allowsAnonymous = true
        configuration.adminPort = nil
        configuration.redisURL = stores.redis.url
        configuration.postgresURL = stores.postgres.connectionString(database: name)
        configuration.postgresConnections = 4
        configuration.keyPrefix = name + ":"
        configuration.migratesSchema = true
        let (task, address) = try await start(configuration)
        if case .tcp(_, let port) = address.kind { configuration.tcpPort = port }
        let server = Box<Task<Void, any Error>?>(task)
        let settled = configuration
        let result: Result<R, any Error>
        do {
            let transport = FramedClientTransport(
                address: address, eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
            result = .success(
                try await withGRPCClient(transport: transport) { client in
                    try await body(
                        ReplayStack(stores: stores, client: client, configuration: settled, server: server))
                })
        } catch {
            result = .failure(error)
        }
        server.value?.cancel()
        _ = await server.value?.result
        return try result.get()
    }

    /// Ends the server in the middle of whatever it does, and starts another one at the same address.
    func restartServer() async throws {
        server.value?.cancel()
        _ = await server.value?.result
        server.value = try await Self.start(configuration).task
    }

    private static func start(
        _ configuration: ServerConfiguration
    ) async throws -> (task: Task<Void, any Error>, address: FramedAddress) {
        var quiet = Logger(label: "test")
        quiet.logLevel = .error
        let server = try HoldfastServer(configuration: configuration, logger: quiet)
        let (ready, announce) = AsyncThrowingStream<FramedAddress, any Error>.makeStream()
        let task = Task {
            do {
                try await server.run { announce.yield($0.tcp) }
                announce.finish()
            } catch {
                announce.finish(throwing: error)
                throw error
            }
        }
        for try await address in ready { return (task, address) }
        throw NotReady()
    }

    private struct NotReady: Error {}
}
