#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The bytes of a file, as they are on disk.
public final class FileByteSource: ByteSource {
    private let path: String
    private let descriptor: CInt

    /// Opens the file at `path` for reading; it is closed when this object goes away.
    public init(path: String) throws(ByteSourceError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.systemError(path: path, action: "open") }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        _ = close(descriptor)
    }

    /// Copies the next bytes of the file to the front of `destination`, waiting for the disk.
    public func read(into destination: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
        guard let base = destination.baseAddress, destination.count > 0 else { return 0 }
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, base, destination.count)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, base, destination.count)
            #else
                let count = Darwin.read(descriptor, base, destination.count)
            #endif
            if count >= 0 { return count }
            if errno != EINTR { throw Self.systemError(path: path, action: "read") }
        }
    }

    private static func systemError(path: String, action: String) -> ByteSourceError {
        let reason = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
        return ByteSourceError(code: .unreadable, message: "cannot \(action) \(path): \(reason)")
    }
}
