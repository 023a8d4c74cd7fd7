import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension DevFolder {
    /// The folder to use: the one named, else `.holdfast` here.
    ///
    /// Root's PostgreSQL runs as another account. Where that could not come into `.holdfast`, because a folder above it
    /// is closed to others (such as /root), a folder below /var/tmp that stands for this one is used instead.
    static func standard(_ named: String?) -> DevFolder {
        if let named { return DevFolder(path: absolute(named)) }
        let here = absolute(standardPath)
        guard geteuid() == 0, isClosedToOthers(here) else { return DevFolder(path: here) }
        var hash = ContentHash()
        hash.add(here)
        return DevFolder(path: "/var/tmp/holdfast-\(hash.id.hexadecimal)")
    }

    /// The folder to use, made where it is not there.
    static func prepared(_ named: String?) throws -> DevFolder {
        let folder = standard(named)
        guard mkdir(folder.path, 0o755) == 0 || errno == EEXIST else {
            throw CommandFailure(.invalid, "cannot make \(folder.path): \(String(cString: strerror(errno)))")
        }
        return folder
    }

    /// A new folder for stores that are thrown away.
    static func temporary() throws -> DevFolder {
        var template = Array("\(Terminal.environment("TMPDIR") ?? "/tmp")/holdfast-dev-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(.unexpected, "cannot make a temporary folder: \(String(cString: strerror(errno)))")
        }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // PostgreSQL may run as another account, which must be able to come in; its own folders are closed.
        chmod(path, 0o711)
        return DevFolder(path: path)
    }

    /// Removes the folder with everything in it.
    func discard() {
        PrivateFile.removeTree(path)
    }

    private static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return String(cString: here) + "/" + path
    }

    /// True where a folder above `path` lets nobody but its owner pass.
    private static func isClosedToOthers(_ path: String) -> Bool {
        var parent = path
        while let slash = parent.lastIndex(of: "/"), slash != parent.startIndex {
            parent = String(parent[..<slash])
            var status = stat()
            if stat(parent, &status) == 0 && status.st_mode & S_IXOTH == 0 { return true }
        }
        return false
    }
}
