import Foundation

/// Small files of a test.
enum Files {
    static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    static func remove(_ path: String) {
        unlink(path)
    }
}
