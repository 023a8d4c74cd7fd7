import Glibc
import Synchronization

/// A Redis server of our own, in a directory of our own.
///
/// It keeps nothing on disk and evicts nothing, listens on a private unix socket and, if asked, on a port of 127.0.0.1.
/// It ends when ``stop()`` is called and, at the latest, with our process.
public final class PrivateRedis: Sendable {
    private struct State {
        var child: ChildProcess?
        var lock: DirectoryLock?
    }

    /// The directory with the configuration and the log.
    public let directory: String

    /// The path of the unix socket.
    public let unixSocketPath: String

    /// The port on 127.0.0.1; nil when it listens on the unix socket only.
    public let port: Int?

    /// The password of the default user, if one was given.
    public let password: String?

    private let program: String
    private let confinement: Confinement
    private let sockets: SocketDirectory
    private let state = Mutex(State())

    private init(
        directory: String, port: Int?, password: String?, settings: [String: String]
    ) throws(PrivateStoreError) {
        self.program = try ProgramFinder.redisServer()
        self.confinement = try Confinement(account: nil)
        try SystemFile.makeDirectories(directory)
        let directory = SystemFile.realPath(directory) ?? directory
        let lock = try DirectoryLock(directory)
        let socketName = "redis.sock"
        self.directory = directory
        self.port = port
        self.password = password
        self.sockets = try SocketDirectory(preferred: directory + "/run", socketName: socketName, owner: nil)
        self.unixSocketPath = self.sockets.path + "/" + socketName
        self.state.withLock { $0.lock = lock }
        try SystemFile.write(self.configurationPath, self.configuration(settings))
    }

    /// Starts a server and returns when it answers.
    ///
    /// - Parameters:
    ///   - directory: where its configuration, log and socket go; made if it is missing.
    ///   - listensOnPort: whether it also listens on a free port of 127.0.0.1.
    ///   - password: what the default user must give; nil lets everyone in who reaches the socket.
    ///   - settings: further lines of its configuration, which override ours.
    /// - Returns: the running server.
    /// - Throws: ``PrivateStoreError``, whose message says what to do.
    public static func start(
        directory: String, listensOnPort: Bool = false, password: String? = nil, settings: [String: String] = [:]
    ) async throws -> PrivateRedis {
        try await DetachedThread.run {
            let port = listensOnPort ? try LoopbackPort.findFree() : nil
            let redis = try PrivateRedis(directory: directory, port: port, password: password, settings: settings)
            do {
                try redis.launch()
            } catch {
                redis.end()
                throw error
            }
            return redis
        }
    }

    /// A URL for clients, by way of the unix socket.
    public var url: String {
        let path = URLEncoding.encode(self.unixSocketPath, keeping: "/")
        return self.password.map { "unix://:\(URLEncoding.encode($0))@\(path)" } ?? "unix:\(path)"
    }

    /// A URL for clients, by way of the port; nil when it does not listen on one.
    public var portURL: String? {
        let credentials = self.password.map { ":\(URLEncoding.encode($0))@" } ?? ""
        return self.port.map { "redis://\(credentials)127.0.0.1:\($0)" }
    }

    /// The log's path.
    public var logPath: String { self.directory + "/redis.log" }

    /// The server's process id; nil while it is down.
    public var processID: Int32? {
        self.state.withLock { $0.child.flatMap { $0.exit == nil ? $0.pid : nil } }
    }

    /// Kills the server as a power cut would, contents and all, and returns when it is gone.
    public func kill9() {
        guard let child = self.state.withLock({ $0.child }) else { return }
        child.signal(SIGKILL)
        // A killed process always ends; it can be held up only inside the kernel.
        _ = child.waitForExit(seconds: 60)
    }

    /// Halts the server where it is, connections and all, until ``resume()``.
    public func pause() {
        self.state.withLock { $0.child }?.signal(SIGSTOP)
    }

    /// Lets a paused server go on.
    public func resume() {
        self.state.withLock { $0.child }?.signal(SIGCONT)
    }

    /// Starts the server again, empty, at the same places, after stopping it if it runs.
    public func restart() async throws {
        try await DetachedThread.run {
            guard self.state.withLock({ $0.lock }) != nil else {
                throw PrivateStoreError(.notRunning, "the private Redis in \(self.directory) was stopped for good")
            }
            self.terminate()
            try self.launch()
        }
    }

    /// Stops the server for good and lets go of the directory.
    public func stop() async {
        await DetachedThread.run { self.end() }
    }

    private var configurationPath: String { self.directory + "/redis.conf" }

    private func configuration(_ settings: [String: String]) -> String {
        var lines = [
            "bind": "127.0.0.1", "port": String(self.port ?? 0), "unixsocket": Self.quote(self.unixSocketPath),
            "unixsocketperm": "700", "save": "\"\"", "appendonly": "no", "maxmemory-policy": "noeviction",
            "dir": Self.quote(self.directory), "daemonize": "no", "logfile": "\"\"", "always-show-logo": "no",
        ]
        if let password { lines["requirepass"] = Self.quote(password) }
        lines.merge(settings) { _, given in given }
        return lines.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }

    private func launch() throws(PrivateStoreError) {
        try self.waitForFormerInstance()
        let arguments = self.confinement.arguments(deathSignal: "KILL", [self.program, self.configurationPath])
        let child = try ChildProcess(arguments, log: self.logPath)
        self.state.withLock { $0.child = child }
        try SystemFile.write(self.pidPath, String(child.pid))
        let isReady = DetachedThread.poll(seconds: 30) {
            child.exit != nil || RedisProbe.isReady(self.unixSocketPath)
        }
        guard child.exit == nil else {
            throw PrivateStoreError(
                .programFailed,
                "redis-server ended at once; the end of \(self.logPath):\n\(SystemFile.tail(self.logPath))")
        }
        guard isReady else {
            self.terminate()
            throw PrivateStoreError(.timedOut, "redis-server did not become ready; its log is \(self.logPath)")
        }
    }

    private var pidPath: String { self.directory + "/redis.pid" }

    /// A server whose owner was killed gets killed with it, but not in the same instant.
    private func waitForFormerInstance() throws(PrivateStoreError) {
        guard let pid = SystemFile.read(self.pidPath).flatMap({ pid_t($0) }) else { return }
        let isGone = DetachedThread.poll(seconds: 10) { !ProcessTable.isAlive(pid, workingIn: self.directory) }
        guard isGone else {
            throw PrivateStoreError(
                .directoryUnusable, "a redis-server with the process id \(pid) still works in \(self.directory)")
        }
    }

    private func terminate() {
        guard let child = self.state.withLock({ $0.child }) else { return }
        child.signal(SIGCONT)
        child.signal(SIGTERM)
        if child.waitForExit(seconds: 5) == nil {
            child.signal(SIGKILL)
            _ = child.waitForExit(seconds: 60)
        }
        self.state.withLock { $0.child = nil }
        unlink(self.pidPath)
    }

    private func end() {
        self.terminate()
        self.sockets.discard()
        self.state.withLock { $0.lock = nil }
    }

    private static func quote(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
}
