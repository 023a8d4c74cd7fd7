import Foundation

/// What the kernel says of a process.
enum ProcessState {
    /// Whether every thread of a process stands still after SIGSTOP.
    ///
    /// The signal takes its time on a busy machine: threads run on until one of them has been given its turn to take it.
    static func isStopped(_ process: Int32) throws -> Bool {
        let threads = "/proc/\(process)/task"
        return try FileManager.default.contentsOfDirectory(atPath: threads).allSatisfy { thread in
            let line = try String(contentsOfFile: "\(threads)/\(thread)/stat", encoding: .utf8)
            // number (name) state …, and a name may have brackets
            return line[(line.lastIndex(of: ")") ?? line.startIndex)...].dropFirst(2).first == "T"
        }
    }
}
