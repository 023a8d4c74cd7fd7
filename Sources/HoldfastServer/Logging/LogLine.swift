import Logging

/// One event, ready to be written: cleaned of secrets, cut to size, and on one line.
struct LogLine {
    var time: String
    var level: Logger.Level
    var label: String
    var message: String
    var fields: [(name: String, value: Logger.MetadataValue)]

    /// Most bytes of a message and of a value; more is cut off.
    static let longestText = 4_096
    /// Most fields of an event.
    static let mostFields = 64
    /// How deep a value of lists and tables may go.
    private static let deepest = 4
    private static let reserved: Set<String> = ["time", "level", "logger", "message"]

    /// Collects the fields of an event; what stands nearer to the event wins.
    init(
        time: String, level: Logger.Level, label: String, message: String, metadata: [Logger.Metadata?]
    ) {
        self.time = time
        self.level = level
        self.label = label
        self.message = LogRedaction.cleaned(LogText.cut(message, to: LogLine.longestText))
        var merged: Logger.Metadata = [:]
        for part in metadata { if let part { merged.merge(part) { _, nearer in nearer } } }
        let sorted = merged.sorted { $0.key < $1.key }
        fields = sorted.prefix(LogLine.mostFields).map { (LogText.name($0.key), $0.value) }
        if sorted.count > LogLine.mostFields {
            fields.append(("fields_left_out", "\(sorted.count - LogLine.mostFields)"))
        }
    }

    /// The line for people.
    ///
    /// `2026-11-24T09:30:00.125Z info holdfast.server: listening tcp=127.0.0.1:7411`
    var text: String {
        var line = "\(time) \(level.rawValue) \(label): \(LogText.escaped(message))"
        for (name, value) in fields {
            line += " \(name)=\(LogText.value(LogLine.plain(name, value)))"
        }
        return line + "\n"
    }

    /// The line for programs.
    ///
    /// `{"time":"…","level":"info","logger":"holdfast.server","message":"listening","tcp":"127.0.0.1:7411"}`
    var json: String {
        var line = "{\"time\":\(JSONText.quoted(time)),\"level\":\"\(level.rawValue)\""
        line += ",\"logger\":\(JSONText.quoted(label)),\"message\":\(JSONText.quoted(message))"
        for (name, value) in fields {
            let name = LogLine.reserved.contains(name) ? "field_\(name)" : name
            line += ",\"\(name)\":\(LogLine.json(name, value, depth: 0))"
        }
        return line + "}\n"
    }

    private static func plain(_ name: String, _ value: Logger.MetadataValue) -> String {
        guard !LogRedaction.isSecret(name) else { return LogRedaction.mask }
        return switch value {
        case .dictionary, .array: json(name, value, depth: 0)
        case .string, .stringConvertible: cleaned("\(value)")
        }
    }

    private static func json(_ name: String, _ value: Logger.MetadataValue, depth: Int) -> String {
        guard !LogRedaction.isSecret(name) else { return JSONText.quoted(LogRedaction.mask) }
        switch value {
        case .dictionary(let entries) where depth < deepest:
            let members = entries.sorted { $0.key < $1.key }.prefix(mostFields).map { key, value in
                let key = LogText.name(key)
                return "\"\(key)\":\(json(key, value, depth: depth + 1))"
            }
            return "{" + members.joined(separator: ",") + "}"
        case .array(let elements) where depth < deepest:
            return "[" + elements.prefix(mostFields).map { json(name, $0, depth: depth + 1) }.joined(separator: ",")
                + "]"
        default: return JSONText.quoted(cleaned("\(value)"))
        }
    }

    private static func cleaned(_ text: String) -> String {
        LogRedaction.cleaned(LogText.cut(text, to: longestText))
    }
}
