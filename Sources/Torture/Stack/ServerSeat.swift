import PrivateStores
import Synchronization

/// One `holdfast serve` of a private stack: always at the same port, whichever process serves there.
package final class ServerSeat: Sendable {
    /// Its number, from 0.
    package let number: Int
    /// The port of its framed protocol.
    package let port: Int
    /// Where its log goes.
    package let logPath: String
    private let arguments: [String]
    private let environment: [String: String]
    private let process: Mutex<PrivateProgram>

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
        process = Mutex(try PrivateProgram(arguments, environment: environment, log: logPath))
    }

    /// Waits until it serves, which needs both stores.
    func waitUntilReady() async throws {
        let program = process.withLock { $0 }
        _ = try await program.line(beginningWith: "ready tcp=", seconds: 120)
    }

    /// Kills it without warning.
    func kill9() { process.withLock { $0 }.kill9() }

    /// Starts it again after it was killed, at the same port.
    func start() throws {
        try process.withLock { $0 = try PrivateProgram(arguments, environment: environment, log: logPath) }
    }

    /// Starts it again where it has ended by itself; true where that was so.
    func startIfEnded() throws -> Bool {
        guard process.withLock({ $0.processID == nil }) else { return false }
        try start()
        return true
    }

    func pause() { process.withLock { $0 }.pause() }

    func resume() { process.withLock { $0 }.resume() }

    /// What every process here has written.
    var logged: String { process.withLock { $0 }.logged }

    func stop() async {
        let program = process.withLock { $0 }
        program.resume()
        await program.stop(seconds: 20)
    }
}
