import Foundation
public import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes each event as one line to standard error, as text or as JSON.
///
/// An event never takes two lines, whatever its values hold: line ends, controls and quotes are escaped, long values are
/// cut, and what looks like a credential or an address of a person is masked.
public struct LineLogHandler: LogHandler {
    private let label: String
    private let format: LogFormat
    private let onEvent: (@Sendable (Logger.Level) -> Void)?
    private let write: @Sendable (String) -> Void

    /// Data of every event.
    public var metadata: Logger.Metadata = [:]
    /// Adds data to every event; by default the ids of the call that is being answered.
    public var metadataProvider: Logger.MetadataProvider?
    /// The least severe level that is written.
    public var logLevel: Logger.Level

    /// Makes a handler for a logger with this label, which writes to standard error.
    public init(label: String, level: Logger.Level, format: LogFormat = .text) {
        self.init(label: label, level: level, format: format, onEvent: nil, write: LineLogHandler.writeToStandardError)
    }

    /// Makes a handler that tells of each event and writes elsewhere.
    init(
        label: String, level: Logger.Level, format: LogFormat, onEvent: (@Sendable (Logger.Level) -> Void)?,
        write: @escaping @Sendable (String) -> Void = LineLogHandler.writeToStandardError
    ) {
        self.label = label
        self.format = format
        self.onEvent = onEvent
        self.write = write
        metadataProvider = .callTrace
        logLevel = level
    }

    /// One value of ``metadata``.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event.
    public func log(event: LogEvent) {
        onEvent?(event.level)
        let line = LogLine(
            time: LineLogHandler.time(), level: event.level, label: label, message: "\(event.message)",
            metadata: [metadata, metadataProvider?.get(), event.metadata])
        write(format == .json ? line.json : line.text)
    }

    private static func writeToStandardError(_ line: String) {
        var line = line
        // One write a line: the kernel keeps lines of several threads apart.
        line.withUTF8 { bytes in
            #if canImport(Glibc)
                _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #elseif canImport(Darwin)
                _ = Darwin.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #endif
        }
    }

    private static func time() -> String {
        let milliseconds = Int(Date().timeIntervalSince1970 * 1_000)
        var parts = tm()
        var seconds = time_t(milliseconds / 1_000)
        gmtime_r(&seconds, &parts)
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let date = "\(parts.tm_year + 1_900)-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
        let time = "\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2)):\(digits(Int(parts.tm_sec), 2))"
        return "\(date)T\(time).\(digits(milliseconds % 1_000, 3))Z"
    }
}
