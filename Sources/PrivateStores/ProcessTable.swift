import Glibc

/// What the system tells about processes.
enum ProcessTable {
    /// A process, told apart from a later one with the same id by its start.
    struct Identity: Hashable {
        let pid: pid_t
        let startTime: String
    }

    private struct Status {
        var parent: pid_t
        var isZombie: Bool
        var startTime: String
    }

    /// Every process with this parent.
    static func children(of parent: pid_t) -> [Identity] {
        SystemFile.names(in: "/proc").compactMap { pid_t($0) }.compactMap { pid in
            guard let status = self.status(pid), status.parent == parent else { return nil }
            return Identity(pid: pid, startTime: status.startTime)
        }
    }

    /// The process that has the id now; nil when there is none, or only its remains.
    static func identity(_ pid: pid_t) -> Identity? {
        guard let status = self.status(pid), !status.isZombie else { return nil }
        return Identity(pid: pid, startTime: status.startTime)
    }

    /// Whether the process still runs; remains that nobody has reaped do not count.
    static func isAlive(_ identity: Identity) -> Bool { self.identity(identity.pid) == identity }

    /// Whether a process lives and works in the directory, as both stores do in that of their data.
    static func isAlive(_ pid: pid_t, workingIn directory: String) -> Bool {
        guard self.identity(pid) != nil, let target = SystemFile.linkTarget("/proc/\(pid)/cwd") else { return false }
        return target == directory || target == SystemFile.realPath(directory)
    }

    private static func status(_ pid: pid_t) -> Status? {
        // The name in parentheses may hold anything, so the fields are counted from its end.
        guard let text = SystemFile.read("/proc/\(pid)/stat"), let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, let parent = pid_t(fields[1]) else { return nil }
        let isZombie = fields[0] == "Z" || fields[0] == "X"
        return Status(parent: parent, isZombie: isZombie, startTime: String(fields[19]))
    }
}
