import Glibc

/// Folders for tests, below the system's folder for temporary files.
package enum TestDirectory {
    /// Makes a new empty folder.
    package static func make(_ name: String) -> String {
        var template = Array("/tmp/holdfast-\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { preconditionFailure("no folder for temporary files") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(path, 0o755)
        return path
    }
}
