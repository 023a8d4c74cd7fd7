import ArgumentParser
import FramedTransport
import GRPCCore
import GRPCProtobuf
import NIOPosix

/// Options of every command that talks to a server.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the server listens (default: HOLDFAST_SERVER, else 127.0.0.1:7411).", valueName: "host:port"))
    var server: ServerAddress?

    @Option(help: ArgumentHelp("How long to wait for an answer: 500ms, 30s, 2m.", valueName: "time"))
    var timeout = TimeSpan(milliseconds: 30_000)

    @Option(help: "How to print the answer: a table, or the reply as protobuf JSON.")
    var format = OutputFormat.table

    /// The address to use.
    var address: ServerAddress {
        get throws {
            if let server { return server }
            guard let text = Terminal.environment("HOLDFAST_SERVER") else { return .standard }
            guard let address = ServerAddress(argument: text) else {
                throw CommandFailure(.invalid, "HOLDFAST_SERVER is \"\(text)\", which is not HOST:PORT")
            }
            return address
        }
    }

    mutating func validate() throws {
        guard timeout.milliseconds > 0 else { throw ValidationError("--timeout must be longer than nothing") }
    }

    /// Connects, runs `body` with a client and the options of its calls, and disconnects.
    func withClient<R: Sendable>(
        _ body: (GRPCClient<FramedClientTransport>, CallOptions) async throws -> R
    ) async throws -> R {
        let address = try address
        var options = CallOptions.defaults
        options.timeout = .milliseconds(timeout.milliseconds)
        do {
            return try await ServerConnection.with(address) { client in try await body(client, options) }
        } catch let error as RPCError where error.code == .unavailable {
            var failure = CommandFailure(answer: error)
            // A server that answers gives details; without them there was none.
            if try error.unpackGoogleRPCStatus() == nil {
                failure.lines.append("  looked for at \(address); --server or HOLDFAST_SERVER name another place")
            }
            throw failure
        }
    }
}
