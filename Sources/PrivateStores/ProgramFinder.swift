import Glibc

/// Finds the programs of the stores on this machine.
enum ProgramFinder {
    /// The oldest PostgreSQL that is good enough.
    static let minimumPostgresVersion = 15

    /// `redis-server`.
    static func redisServer() throws(PrivateStoreError) -> String {
        for directory in self.searchPath() + ["/usr/bin", "/usr/local/bin"] {
            let path = directory + "/redis-server"
            if self.isExecutable(path) { return path }
        }
        throw PrivateStoreError(
            .programMissing, "redis-server is not installed; on Debian and Ubuntu: apt-get install redis-server")
    }

    /// `setpriv`, which drops privileges and ties a child to its parent's life.
    static func setpriv() throws(PrivateStoreError) -> String {
        for directory in self.searchPath() + ["/usr/bin", "/bin"] {
            let path = directory + "/setpriv"
            if self.isExecutable(path) { return path }
        }
        throw PrivateStoreError(
            .programMissing, "setpriv is not installed; on Debian and Ubuntu: apt-get install util-linux")
    }

    /// The directory with `postgres`, `initdb` and `createdb`, the first of: the search path, what `pg_config` says, the
    /// newest of the packages' versioned directories.
    static func postgresDirectory() throws(PrivateStoreError) -> String {
        for directory in try self.postgresCandidates() {
            if try self.isPostgresDirectory(directory) { return directory }
        }
        throw PrivateStoreError(
            .programMissing,
            "PostgreSQL \(self.minimumPostgresVersion) or newer is not installed; on Debian and Ubuntu: "
                + "apt-get install postgresql")
    }

    private static func postgresCandidates() throws(PrivateStoreError) -> [String] {
        var candidates: [String] = []
        for directory in self.searchPath() {
            // A link in the path leads to the package's own directory, which has all the programs.
            guard let program = SystemFile.realPath(directory + "/postgres") else { continue }
            candidates.append(self.directory(of: program))
        }
        for directory in self.searchPath() where self.isExecutable(directory + "/pg_config") {
            if let output = try self.output(of: [directory + "/pg_config", "--bindir"]) { candidates.append(output) }
        }
        let versions = SystemFile.names(in: "/usr/lib/postgresql").compactMap { Int($0) }.sorted(by: >)
        candidates += versions.map { "/usr/lib/postgresql/\($0)/bin" }
        return candidates
    }

    private static func isPostgresDirectory(_ directory: String) throws(PrivateStoreError) -> Bool {
        guard ["postgres", "initdb", "createdb", "dropdb"].allSatisfy({ self.isExecutable("\(directory)/\($0)") }),
            // Not a script: signals must reach the server itself.
            self.isBinary(directory + "/postgres"),
            let version = try self.output(of: [directory + "/postgres", "--version"])
        else { return false }
        return (self.majorVersion(in: version) ?? 0) >= self.minimumPostgresVersion
    }

    /// 15 for `postgres (PostgreSQL) 15.2 (Debian 15.2-1)`, also for `16beta1`.
    static func majorVersion(in text: String) -> Int? {
        for word in text.split(separator: " ") {
            if let version = Int(word.prefix { $0.isNumber }) { return version }
        }
        return nil
    }

    private static func searchPath() -> [String] {
        guard let path = getenv("PATH") else { return [] }
        return String(cString: path).split(separator: ":").map(String.init)
    }

    private static func directory(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }

    private static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    private static func isBinary(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var magic: UInt32 = 0
        let count = withUnsafeMutableBytes(of: &magic) { read(descriptor, $0.baseAddress, $0.count) }
        return count == 4 && UInt32(bigEndian: magic) == 0x7F45_4C46
    }

    /// The first line that a program prints; nil when it fails.
    private static func output(of arguments: [String]) throws(PrivateStoreError) -> String? {
        let directory = try SystemFile.makeTemporaryDirectory(owner: nil)
        let log = directory + "/output"
        defer {
            unlink(log)
            rmdir(directory)
        }
        let child = try ChildProcess(arguments, log: log)
        guard child.waitForExit(seconds: 10) == .exited(0) else {
            child.signal(SIGKILL)
            return nil
        }
        return SystemFile.read(log)?.split(separator: "\n").first.map(String.init)
    }
}
