import ArgumentParser
import HoldfastServer
import Logging

/// How much is logged.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Least severe events to log: trace, debug, info, notice, warning, error, critical.", valueName: "level"))
    var logLevel: String?

    @Option(help: "How log lines are written: text or json (default: text).")
    var logFormat: String?

    /// How lines are written: the option before the variable before text.
    func format() throws -> LogFormat {
        guard let text = logFormat ?? Terminal.environment("HOLDFAST_LOG_FORMAT") else { return .text }
        guard let format = LogFormat(rawValue: text) else {
            throw CommandFailure(.invalid, "the log format \"\(text)\" is neither text nor json")
        }
        return format
    }

    /// A logger that writes lines to standard error; `otherwise` is the level where neither option nor variable is set.
    func logger(_ label: String, otherwise: Logger.Level = .info) throws -> Logger {
        var level = otherwise
        if let text = logLevel ?? Terminal.environment("HOLDFAST_LOG_LEVEL") {
            guard let named = Logger.Level(rawValue: text) else {
                throw CommandFailure(.invalid, "the log level \"\(text)\" is none of the known ones")
            }
            level = named
        }
        let format = try format()
        return Logger(label: label) { LineLogHandler(label: $0, level: level, format: format) }
    }
}
