import Foundation

/// Runs a program to its end.
package enum RunProgram {
    /// How a program ended.
    package struct Outcome: Sendable {
        /// Its exit status; a signal's number where one ended it.
        package var status: Int32
        /// What it wrote to both its outputs.
        package var text: String
        /// Its lines.
        package var lines: [Substring] { text.split(separator: "\n") }
    }

    /// Runs a program found by its path or in PATH, with this environment added to the test's own.
    ///
    /// Throws where it cannot be started.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], directory: String? = nil
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, text: String(decoding: bytes, as: UTF8.self))
    }
}
