import Glibc

/// The files of a private PostgreSQL: making the cluster, starting a server on it, clearing up after a crash.
struct PostgresCluster: Sendable {
    /// Where the programs are.
    let programs: String

    private let directory: String
    let confinement: Confinement

    init(directory: String, account: ServiceAccount?) throws(PrivateStoreError) {
        self.directory = directory
        self.programs = try ProgramFinder.postgresDirectory()
        self.confinement = try Confinement(account: account)
    }

    var logPath: String { self.directory + "/postgres.log" }

    private var dataPath: String { self.directory + "/data" }
    private var passwordPath: String { self.directory + "/password" }
    private var postmasterPath: String { self.dataPath + "/postmaster.pid" }

    /// The superuser's password, for connections by port.
    func password() throws(PrivateStoreError) -> String {
        guard let password = SystemFile.read(self.passwordPath) else {
            throw PrivateStoreError(.directoryUnusable, "\(self.passwordPath) cannot be read")
        }
        return password
    }

    /// Makes the cluster if there is none.
    func prepare() throws(PrivateStoreError) {
        if SystemFile.exists(self.dataPath + "/PG_VERSION") {
            try self.checkVersion()
            try self.takeOver()
            return
        }
        // What was not finished has another name, so that it is never taken for a cluster.
        let unfinished = self.directory + "/data.new"
        let log = self.directory + "/initdb.log"
        if SystemFile.exists(unfinished) { try self.remove(unfinished) }
        try SystemFile.makePrivateDirectory(unfinished, owner: self.confinement.account)
        try self.checkReachable(unfinished)
        let password = RandomToken.make()
        let passwordCopy = self.directory + "/password.new"
        try SystemFile.write(passwordCopy, password, owner: self.confinement.account)
        defer { unlink(passwordCopy) }
        let exit = try self.confinement.run(
            [
                self.programs + "/initdb", "--pgdata", unfinished, "--username", PrivatePostgres.user,
                "--auth-local", "trust", "--auth-host", "scram-sha-256", "--pwfile", passwordCopy,
                "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions",
            ], log: log)
        guard exit == .exited(0) else {
            throw PrivateStoreError(.programFailed, "initdb failed; the end of \(log):\n\(SystemFile.tail(log))")
        }
        try SystemFile.write(self.passwordPath, password)
        guard rename(unfinished, self.dataPath) == 0 else {
            throw PrivateStoreError(
                .directoryUnusable, "\(self.dataPath) cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    /// Starts a server on the cluster.
    func launch(
        port: Int, listensOnPort: Bool, socketDirectory: String, environment: [String: String],
        _ given: [String: String]
    ) throws(PrivateStoreError) -> ChildProcess {
        var settings = [
            "listen_addresses": listensOnPort ? "127.0.0.1" : "", "port": String(port),
            "unix_socket_directories": "\"\(socketDirectory)\"", "unix_socket_permissions": "0700",
            "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
            "shared_buffers": "256MB", "max_wal_size": "4GB", "max_connections": "500",
            "logging_collector": "off", "timezone": "UTC", "log_timezone": "UTC",
        ]
        settings.merge(given) { _, given in given }
        let options = settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        // Without us it shuts down at once; what was committed is recovered by the next start.
        let arguments = self.confinement.arguments(
            deathSignal: "QUIT", [self.programs + "/postgres", "-D", self.dataPath] + options)
        return try ChildProcess(arguments, environment: environment, log: self.logPath)
    }

    /// Whether the postmaster accepts sessions, of a standby too: it says so in the eighth line of its file.
    func isReady(postmaster pid: pid_t) -> Bool {
        guard let contents = SystemFile.read(self.postmasterPath) else { return false }
        let lines = contents.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 7, pid_t(lines[0]) == pid else { return false }
        return ["ready", "standby"].contains(lines[7].prefix { $0 != " " })
    }

    /// Removes what a killed server left behind, after making sure that it is gone.
    ///
    /// PostgreSQL does this too, but takes any live process that happens to have the old one's id for the old server.
    func removeRemains(socketDirectory: String, port: Int) throws(PrivateStoreError) {
        let socket = socketDirectory + "/.s.PGSQL.\(port)"
        for path in [self.postmasterPath, socket + ".lock"] {
            guard let line = SystemFile.read(path)?.split(separator: "\n").first, let pid = pid_t(line) else {
                continue
            }
            let isGone = DetachedThread.poll(seconds: 60) { !ProcessTable.isAlive(pid, workingIn: self.dataPath) }
            guard isGone else {
                throw PrivateStoreError(
                    .directoryUnusable,
                    "a PostgreSQL server with the process id \(pid) works in \(self.dataPath); stop it or choose "
                        + "another directory")
            }
            unlink(path)
        }
        unlink(socket)
    }

    /// A cluster belongs to one major version.
    private func checkVersion() throws(PrivateStoreError) {
        let log = self.directory + "/version.log"
        unlink(log)
        defer { unlink(log) }
        let exit = try self.confinement.run([self.programs + "/postgres", "--version"], log: log, seconds: 30)
        let own = SystemFile.read(log).flatMap { ProgramFinder.majorVersion(in: $0) }
        let cluster = SystemFile.read(self.dataPath + "/PG_VERSION").flatMap { text in
            text.split(whereSeparator: \.isNewline).first.flatMap { Int($0) }
        }
        guard exit == .exited(0), let own, let cluster else {
            throw PrivateStoreError(.directoryUnusable, "\(self.dataPath) is not a PostgreSQL cluster that can be read")
        }
        guard own == cluster else {
            throw PrivateStoreError(
                .directoryUnusable,
                "\(self.dataPath) was made by PostgreSQL \(cluster), but \(own) is installed; "
                    + "upgrade it with pg_upgrade or choose another directory")
        }
    }

    /// Gives the data to the account if another one owned them, for instance after a run without root.
    private func takeOver() throws(PrivateStoreError) {
        guard let account = self.confinement.account else { return }
        var information = stat()
        guard stat(self.dataPath, &information) == 0, information.st_uid != account.userID else { return }
        let log = self.directory + "/chown.log"
        let owner = "\(account.userID):\(account.groupID)"
        let exit = try Confinement(account: nil).run(["/bin/chown", "-R", owner, self.dataPath], log: log)
        guard exit == .exited(0) else {
            throw PrivateStoreError(
                .directoryUnusable, "\(self.dataPath) cannot be given to \(account.name); see \(log)")
        }
    }

    private func remove(_ path: String) throws(PrivateStoreError) {
        let log = self.directory + "/remove.log"
        let exit = try Confinement(account: nil).run(["/bin/rm", "-rf", "--", path], log: log)
        guard exit == .exited(0) else {
            throw PrivateStoreError(.directoryUnusable, "\(path) cannot be removed; see \(log)")
        }
    }

    /// The account may own a directory and still not get to it.
    private func checkReachable(_ path: String) throws(PrivateStoreError) {
        guard let account = self.confinement.account else { return }
        let exit = try self.confinement.run(
            ["/usr/bin/test", "-w", path], log: self.directory + "/initdb.log", seconds: 30)
        guard exit == .exited(0) else {
            throw PrivateStoreError(
                .directoryUnusable,
                "the account \(account.name), which PostgreSQL runs as, cannot reach \(path); choose a directory that "
                    + "others may pass through (not one under /root), or do not run as root")
        }
    }
}
