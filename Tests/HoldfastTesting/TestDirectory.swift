import Foundation

/// Folders for tests, all of one process in one folder below the system's folder for temporary files (`TMPDIR`).
///
/// Nothing can remove a process's folder while its servers still write there, and they end after it. So a process
/// removes what processes before it have left, and `dev/test.sh` gives every target a `TMPDIR` that it removes itself:
/// the disk holds the stores of one run of one target, however often tests run.
package enum TestDirectory {
    /// Makes a new empty folder.
    package static func make(_ name: String) -> String {
        made("\(own)/\(name)-XXXXXX")
    }

    private static let family = "holdfast-tests-"

    /// This process's folder; its name says the process.
    private static let own: String = {
        let temporary = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        removeRemains(in: temporary)
        return made("\(temporary)/\(family)\(getpid())-XXXXXX")
    }()

    private static func made(_ path: String) -> String {
        var template = Array(path.utf8CString)
        guard mkdtemp(&template) != nil else { preconditionFailure("no folder for temporary files at \(path)") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The stores' account passes through.
        chmod(path, 0o755)
        return path
    }

    private static func removeRemains(in folder: String) {
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix(family) {
                let process = name.dropFirst(family.count).prefix { $0 != "-" }
                guard let process = pid_t(process), kill(process, 0) != 0, errno == ESRCH else { continue }
                try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
        } catch {
            // Two who remove the same are no trouble, and a full disk shows itself to the test.
            print("what earlier tests left in \(folder) stays: \(error)")
        }
    }
}
