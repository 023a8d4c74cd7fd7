/// A JSON value as files have it: numbers stay the text that was written, so that nothing is rounded.
public indirect enum FileValue: Hashable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number as written.
    case number(String)
    /// A text.
    case string(String)
    /// Values in order.
    case array([FileValue])
    /// Named values; names are unique.
    case object([String: FileValue])

    /// A whole number.
    public static func integer(_ value: some BinaryInteger) -> FileValue { .number("\(value)") }

    /// The value as JSON on one line, names sorted by their UTF-8: one text for one value.
    public var canonical: String {
        var text = ""
        write(into: &text, indent: nil)
        return text
    }

    /// The value as JSON for people, names sorted.
    public var pretty: String {
        var text = ""
        write(into: &text, indent: 0)
        return text
    }

    private func write(into text: inout String, indent: Int?) {
        func open(_ level: Int) { text += indent == nil ? "" : "\n" + String(repeating: "  ", count: level) }
        let level = indent ?? 0
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let value): FileValue.quote(value, into: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                open(level + 1)
                value.write(into: &text, indent: indent.map { $0 + 1 })
            }
            if !values.isEmpty { open(level) }
            text += "]"
        case .object(let fields):
            text += "{"
            let sorted = fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, field) in sorted.enumerated() {
                if index > 0 { text += "," }
                open(level + 1)
                FileValue.quote(field.key, into: &text)
                text += indent == nil ? ":" : ": "
                field.value.write(into: &text, indent: indent.map { $0 + 1 })
            }
            if !sorted.isEmpty { open(level) }
            text += "}"
        }
    }

    private static func quote(_ value: String, into text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{00}"..."\u{1F}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
