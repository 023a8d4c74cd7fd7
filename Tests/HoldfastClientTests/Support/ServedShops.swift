import HoldfastClient
import HoldfastTesting
import Ledger
import Logging
import PostgresClient
import PrivateStores

/// Two built programs that serve the same private stores; each can be killed.
final class ServedShops: Sendable {
    let programs: [PrivateProgram]
    let endpoints: [HoldfastEndpoint]

    private init(programs: [PrivateProgram], endpoints: [HoldfastEndpoint]) {
        self.programs = programs
        self.endpoints = endpoints
    }

    /// Runs a body against the two servers and takes everything down afterwards.
    static func with<R: Sendable>(_ body: (ServedShops) async throws -> R) async throws -> R {
        let stores = try await TestStores.shared()
        let name = "client\(UInt64.random(in: .min ... .max))"
        let directory = TestDirectory.make(name)
        try await stores.postgres.createDatabase(name)
        var quiet = Logger(label: "test")
        quiet.logLevel = .error
        let url = stores.postgres.connectionString(database: name)
        try await Ledger.migrate(PostgresConfiguration(connectionString: url), logger: quiet)
        var programs: [PrivateProgram] = []
        var endpoints: [HoldfastEndpoint] = []
        for number in 1...2 {
            let program = try PrivateProgram(
                [
                    programPath, "serve", "--tcp-port", "0", "--grpc-port", "0", "--admin-port", "off", "--redis-url",
                    stores.redis.url,
                    "--postgres-url", url, "--key-prefix", name + ":", "--allow-anonymous", "--log-level", "warning",
                ], log: directory + "/server-\(number).log")
            programs.append(program)
            let line = try await program.line(beginningWith: "ready tcp=")
            let place = line.dropFirst("ready tcp=".count).prefix { $0 != " " }
            guard let endpoint = HoldfastEndpoint(place) else { throw TestFailure("the server said \(line)") }
            endpoints.append(endpoint)
        }
        let shops = ServedShops(programs: programs, endpoints: endpoints)
        let result: Result<R, any Error>
        do { result = .success(try await body(shops)) } catch { result = .failure(error) }
        for program in programs { await program.stop() }
        return try result.get()
    }

    /// The program that was built beside the tests.
    private static let programPath: String = {
        let bundle = CommandLine.arguments[0]
        let directory = bundle.lastIndex(of: "/").map { String(bundle[..<$0]) } ?? "."
        return directory + "/holdfast"
    }()
}
