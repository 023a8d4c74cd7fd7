/// A JSON document whose objects keep the order of their members.
public enum JSONValue: Hashable, Sendable {
    /// One member of an object.
    public struct Member: Hashable, Sendable {
        /// Its name.
        public let name: String
        /// Its value.
        public let value: JSONValue

        /// Joins a name and a value.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// No value.
    case null
    /// True or false.
    case boolean(Bool)
    /// A whole number.
    case integer(Int64)
    /// Text; decimal figures are text too, so that no reader rounds them.
    case string(String)
    /// Values in order.
    case array([JSONValue])
    /// Members in order; names should be unique.
    case object([Member])

    /// A whole number.
    public static func count(_ value: Int) -> JSONValue { .integer(Int64(value)) }

    /// The document over several lines, `indent` blanks deeper with each level, without a line end behind it.
    public func pretty(indent: Int = 1) -> String {
        var text = ""
        write(to: &text, indent: indent, depth: 0)
        return text
    }

    private func write(to text: inout String, indent: Int, depth: Int) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .string(let value): Self.quote(value, to: &text)
        case .array(let values):
            Self.writeItems(values, between: ("[", "]"), to: &text, indent: indent, depth: depth) { value, text in
                value.write(to: &text, indent: indent, depth: depth + 1)
            }
        case .object(let members):
            Self.writeItems(members, between: ("{", "}"), to: &text, indent: indent, depth: depth) { member, text in
                Self.quote(member.name, to: &text)
                text += ": "
                member.value.write(to: &text, indent: indent, depth: depth + 1)
            }
        }
    }

    private static func writeItems<Item>(
        _ items: [Item],
        between brackets: (open: String, close: String),
        to text: inout String,
        indent: Int,
        depth: Int,
        write: (Item, inout String) -> Void
    ) {
        text += brackets.open
        if !items.isEmpty {
            for (index, item) in items.enumerated() {
                text += (index == 0 ? "\n" : ",\n") + String(repeating: " ", count: indent * (depth + 1))
                write(item, &text)
            }
            text += "\n" + String(repeating: " ", count: indent * depth)
        }
        text += brackets.close
    }

    private static func quote(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
