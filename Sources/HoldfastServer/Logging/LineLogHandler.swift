public import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes each event as one line to standard error: time, level, label, message, then `name=value` pairs.
///
/// Values with blanks, quotes or line ends are quoted, so that an event never takes two lines and a program can read it:
/// `2026-11-24T09:30:00.125Z info holdfast.server: listening tcp=127.0.0.1:7411`
public struct LineLogHandler: LogHandler {
    private let label: String

    /// Data of every event.
    public var metadata: Logger.Metadata = [:]
    /// Adds data to every event.
    public var metadataProvider: Logger.MetadataProvider?
    /// The least severe level that is written.
    public var logLevel: Logger.Level

    /// Makes a handler for a logger with this label.
    public init(label: String, level: Logger.Level) {
        self.label = label
        logLevel = level
    }

    /// One value of ``metadata``.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event.
    public func log(event: LogEvent) {
        var pairs = metadata
        if let provided = metadataProvider?.get() { pairs.merge(provided) { _, new in new } }
        if let own = event.metadata { pairs.merge(own) { _, new in new } }
        var line = LineLogHandler.time()
        line += " \(event.level.rawValue) \(label): \(LineLogHandler.plain("\(event.message)"))"
        for (name, value) in pairs.sorted(by: { $0.key < $1.key }) {
            line += " \(name)=\(LineLogHandler.quoted("\(value)"))"
        }
        line += "\n"
        // One write a line: the kernel keeps lines of several threads apart.
        line.withUTF8 { bytes in
            #if canImport(Glibc)
                _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #elseif canImport(Darwin)
                _ = Darwin.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #endif
        }
    }

    static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0 != "=" }
        return isPlain ? text : "\"\(plain(text, quotes: true))\""
    }

    private static func plain(_ text: String, quotes: Bool = false) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\t": escaped += "\\t"
            case "\"" where quotes: escaped += "\\\""
            case "\\" where quotes: escaped += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f: escaped += "?"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func time() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        var seconds = now.tv_sec
        gmtime_r(&seconds, &parts)
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let date = "\(parts.tm_year + 1_900)-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
        let time = "\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2)):\(digits(Int(parts.tm_sec), 2))"
        return "\(date)T\(time).\(digits(now.tv_nsec / 1_000_000, 3))Z"
    }
}
