import Dispatch
import Glibc
import Synchronization

/// A program that runs as our child, and its end.
///
/// A thread of its own starts the child and waits for it. That thread lives as long as the child does, which matters: a
/// parent-death signal (see ``Confinement``) is sent when the *thread* that started the child ends.
final class ChildProcess: Sendable {
    /// How a child ended.
    enum Exit: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    private enum Phase {
        case starting
        case failed(Int32)
        case running(pid_t)
        case ended(pid_t, Exit)
    }

    /// What the child's thread and its users share.
    private final class Record: Sendable {
        let phase = Mutex(Phase.starting)
        let started = DispatchSemaphore(value: 0)
        let end = DispatchGroup()
    }

    private let record: Record

    /// The process id; once the child has ended it may be another process's.
    let pid: pid_t

    /// Starts a program with a small environment of its own, and what is added to it; both its outputs are appended to
    /// the log.
    init(
        _ arguments: [String], environment added: [String: String] = [:], log: String
    ) throws(PrivateStoreError) {
        let record = Record()
        record.end.enter()
        DetachedThread.start { Self.startAndWait(arguments, added, log: log, record) }
        record.started.wait()
        switch record.phase.withLock({ $0 }) {
        case .running(let pid), .ended(let pid, _): self.pid = pid
        case .failed(let error):
            throw PrivateStoreError(
                .programFailed, "\(arguments.first ?? "") cannot be started: \(String(cString: strerror(error)))")
        case .starting: preconditionFailure("a child that neither started nor failed")
        }
        self.record = record
    }

    /// How the child ended; nil while it runs.
    var exit: Exit? {
        self.record.phase.withLock { phase in
            guard case .ended(_, let exit) = phase else { return nil }
            return exit
        }
    }

    /// Sends a signal, unless the child has ended.
    func signal(_ signal: Int32) {
        self.record.phase.withLock { phase in
            // The child is reaped under this lock too, so the id is still its own.
            if case .running(let pid) = phase { kill(pid, signal) }
        }
    }

    /// Blocks until the child has ended, or the time is over, which gives nil.
    func waitForExit(seconds: Int) -> Exit? {
        guard self.record.end.wait(timeout: .now() + .seconds(seconds)) == .success else { return nil }
        return self.exit
    }

    private static func startAndWait(
        _ arguments: [String], _ added: [String: String], log: String, _ record: Record
    ) {
        let (pid, error) = self.spawn(arguments, added, log: log)
        record.phase.withLock { $0 = error == 0 ? .running(pid) : .failed(error) }
        record.started.signal()
        guard error == 0 else {
            record.end.leave()
            return
        }
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        record.phase.withLock { phase in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            phase = .ended(pid, signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal))
        }
        record.end.leave()
    }

    /// Returns the process id, or an error number.
    private static func spawn(_ arguments: [String], _ added: [String: String], log: String) -> (pid_t, Int32) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // Nothing else that is open here: a server that keeps a stranger's pipe open keeps its reader waiting for ever.
        // Closing what is not open does no harm, so a margin takes in what is opened meanwhile.
        let highest = SystemFile.names(in: "/proc/self/fd").compactMap { Int32($0) }.max() ?? STDERR_FILENO
        for descriptor in STDERR_FILENO + 1...highest + 64 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A process group of its own: a terminal's interrupt is for us, who then stop the child in good order.
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var pid: pid_t = 0
        let error = self.withCStrings(arguments) { program, arguments in
            self.withCStrings(self.environment(added)) { _, environment in
                posix_spawn(&pid, program, &actions, &attributes, arguments, environment)
            }
        }
        return (pid, error)
    }

    /// Nothing of ours that could change what the child does, such as PostgreSQL's own variables.
    private static func environment(_ added: [String: String]) -> [String] {
        ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"]
            + added.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    private static func withCStrings<R>(
        _ strings: [String],
        _ body: (UnsafePointer<CChar>, UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
    ) -> R {
        let pointers = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, let first = pointers.first.flatMap({ $0 }) else {
                preconditionFailure("a program without a name")
            }
            return body(first, base)
        }
    }
}
