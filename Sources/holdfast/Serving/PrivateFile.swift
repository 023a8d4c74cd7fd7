#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Small files that only their owner may read.
enum PrivateFile {
    /// Replaces the content of the file at `path`.
    static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// Replaces the content of the file at `path`.
    static func write(_ content: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("write", path) }
        defer { close(descriptor) }
        var bytes = content[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { rest in
                #if canImport(Glibc)
                    Glibc.write(descriptor, rest.baseAddress, rest.count)
                #elseif canImport(Darwin)
                    Darwin.write(descriptor, rest.baseAddress, rest.count)
                #endif
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Removes the file; one that is not there is no failure.
    static func remove(_ path: String) {
        unlink(path)
    }

    /// Removes a folder with everything below it, as far as it may; follows no link.
    static func removeTree(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR, let folder = opendir(path) else {
            unlink(path)
            return
        }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { bytes in
                bytes.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        closedir(folder)
        for name in names { removeTree(path + "/" + name) }
        rmdir(path)
    }

    /// True where something stands at `path`.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func failure(_ what: String, _ path: String) -> CommandFailure {
        CommandFailure(.unexpected, "cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
