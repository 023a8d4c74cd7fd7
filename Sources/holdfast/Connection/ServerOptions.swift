import ArgumentParser
import GRPCCore
import GRPCProtobuf
import HoldfastClient

/// Options of every command that talks to a server.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the servers listen, with commas between them (default: HOLDFAST_SERVER, else 127.0.0.1:7411).",
            valueName: "host:port"))
    var server: ServerList?

    @Option(help: ArgumentHelp("How long to wait for an answer: 500ms, 30s, 2m.", valueName: "time"))
    var timeout = TimeSpan(milliseconds: 30_000)

    @Option(help: "How to print the answer: a table, or the reply as protobuf JSON.")
    var format = OutputFormat.table

    @OptionGroup var connection: ConnectionOptions

    /// Attempts of a command's call: a person waits.
    private static let attempts = 3

    /// The servers to use.
    var endpoints: [HoldfastEndpoint] {
        get throws {
            if let server { return server.endpoints }
            guard let text = Terminal.environment("HOLDFAST_SERVER") else { return [.standard] }
            guard let list = ServerList(argument: text) else {
                throw CommandFailure(.invalid, "HOLDFAST_SERVER is \"\(text)\", which is not HOST:PORT[,HOST:PORT]")
            }
            return list.endpoints
        }
    }

    mutating func validate() throws {
        guard timeout.milliseconds > 0 else { throw ValidationError("--timeout must be longer than nothing") }
    }

    /// How a client of this command connects.
    func configuration() throws -> HoldfastClientConfiguration {
        var configuration = HoldfastClientConfiguration(endpoints: try endpoints)
        configuration.repetition.maxAttempts = Self.attempts
        try connection.apply(to: &configuration)
        return configuration
    }

    /// Connects, runs `body` with a client and the options of its calls, and disconnects.
    func withClient<R: Sendable>(
        _ body: (GRPCClient<HoldfastTransport>, CallOptions) async throws -> R
    ) async throws -> R {
        let configuration = try configuration()
        var options = CallOptions.defaults
        options.timeout = .milliseconds(timeout.milliseconds)
        do {
            return try await withHoldfastClient(configuration) { client in try await body(client.grpc, options) }
        } catch let error as RPCError where error.code == .unavailable {
            var failure = CommandFailure(answer: error)
            if !HoldfastError(error).isAnswer {
                let places = configuration.endpoints.map(\.description).joined(separator: ", ")
                failure.lines.append("  looked for at \(places); --server or HOLDFAST_SERVER name another place")
            }
            throw failure
        }
    }
}
