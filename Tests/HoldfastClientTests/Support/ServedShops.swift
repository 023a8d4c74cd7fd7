import HoldfastClient
import HoldfastTesting
import Ledger
import Logging
import PostgresClient
import PrivateStores
import Synchronization

/// Two built programs that serve the same private stores; each can be killed, and started again in its place.
final class ServedShops: Sendable {
    private let started: Mutex<[PrivateProgram]>
    private let arguments: [String]
    private let directory: String
    let endpoints: [HoldfastEndpoint]
    /// The gRPC ports, in the same order.
    let grpcEndpoints: [HoldfastEndpoint]
    /// The database behind both.
    let database: PostgresConfiguration

    /// What runs now, in the order of the endpoints.
    var programs: [PrivateProgram] { started.withLock { $0 } }

    private init(stores: PrivateStack, name: String) async throws {
        directory = TestDirectory.make(name)
        try await stores.postgres.createDatabase(name)
        var quiet = Logger(label: "test")
        quiet.logLevel = .error
        let url = stores.postgres.connectionString(database: name)
        database = PostgresConfiguration(connectionString: url, connectionCount: 2)
        try await Ledger.migrate(database, logger: quiet)
        arguments = [
            Self.programPath, "serve", "--admin-port", "off", "--redis-url", stores.redis.url, "--postgres-url", url,
            "--key-prefix", name + ":", "--allow-anonymous", "--log-level", "warning",
        ]
        var programs: [PrivateProgram] = []
        var endpoints: [HoldfastEndpoint] = []
        var grpcEndpoints: [HoldfastEndpoint] = []
        for number in 1...2 {
            let program = try Self.start(arguments, directory, number, tcp: 0, grpc: 0)
            programs.append(program)
            let words = try await program.line(beginningWith: "ready tcp=").split(separator: " ")
            func place(_ name: String) throws -> HoldfastEndpoint {
                guard let word = words.first(where: { $0.hasPrefix(name) }),
                    let endpoint = HoldfastEndpoint(word.dropFirst(name.count))
                else { throw TestFailure("the server said \(words)") }
                return endpoint
            }
            endpoints.append(try place("tcp="))
            grpcEndpoints.append(try place("grpc="))
        }
        started = Mutex(programs)
        self.endpoints = endpoints
        self.grpcEndpoints = grpcEndpoints
    }

    private static func start(
        _ arguments: [String], _ directory: String, _ number: Int, tcp: Int, grpc: Int
    ) throws -> PrivateProgram {
        try PrivateProgram(
            arguments + ["--tcp-port", "\(tcp)", "--grpc-port", "\(grpc)"], log: "\(directory)/server-\(number).log")
    }

    /// Runs a body against the two servers and takes everything down afterwards.
    static func with<R: Sendable>(
        stores: PrivateStack? = nil, _ body: (ServedShops) async throws -> R
    ) async throws -> R {
        let stores = if let stores { stores } else { try await TestStores.shared() }
        let shops = try await ServedShops(stores: stores, name: "client\(UInt64.random(in: .min ... .max))")
        let result: Result<R, any Error>
        do { result = .success(try await body(shops)) } catch { result = .failure(error) }
        for program in shops.programs { await program.stop() }
        return try result.get()
    }

    /// Starts a server in the place of one that has ended, and waits until it is ready.
    func startAgain(_ index: Int) async throws {
        let program = try Self.start(
            arguments, directory, index + 1, tcp: endpoints[index].port, grpc: grpcEndpoints[index].port)
        started.withLock { $0[index] = program }
        _ = try await program.line(beginningWith: "ready tcp=")
    }

    /// The program that was built beside the tests.
    static let programPath: String = {
        let bundle = CommandLine.arguments[0]
        let directory = bundle.lastIndex(of: "/").map { String(bundle[..<$0]) } ?? "."
        return directory + "/holdfast"
    }()
}
