import HoldfastClient
import Ledger
import Logging
import PostgresClient
import PrivateStores

/// A server with private stores, for commands that bring their own: started, used, and stopped.
struct EmbeddedServer: Sendable {
    /// Where it listens.
    let address: HoldfastEndpoint
    /// Its stores.
    let stores: DevStores
    private let folder: DevFolder
    private let program: ServerProgram

    /// Runs a body against a server of its own, in a folder that is kept, or in one that is thrown away.
    ///
    /// The server is a process of its own, so that its share of the machine can be told from the caller's.
    static func with<R: Sendable>(
        data: String?, logger: Logger, _ body: (EmbeddedServer) async throws -> R
    ) async throws -> R {
        let folder = try data == nil ? DevFolder.temporary() : DevFolder.prepared(data)
        let result: Result<R, any Error>
        do {
            let server = try await start(in: folder, logger: logger)
            let outcome: Result<R, any Error>
            do {
                outcome = .success(try await body(server))
            } catch {
                outcome = .failure(error)
            }
            await server.program.current.stop()
            await server.stores.stop()
            result = outcome
        } catch {
            result = .failure(error)
        }
        if data == nil { folder.discard() }
        return try result.get()
    }

    private static func start(in folder: DevFolder, logger: Logger) async throws -> EmbeddedServer {
        let stores = try await DevStores.start(in: folder, logger: logger)
        do {
            try await Ledger.migrate(
                PostgresConfiguration(connectionString: stores.addresses.postgresURL, connectionCount: 1),
                logger: logger)
            let program = try program(stores.addresses, port: 0, folder: folder)
            let line = try await program.line(beginningWith: "ready tcp=")
            let place = line.dropFirst("ready tcp=".count).prefix { $0 != " " }
            guard let address = HoldfastEndpoint(argument: String(place)) else {
                throw CommandFailure(.unexpected, "the embedded server said \"\(line)\"")
            }
            return EmbeddedServer(
                address: address, stores: stores, folder: folder, program: ServerProgram(program))
        } catch {
            await stores.stop()
            throw error
        }
    }

    private static func program(_ stores: DevFolder.Stores, port: Int, folder: DevFolder) throws -> PrivateProgram {
        try PrivateProgram(
            [
                OwnProgram.path(), "serve", "--tcp-port", "\(port)", "--grpc-port", "0", "--admin-port", "off",
                "--redis-url", stores.redisURL, "--postgres-url", stores.postgresURL, "--allow-anonymous",
                "--log-level", "warning",
            ], log: folder.path + "/server.log")
    }

    /// Kills the server without warning.
    func kill() async { await program.current.kill9() }

    /// Starts the server again where it was.
    func restart() async throws {
        let started = try Self.program(stores.addresses, port: address.port, folder: folder)
        await program.replace(by: started)
    }
}

/// The process that serves now.
private actor ServerProgram {
    private(set) var current: PrivateProgram

    init(_ program: PrivateProgram) {
        current = program
    }

    func replace(by program: PrivateProgram) {
        current = program
    }
}
