import Glibc
import Synchronization

/// A PostgreSQL server of our own, with its data in a directory of our own, which stays between runs.
///
/// It writes durably, listens on a private unix socket and, if asked, on a port of 127.0.0.1 with a password. Started by
/// root it runs as the account `postgres`, or `nobody`. It ends when ``stop()`` is called and, at the latest, with our
/// process; what it had committed is there again after the next start.
public final class PrivatePostgres: Sendable {
    private struct State {
        var child: ChildProcess?
        var lock: DirectoryLock?
    }

    /// The superuser that owns everything.
    public static let user = "holdfast"

    /// The directory with data and log.
    public let directory: String

    /// The directory of the unix socket.
    public var socketDirectory: String { self.sockets.path }

    /// The port in the socket's name and, when ``listensOnPort``, on 127.0.0.1.
    public let port: Int

    /// Whether it listens on 127.0.0.1 too.
    public let listensOnPort: Bool

    let cluster: PostgresCluster
    private let sockets: SocketDirectory
    private let settings: [String: String]
    private let environment: [String: String]
    private let state = Mutex(State())

    private init(
        directory: String, listensOnPort: Bool, settings: [String: String], environment: [String: String]
    ) throws(PrivateStoreError) {
        let account = try ServiceAccount.current()
        try SystemFile.makeDirectories(directory)
        let directory = SystemFile.realPath(directory) ?? directory
        let lock = try DirectoryLock(directory)
        let port = listensOnPort ? try LoopbackPort.findFree() : 5_432
        self.directory = directory
        self.listensOnPort = listensOnPort
        self.port = port
        self.settings = settings
        self.environment = environment
        self.cluster = try PostgresCluster(directory: directory, account: account)
        self.sockets = try SocketDirectory(
            preferred: directory + "/run", socketName: ".s.PGSQL.\(port).lock", owner: account)
        self.state.withLock { $0.lock = lock }
        try self.cluster.prepare()
    }

    /// Starts a server, after making its database cluster if the directory has none, and returns when it answers.
    ///
    /// - Parameters:
    ///   - directory: where data, log and socket go; made if it is missing.
    ///   - listensOnPort: whether it also listens on a free port of 127.0.0.1.
    ///   - settings: further settings of the server, which override ours.
    ///   - environment: variables that its processes see besides a small environment of their own.
    /// - Returns: the running server.
    /// - Throws: ``PrivateStoreError``, whose message says what to do.
    public static func start(
        directory: String, listensOnPort: Bool = false, settings: [String: String] = [:],
        environment: [String: String] = [:]
    ) async throws -> PrivatePostgres {
        try await DetachedThread.run {
            let postgres = try PrivatePostgres(
                directory: directory, listensOnPort: listensOnPort, settings: settings, environment: environment)
            do {
                try postgres.launch()
            } catch {
                postgres.end()
                throw error
            }
            return postgres
        }
    }

    /// A connection string for clients, by way of the unix socket.
    public func connectionString(database: String = "postgres") -> String {
        let host = URLEncoding.encode(self.socketDirectory)
        return "postgresql://\(Self.user)@/\(URLEncoding.encode(database))?host=\(host)&port=\(self.port)"
    }

    /// A connection string for clients, by way of the port; nil when it does not listen on one.
    public func portConnectionString(database: String = "postgres") throws -> String? {
        guard self.listensOnPort else { return nil }
        let password = try self.cluster.password()
        return "postgresql://\(Self.user):\(password)@127.0.0.1:\(self.port)/\(URLEncoding.encode(database))"
    }

    /// The log's path.
    public var logPath: String { self.cluster.logPath }

    /// The postmaster's process id; nil while it is down.
    public var processID: Int32? {
        self.state.withLock { $0.child.flatMap { $0.exit == nil ? $0.pid : nil } }
    }

    /// Makes a database; `template` is copied if it is given, which needs that nobody is connected to it.
    public func createDatabase(_ name: String, template: String? = nil) async throws {
        var arguments = ["createdb"]
        if let template { arguments += ["--template", template] }
        try await self.administer(arguments + [name])
    }

