import Glibc

/// The few file operations that private stores need.
enum SystemFile {
    /// Whether there is something at the path.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes the directory and those above it; what is there stays as it is.
    static func makeDirectories(_ path: String, mode: mode_t = 0o755) throws(PrivateStoreError) {
        var partial = path.hasPrefix("/") ? "" : "."
        for component in path.split(separator: "/") {
            partial += "/" + component
            guard mkdir(partial, mode) != 0, errno != EEXIST else { continue }
            // A directory on a read-only or foreign level above may exist without our being allowed to make it.
            guard !self.exists(partial) else { continue }
            throw self.unusable(path, "cannot be made")
        }
    }

    /// Makes a private directory, or takes the one that is there, for the account.
    static func makePrivateDirectory(_ path: String, owner: ServiceAccount?) throws(PrivateStoreError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST, chmod(path, 0o700) == 0 else {
            throw self.unusable(path, "cannot be made")
        }
        try self.give(path, to: owner)
    }

    /// Makes the account the owner of one file or directory.
    static func give(_ path: String, to owner: ServiceAccount?) throws(PrivateStoreError) {
        guard let owner else { return }
        guard chown(path, owner.userID, owner.groupID) == 0 else {
            throw self.unusable(path, "cannot be given to the account \(owner.name)")
        }
    }

    /// Makes a private directory with a short path, for sockets.
    static func makeTemporaryDirectory(owner: ServiceAccount?) throws(PrivateStoreError) -> String {
        var template = Array("/tmp/holdfast-XXXXXX".utf8CString)
        let path = template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let base = buffer.baseAddress, let made = mkdtemp(base) else { return nil }
            return String(cString: made)
        }
        guard let path else { throw self.unusable("/tmp", "cannot hold a temporary directory") }
        try self.give(path, to: owner)
        return path
    }

    /// The path without links and dots; nil when there is nothing there.
    static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The target of a link; nil when it cannot be read.
    static func linkTarget(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { target -> Int in
            guard let base = target.bindMemory(to: CChar.self).baseAddress else { return 0 }
            return readlink(path, base, target.count)
        }
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// The contents; nil when they cannot be read.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? String(decoding: contents, as: UTF8.self) : nil }
            contents.append(contentsOf: buffer[..<count])
        }
    }

    /// Writes a file that only its owner may read, in place of one that may be there.
    static func write(_ path: String, _ contents: String, owner: ServiceAccount? = nil) throws(PrivateStoreError) {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw self.unusable(path, "cannot be written") }
        defer { close(descriptor) }
        var rest = Array(contents.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw self.unusable(path, "cannot be written") }
            rest = rest.dropFirst(count)
        }
        try self.give(path, to: owner)
    }

    /// The last lines of a log, for an error's message.
    static func tail(_ path: String, lines: Int = 12) -> String {
        guard let contents = self.read(path) else { return "" }
        return contents.split(separator: "\n").suffix(lines).joined(separator: "\n")
    }

    /// The names in a directory; empty when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func unusable(_ path: String, _ what: String) -> PrivateStoreError {
        PrivateStoreError(.directoryUnusable, "\(path) \(what): \(String(cString: strerror(errno)))")
    }
}
