/// The text format of Prometheus, version 0.0.4.
enum Exposition {
    /// A name of a metric or a label: what is not allowed in one becomes `_`.
    static func name(_ text: String, allowsColon: Bool) -> String {
        var bytes = text.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                byte
            case UInt8(ascii: ":") where allowsColon: byte
            default: UInt8(ascii: "_")
            }
        }
        if let first = bytes.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
            return String(decoding: bytes, as: UTF8.self)
        }
        bytes.insert(UInt8(ascii: "_"), at: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `a="x",b="y"`.
    static func labels(_ pairs: [(String, String)]) -> String {
        pairs.map { "\(name($0.0, allowsColon: false))=\"\(escaped($0.1, quotes: true))\"" }.joined(separator: ",")
    }

    /// A text inside a line: line ends and backslashes are escaped, quotes where the text stands in quotes.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A value: whole numbers without a point.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded(), abs(value) < 9_007_199_254_740_992 { return String(Int64(value)) }
        return "\(value)"
    }
}

extension String {
    /// Adds one line.
    mutating func addSample(_ name: String, _ labels: String, _ value: String) {
        self += name
        if !labels.isEmpty {
            self += "{"
            self += labels
            self += "}"
        }
        self += " "
        self += value
        self += "\n"
    }
}
