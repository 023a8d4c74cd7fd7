import Foundation
import HoldfastTesting
import Testing

/// The example of the C client, `pos-terminal`, as `make clients` builds it; it runs under valgrind.
final class Till {
    private static let folder = Repository.root + "/.build-clients/till"

    private let process = Process()
    private let input = Pipe()
    private let logPath: String

    /// Builds the program where that has not been done.
    static func build() throws {
        let made = try RunProgram.run(
            ["make", "-s", "-C", Repository.root + "/Sources/CHoldfast", "OUT=" + folder])
        try #require(made.status == 0, "\(made.text)")
    }

    /// Starts it with these arguments.
    init(_ arguments: [String]) throws {
        logPath = TestDirectory.make("till") + "/till.log"
        try #require(FileManager.default.createFile(atPath: logPath, contents: nil))
        let log = try #require(FileHandle(forWritingAtPath: logPath))
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = Valgrind.command + [Till.folder + "/bin/pos-terminal"] + arguments
        process.standardInput = input
        process.standardOutput = log
        process.standardError = log
        try process.run()
    }

    /// What it has printed.
    var text: String {
        FileManager.default.contents(atPath: logPath).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Waits until it prints a line that begins like this.
    func awaitLine(_ beginning: String) async throws {
        let found = try await eventually(within: 60) { [logPath] in
            let text = FileManager.default.contents(atPath: logPath).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return text.split(separator: "\n").contains { $0.hasPrefix(beginning) }
        }
        try #require(found, "no line \(beginning)…: \(text)")
    }

    /// Lets it go on where it waits.
    func pressEnter() {
        input.fileHandleForWriting.write(Data("\n".utf8))
    }

    /// Waits for its end; its exit status: 9 where valgrind found something.
    func end() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Runs it to its end.
    static func run(_ arguments: [String]) throws -> (status: Int32, text: String) {
        let till = try Till(arguments)
        let status = till.end()
        return (status, till.text)
    }
}
