import Foundation
import HoldfastTesting
import Ledger
import Logging
import PostgresClient
import PrivateStores

/// The built program serving private stores of its own, each of which can be killed and started again.
final class ServedStack: Sendable {
    /// What can be killed.
    enum Part: CaseIterable, Sendable { case server, redis, postgres }

    let stores: PrivateStack
    /// Port of the framed protocol.
    let port: Int
    /// Port of gRPC over HTTP/2.
    let grpcPort: Int
    private let directory: String
    private let arguments: [String]
    private let program: Box<PrivateProgram>

    private init(
        stores: PrivateStack, ports: (framed: Int, grpc: Int), directory: String, arguments: [String],
        program: PrivateProgram
    ) {
        self.stores = stores
        port = ports.framed
        grpcPort = ports.grpc
        self.directory = directory
        self.arguments = arguments
        self.program = Box(program)
    }

    /// Asks the server to stop and waits until it has.
    func stopServer() async { await program.value.stop() }

    /// What the server has logged.
    var log: String {
        get throws { try String(contentsOfFile: directory + "/server.log", encoding: .utf8) }
    }

    /// Runs a body against a served stack and takes it down afterwards.
    ///
    /// `arguments` are further options of `serve`.
    static func with<R: Sendable>(
        _ arguments: [String] = [], _ body: @Sendable (ServedStack) async throws -> R
    ) async throws -> R {
        let directory = TestDirectory.make("served")
        let stores = try await PrivateStack.start(directory: directory)
        try await stores.postgres.createDatabase("shop")
        var quiet = Logger(label: "test")
        quiet.logLevel = .error
        try await Ledger.migrate(
            PostgresConfiguration(connectionString: stores.postgres.connectionString(database: "shop")), logger: quiet)
        let (program, ports) = try await serve(stores, directory: directory, port: 0, arguments)
        let stack = ServedStack(
            stores: stores, ports: ports, directory: directory, arguments: arguments, program: program)
        let result: Result<R, any Error>
        do { result = .success(try await body(stack)) } catch { result = .failure(error) }
        await stack.program.value.stop()
        await stores.stop()
        return try result.get()
    }

    /// Runs a body beside another server on the same stores, with further options; the body gets its port.
    func besideServer<R: Sendable>(_ options: [String], _ body: (Int) async throws -> R) async throws -> R {
        try await beside(options, isOpen: true) { try await body($0.framed) }
    }

    /// Runs a body beside another server on the same stores that asks every caller for a key; the body gets the ports.
    ///
    /// A key must have been made before.
    func besideClosedServer<R: Sendable>(
        _ body: ((framed: Int, grpc: Int)) async throws -> R
    ) async throws -> R {
        try await beside([], isOpen: false, body)
    }

    private func beside<R: Sendable>(
        _ options: [String], isOpen: Bool, _ body: ((framed: Int, grpc: Int)) async throws -> R
    ) async throws -> R {
        let other = try await ServedStack.serve(stores, directory: directory, port: 0, options, isOpen: isOpen)
        let result: Result<R, any Error>
        do { result = .success(try await body(other.ports)) } catch { result = .failure(error) }
        await other.program.stop()
        return try result.get()
    }

    /// Makes an API key beside the servers, as an operator does; returns a file with the key.
    func makeKey(_ options: [String]) throws -> String {
        let file = TestDirectory.make("key") + "/key"
        let command = [
            BuiltProgram.path, "key", "create", "--postgres-url", stores.postgres.connectionString(database: "shop"),
        ]
        // The key alone goes to standard output, so what is in the file is what a script would have.
        let made = try RunProgram.run(
            ["sh", "-c", #"umask 077; file="$1"; shift; "$@" >"$file""#, "sh", file] + command + options)
        guard made.status == 0 else { throw TestFailure("no key was made: \(made.text)") }
        return file
    }

    private static func serve(
        _ stores: PrivateStack, directory: String, port: Int, _ arguments: [String], isOpen: Bool = true
    ) async throws -> (program: PrivateProgram, ports: (framed: Int, grpc: Int)) {
        let program = try PrivateProgram(
            [
                BuiltProgram.path, "serve", "--tcp-port", "\(port)", "--grpc-port", "0", "--admin-port", "off",
                "--redis-url", stores.redis.url, "--postgres-url",
                stores.postgres.connectionString(database: "shop"), "--log-level", "warning",
            ] + (isOpen ? ["--allow-anonymous"] : []) + arguments, log: directory + "/server.log")
        let line = try await program.line(beginningWith: "ready tcp=")
        func number(_ name: String) throws -> Int {
            let word = line.split(separator: " ").first { $0.hasPrefix(name + "=") }
            guard let port = word?.split(separator: ":").last.flatMap({ Int($0) }) else {
                throw TestFailure("the server said \(line)")
            }
            return port
        }
        return (program, (try number("tcp"), try number("grpc")))
    }

    /// Kills the server while it has a call in its hands, and starts it again.
    ///
    /// It is stopped in its tracks, the call is made, and when its bytes have come the server dies.
    func killInCall(_ call: () throws -> Void) async throws {
        program.value.pause()
        guard let process = program.value.processID,
            try await eventually(within: 60, { try ProcessState.isStopped(process) })
        else {
            throw TestFailure("the server does not stand still")
        }
        try call()
        guard try await eventually(within: 240, { LoopbackQueue.hasUnreadBytes(port: port) }) else {
            throw TestFailure("no call came to port \(port)")
        }
        try await killAndRestart(.server)
    }

    /// Kills a part without warning, lets the rest go on without it for a moment, and starts it again.
    func killAndRestart(_ part: Part) async throws {
        switch part {
        case .server:
            program.value.kill9()
            try await Task.sleep(for: .milliseconds(200))
            program.value = try await ServedStack.serve(stores, directory: directory, port: port, arguments).program
        case .redis:
            stores.redis.kill9()
            try await Task.sleep(for: .milliseconds(200))
            try await stores.redis.restart()
        case .postgres:
            stores.postgres.kill9()
            try await Task.sleep(for: .milliseconds(200))
            try await stores.postgres.restart()
        }
    }
}
