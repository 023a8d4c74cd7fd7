import Foundation

/// A directory of one test, removed at its end.
struct ScratchDirectory: Sendable {
    let path: String

    init(depth: Int = 0) {
        let name = "/tmp/holdfast-test-\(UInt64.random(in: 0...UInt64.max))"
        self.path = name + String(repeating: "/a-rather-deep-directory", count: depth)
        self.root = name
    }

    private let root: String

    func remove() throws {
        try FileManager.default.removeItem(atPath: self.root)
    }

    /// Runs a body with a directory that does not exist yet.
    @discardableResult
    static func with<R>(depth: Int = 0, _ body: (String) async throws -> R) async throws -> R {
        let directory = ScratchDirectory(depth: depth)
        let result: R
        do {
            result = try await body(directory.path)
        } catch {
            if FileManager.default.fileExists(atPath: directory.root) { try directory.remove() }
            throw error
        }
        try directory.remove()
        return result
    }
}
