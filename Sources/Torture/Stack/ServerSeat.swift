import PrivateStores
import Synchronization

/// One `holdfast serve` of a private stack: always at the same port, whichever process serves there.
package final class ServerSeat: Sendable {
    private struct Occupant {
        var program: PrivateProgram
        /// Whether its end is asked for, or known already.
        var isToEnd = false
    }

    /// Its number, from 0.
    package let number: Int
    /// The port of its framed protocol.
    package let port: Int
    /// Where its log goes.
    package let logPath: String
    private let arguments: [String]
    private let environment: [String: String]
    private let occupant: Mutex<Occupant>
    /// Lines of a log that tell how its server ended.
    private static let lastLines = 12

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - number: its number.
    ///   - program: path of the program.
    ///   - redisURL: where it finds Redis.
    ///   - postgresURL: where it finds PostgreSQL.
    ///   - directory: where its log goes.
    ///   - environment: variables that it sees.
    /// - Throws: why it cannot be started.
    init(
        number: Int, program: String, redisURL: String, postgresURL: String, directory: String,
        environment: [String: String]
    ) throws {
        self.number = number
        port = try LoopbackPort.findFree()
        logPath = directory + "/server-\(number).log"
        arguments = [
            program, "serve", "--tcp-port", "\(port)", "--grpc-port", "0", "--admin-port", "off", "--redis-url",
            redisURL,
            "--postgres-url", postgresURL, "--allow-anonymous", "--log-level", "warning",
        ]
        self.environment = environment
        occupant = Mutex(Occupant(program: try PrivateProgram(arguments, environment: environment, log: logPath)))
    }

    /// Waits until it serves, which needs both stores.
    func waitUntilReady() async throws {
        let program = occupant.withLock { $0.program }
        _ = try await program.line(beginningWith: "ready tcp=", seconds: 120)
    }

    /// Kills it without warning.
    func kill9() { dismissed().kill9() }

    /// Starts it again, at the same port; nothing where it runs.
    func startIfEnded() throws {
        try occupant.withLock { occupant in
            guard occupant.program.processID == nil else { return }
            occupant = Occupant(program: try PrivateProgram(arguments, environment: environment, log: logPath))
        }
    }

    /// How it ended, where nobody had asked for that; told once for each process.
    func ownEnd() -> ServerEnd? {
        let ended = occupant.withLock { occupant -> PrivateProgram? in
            guard !occupant.isToEnd, occupant.program.ending != nil else { return nil }
            occupant.isToEnd = true
            return occupant.program
        }
        guard let ended, let ending = ended.ending else { return nil }
        return ServerEnd(
            server: number, ending: ending,
            lastLines: ended.logged.split(separator: "\n").suffix(Self.lastLines).map(String.init), seen: .now)
    }

    func pause() { occupant.withLock { $0.program }.pause() }

    func resume() { occupant.withLock { $0.program }.resume() }

    /// What every process here has written.
    var logged: String { occupant.withLock { $0.program }.logged }

    func stop() async {
        let program = dismissed()
        program.resume()
        await program.stop(seconds: 20)
    }

    /// The process, whose end is asked for from now on.
    private func dismissed() -> PrivateProgram {
        occupant.withLock { occupant in
            occupant.isToEnd = true
            return occupant.program
        }
    }
}
