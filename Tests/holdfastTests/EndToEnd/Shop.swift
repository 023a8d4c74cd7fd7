import Foundation

@testable import holdfast

/// A server of its own with private stores, for one test.
struct Shop: Sendable {
    /// Where it listens.
    let server: String
    /// The running `holdfast dev`.
    let program: Program
    /// Folder for files of the test.
    let folder: String

    /// Runs a body against a fresh shop with the sample catalogue.
    ///
    /// - Parameters:
    ///   - environment: further variables of the server's environment.
    ///   - body: what is tried.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws.
    static func with<R: Sendable>(
        environment: [String: String] = [:], _ body: @Sendable (Shop) async throws -> R
    ) async throws -> R {
        let folder = try temporaryFolder()
        defer { PrivateFile.removeTree(folder) }
        let program = try Program.start(
            ["dev", "--data", folder + "/stores", "--tcp-port", "0"], environment: environment)
        let result: Result<R, any Error>
        do {
            let server = try await program.serverAddress()
            result = .success(try await body(Shop(server: server, program: program, folder: folder)))
        } catch {
            result = .failure(error)
        }
        try await program.stop()
        return try result.get()
    }

    /// Makes an empty folder that other accounts can pass.
    static func temporaryFolder() throws -> String {
        let path = NSTemporaryDirectory() + "/holdfast-shell-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        return path
    }

    /// Runs a command against it.
    func run(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(arguments, server: server)
    }

    /// The folder of its stores.
    var stores: String { folder + "/stores" }

    /// Writes a file and returns its path.
    func file(_ name: String, _ content: String) throws -> String {
        let path = folder + "/" + name
        try Data(content.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }
}
