import FramedTransport
import GRPCCore
import HoldfastTesting
import NIOCore
import NIOPosix
import PrivateStores
import SwiftProtobuf

/// A `holdfast serve` that ends, waits or loses an answer at a point that a test has chosen.
final class DoomedServer: Sendable {
    private let arguments: [String]
    private let environment: [String: String]
    private let log: String
    private let state: Box<Running>

    private struct Running: Sendable {
        var program: PrivateProgram
        var port: Int
        var connection: FramedClientConnection?
    }

    private init(arguments: [String], environment: [String: String], log: String, running: Running) {
        self.arguments = arguments
        self.environment = environment
        self.log = log
        state = Box(running)
    }

    /// Starts one over the stores of a deployment.
    ///
    /// - Parameters:
    ///   - deployment: whose database and keys it uses.
    ///   - failpoint: as `HOLDFAST_FAILPOINT` takes it; empty for none.
    ///   - redis: another way to Redis.
    ///   - postgres: another way to PostgreSQL.
    ///   - options: further options of `serve`.
    ///   - environment: further variables of its environment.
    /// - Returns: a server that answers.
    /// - Throws: why it did not come to that.
    static func start(
        _ deployment: TestDeployment, failpoint: String, redis: String? = nil, postgres: String? = nil,
        options: [String] = [], environment: [String: String] = [:]
    ) async throws -> DoomedServer {
        let database = deployment.stack.postgres.connectionString(database: deployment.keyPrefix)
        let arguments =
            [
                BuiltProgram.path, "serve", "--tcp-port", "0", "--grpc-port", "0", "--admin-port", "off",
                "--redis-url", redis ?? deployment.stack.redis.url, "--postgres-url", postgres ?? database,
                "--key-prefix", deployment.keyPrefix, "--postgres-connections", "4", "--allow-anonymous",
                "--log-level", "warning", "--repair-grace", "1s",
            ] + options
        let log = TestDirectory.make("doomed") + "/server.log"
        return DoomedServer(
            arguments: arguments, environment: environment, log: log,
            running: try await launch(arguments, environment, log: log, failpoint: failpoint))
    }

    private static func launch(
        _ arguments: [String], _ environment: [String: String], log: String, failpoint: String
    ) async throws -> Running {
        var environment = environment
        if !failpoint.isEmpty { environment["HOLDFAST_FAILPOINT"] = failpoint }
        let program = try PrivateProgram(arguments, environment: environment, log: log)
        let line = try await program.line(beginningWith: "ready tcp=")
        guard
            let port = line.split(separator: " ").first(where: { $0.hasPrefix("tcp=") })?.split(separator: ":").last
                .flatMap({ Int($0) })
        else { throw TestFailure("the server said \(line)") }
        return Running(program: program, port: port)
    }

    /// Waits until it has ended at its point; false where it lives on.
    func hasDied() async throws -> Bool {
        try await eventually { self.state.value.program.processID == nil }
    }

    /// Whether it runs.
    var isRunning: Bool { state.value.program.processID != nil }

    /// Kills it without warning.
    func kill9() { state.value.program.kill9() }

    /// Starts it again once the former process has ended, with no point armed or with another one.
    func restart(failpoint: String = "") async throws {
        await drop()
        if isRunning { await state.value.program.stop() }
        state.value = try await DoomedServer.launch(arguments, environment, log: log, failpoint: failpoint)
    }

    /// Asks it to end, and waits.
    func stop() async {
        await drop()
        await state.value.program.stop()
    }

    private func drop() async {
        let connection = state.value.connection
        state.value.connection = nil
        do {
            try await connection?.close()
        } catch {
            // It is not used again, whatever became of it.
        }
    }

    /// Makes a call.
    ///
    /// Throws `RPCError`, also for a connection that breaks or cannot be made.
    func call<Reply: Message>(
        _ method: String, _ request: some Message, _ reply: Reply.Type, timeout: TimeAmount = .seconds(10)
    ) async throws -> Reply {
        let parts = method.split(separator: "/")
        do {
            let connection = try await connected()
            let answer = try await connection.call(
                service: "holdfast.v1.\(parts[0])", method: String(parts[1]),
                message: ByteBuffer(bytes: try request.serializedBytes() as [UInt8]), timeout: timeout
            ).get()
            return try Reply(serializedBytes: Array(answer.message.readableBytesView))
        } catch let error as RPCError {
            if error.code == .unavailable || error.code == .deadlineExceeded { await drop() }
            throw error
        } catch {
            await drop()
            throw RPCError(code: .unavailable, message: "no connection: \(error)")
        }
    }

    private func connected() async throws -> FramedClientConnection {
        if let connection = state.value.connection { return connection }
        let connection = try await FramedClientConnection.connect(
            to: .tcp(host: "127.0.0.1", port: state.value.port), on: MultiThreadedEventLoopGroup.singleton)
        state.value.connection = connection
        return connection
    }

    /// Makes a call again and again, as a till does, while it is told to retry.
    func patiently<Reply: Message>(
        _ method: String, _ request: some Message, _ reply: Reply.Type, seconds: Double = 30
    ) async throws -> Reply {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        while true {
            do {
                return try await call(method, request, reply, timeout: .seconds(3))
            } catch let error as RPCError
                where (error.code == .unavailable || error.code == .deadlineExceeded) && clock.now < end
            {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
