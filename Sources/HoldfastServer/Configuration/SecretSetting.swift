#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Settings whose values are nobody's business, and so may stand in a file instead of the environment.
///
/// The environment of a process is seen by its children, and by whoever may look at the process or at the unit or
/// container that starts it. A file can be closed to all but the service. Where `NAME` is such a setting, `NAME_FILE`
/// names a file whose first line is the value.
enum SecretSetting {
    /// Longest value, in bytes.
    static let limit = 16_384

    /// The value of a setting from the environment or from the file that the environment names; nil where neither is
    /// set.
    ///
    /// Throws ``ServerConfigurationError`` where both are, or the file cannot be read or has no value. The error names
    /// the variable and never the value.
    static func value(
        _ name: String, environment: (String) -> String?
    ) throws(ServerConfigurationError) -> String? {
        func text(_ name: String) -> String? {
            guard let value = environment(name), !value.isEmpty else { return nil }
            return value
        }
        let fileName = name + "_FILE"
        let direct = text(name)
        guard let path = text(fileName) else { return direct }
        guard direct == nil else {
            throw ServerConfigurationError(setting: fileName, reason: "cannot be set together with \(name)")
        }
        return try firstLine(of: path, setting: fileName)
    }

    /// The first bytes of a file that a setting names, at most `limit` of them.
    static func content(
        of path: String, limit: Int, setting: String
    ) throws(ServerConfigurationError) -> ArraySlice<UInt8> {
        func failure() -> ServerConfigurationError {
            ServerConfigurationError(
                setting: setting, reason: "names \(path), which cannot be read: \(String(cString: strerror(errno)))")
        }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure() }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes {
                read(file, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if more < 0 && errno == EINTR { continue }
            guard more >= 0 else { throw failure() }
            if more == 0 { break }
            count += more
        }
        return bytes[..<count]
    }

    private static func firstLine(of path: String, setting: String) throws(ServerConfigurationError) -> String {
        func failure(_ reason: String) -> ServerConfigurationError {
            ServerConfigurationError(setting: setting, reason: "names \(path), which \(reason)")
        }
        let bytes = try content(of: path, limit: limit + 2, setting: setting)
        var line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.isEmpty else { throw failure("has no first line") }
        guard line.count <= limit else { throw failure("has a first line of more than \(limit) bytes") }
        guard !line.contains(0), let value = String(validating: line, as: UTF8.self) else {
            throw failure("is no text")
        }
        return value
    }
}
