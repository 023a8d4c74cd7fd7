import Foundation
import Synchronization

/// The program under test, run as its users run it, with its output in files.
final class Program: Sendable {
    /// What a finished run left.
    struct Outcome: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// The built program, beside the test bundle.
    static let path: String = {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0])
        return bundle.deletingLastPathComponent().appendingPathComponent("holdfast").path
    }()

    /// Its process id.
    let processID: pid_t
    private let outputPath: String
    private let errorsPath: String
    private let exit = Mutex<Int32?>(nil)

    private init(processID: pid_t, outputPath: String, errorsPath: String) {
        self.processID = processID
        self.outputPath = outputPath
        self.errorsPath = errorsPath
    }

    deinit {
        if isRunning { kill(processID, SIGKILL) }
        unlink(outputPath)
        unlink(errorsPath)
    }

    /// Runs a command to its end.
    ///
    /// `program` is another one than the one under test.
    static func run(
        _ arguments: [String], server: String? = nil, program path: String = Program.path
    ) async throws -> Outcome {
        let program = try start(arguments, server: server, program: path)
        while program.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        return Outcome(status: program.status ?? -1, output: program.text, errors: program.errorText)
    }

    /// Starts a command that goes on running.
    ///
    /// `program` is another one than the one under test; `settings` are further variables of its environment.
    static func start(
        _ arguments: [String], server: String? = nil, program path: String = Program.path,
        environment settings: [String: String] = [:]
    ) throws -> Program {
        let base = NSTemporaryDirectory() + "/holdfast-program-" + UUID().uuidString
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HOLDFAST_") }
        environment["HOLDFAST_SERVER"] = server
        // Servers of several tests run side by side: none takes the default port unless it is told to.
        environment["HOLDFAST_GRPC_PORT"] = "0"
        environment["HOLDFAST_ADMIN_PORT"] = "0"
        environment.merge(settings) { $1 }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, base + ".out", flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, base + ".err", flags, 0o600)
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var processID: pid_t = 0
        let failure = posix_spawn(&processID, path, &actions, nil, words, variables)
        guard failure == 0 else {
            throw ProgramFailure(description: "cannot run \(path): \(String(cString: strerror(failure)))")
        }
        return Program(processID: processID, outputPath: base + ".out", errorsPath: base + ".err")
    }

    /// What it printed so far.
    var text: String { Self.read(outputPath) }
    /// What it said on standard error so far.
    var errorText: String { Self.read(errorsPath) }
    /// True until it has ended.
    var isRunning: Bool { status == nil }

    /// Its exit status once it has ended; 128 and the signal's number where a signal ended it.
    var status: Int32? {
        exit.withLock { exit in
            if exit == nil {
                var status: Int32 = 0
                if waitpid(processID, &status, WNOHANG) == processID {
                    let signal = status & 0x7f
                    exit = signal == 0 ? (status >> 8) & 0xff : 128 + signal
                }
            }
            return exit
        }
    }

    private static func read(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Waits until a line with this beginning was printed and returns the rest of it.
    func line(beginningWith start: String) async throws -> String {
        let found = Mutex<String?>(nil)
        try await poll("a line beginning with \(start)") {
            // The last piece may be a line that is still being written.
            let line = self.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                .first { $0.hasPrefix(start) }
            found.withLock { $0 = line.map { String($0.dropFirst(start.count)) } }
            return line != nil
        }
        return found.withLock { $0 } ?? ""
    }

    /// Waits until a server is ready and returns the address of its framed port.
    func serverAddress() async throws -> String {
        String(try await line(beginningWith: "ready tcp=").prefix { $0 != " " })
    }

    /// Waits until a condition holds; fails where the program ends or two minutes pass before.
    func poll(_ what: String, _ condition: () async throws -> Bool) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(120)
        while try await !condition() {
            guard clock.now < end, isRunning else {
                throw ProgramFailure(description: "waited for \(what); the program said:\n\(text)\n\(errorText)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Asks it to stop and waits until it has.
    func stop() async throws {
        if isRunning { kill(processID, SIGTERM) }
        let clock = ContinuousClock()
        let end = clock.now + .seconds(60)
        while isRunning {
            guard clock.now < end else {
                kill(processID, SIGKILL)
                throw ProgramFailure(description: "did not stop; it said:\n\(errorText)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// Why a test could not go on.
struct ProgramFailure: Error, CustomStringConvertible {
    let description: String
}