    /// Removes a database, if it is there, and ends the sessions in it.
    public func dropDatabase(_ name: String) async throws {
        try await self.administer(["dropdb", "--force", "--if-exists", name])
    }

    /// Kills the server and all its processes as a power cut would, and returns when they are gone.
    public func kill9() {
        guard let child = self.state.withLock({ $0.child }), child.exit == nil else { return }
        // A halted postmaster starts no more children while they are counted.
        child.signal(SIGSTOP)
        let children = ProcessTable.children(of: child.pid)
        child.signal(SIGKILL)
        for process in children where ProcessTable.isAlive(process) { kill(process.pid, SIGKILL) }
        _ = child.waitForExit(seconds: 60)
        // Until all are gone a new server would refuse to start: they still share memory.
        _ = DetachedThread.poll(seconds: 60) { !children.contains { ProcessTable.isAlive($0) } }
    }

    /// Halts every process of the server where it is, until ``resume()``.
    public func pause() {
        guard let child = self.state.withLock({ $0.child }), child.exit == nil else { return }
        child.signal(SIGSTOP)
        for process in ProcessTable.children(of: child.pid) { kill(process.pid, SIGSTOP) }
    }

    /// Lets a paused server go on.
    public func resume() {
        guard let child = self.state.withLock({ $0.child }), child.exit == nil else { return }
        for process in ProcessTable.children(of: child.pid) { kill(process.pid, SIGCONT) }
        child.signal(SIGCONT)
    }

    /// Starts the server again at the same places, after stopping it if it runs.
    public func restart() async throws {
        try await DetachedThread.run {
            guard self.state.withLock({ $0.lock }) != nil else {
                throw PrivateStoreError(.notRunning, "the private PostgreSQL in \(self.directory) was stopped for good")
            }
            self.terminate()
            try self.launch()
        }
    }

    /// Stops the server for good, ending its sessions, and lets go of the directory.
    public func stop() async {
        await DetachedThread.run { self.end() }
    }

    private func launch() throws(PrivateStoreError) {
        try self.cluster.removeRemains(socketDirectory: self.socketDirectory, port: self.port)
        let child = try self.cluster.launch(
            port: self.port, listensOnPort: self.listensOnPort, socketDirectory: self.socketDirectory,
            environment: self.environment, self.settings)
        self.state.withLock { $0.child = child }
        let isReady = DetachedThread.poll(seconds: 60) {
            child.exit != nil || self.cluster.isReady(postmaster: child.pid)
        }
        guard child.exit == nil else {
            throw PrivateStoreError(
                .programFailed, "postgres ended at once; the end of \(self.logPath):\n\(SystemFile.tail(self.logPath))")
        }
        guard isReady else {
            self.terminate()
            throw PrivateStoreError(.timedOut, "postgres did not become ready; its log is \(self.logPath)")
        }
    }

    private func terminate() {
        guard let child = self.state.withLock({ $0.child }) else { return }
        self.resume()
        // Ends sessions and writes a checkpoint; then, if that takes too long, without one.
        for (signal, seconds) in [(SIGINT, 30), (SIGQUIT, 10)] where child.exit == nil {
            child.signal(signal)
            _ = child.waitForExit(seconds: seconds)
        }
        self.kill9()
        self.state.withLock { $0.child = nil }
    }

    private func end() {
        self.terminate()
        self.sockets.discard()
        self.state.withLock { $0.lock = nil }
    }

    private func administer(_ arguments: [String]) async throws {
        guard let name = arguments.first else { return }
        let program = [
            self.cluster.programs + "/" + name, "--host", self.socketDirectory, "--port", String(self.port),
            "--username", Self.user, "--no-password",
        ]
        try await DetachedThread.run {
            let log = self.directory + "/\(name)-\(RandomToken.make()).log"
            defer { unlink(log) }
            let exit = try Confinement(account: nil).run(program + arguments.dropFirst(), log: log)
            guard exit == .exited(0) else {
                throw PrivateStoreError(.programFailed, "\(name) failed: \(SystemFile.tail(log))")
            }
        }
    }
}
