/// What makes a text safe to stand in a line of a log.
enum LogText {
    /// Whether a character does more than show itself: controls, separators of lines, marks of direction.
    ///
    /// All of these are in the basic plane.
    static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1f, 0x7f...0x9f, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x2069, 0xfeff, 0xfff9...0xfffb: true
        default: false
        }
    }

    static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// A message: it stands without quotes, but on one line.
    static func escaped(_ text: String, quotes: Bool = false) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\t": escaped += "\\t"
            case "\"" where quotes: escaped += "\\\""
            case "\\" where quotes: escaped += "\\\\"
            case _ where isDangerous(scalar): escaped += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A value: in quotes where it could be taken for more than one word.
    static func value(_ text: String) -> String {
        let isWord =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0 != "\\" && !isDangerous($0)
            }
        return isWord ? text : "\"\(escaped(text, quotes: true))\""
    }

    /// A name: letters, digits, `_`, `.` and `-`; anything else becomes `_`.
    static func name(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy(isNameByte)
        guard !isPlain || text.isEmpty || text.utf8.count > longestName else { return text }
        let bytes = text.utf8.prefix(longestName).map { isNameByte($0) ? $0 : UInt8(ascii: "_") }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }

    /// The beginning of a text that is too long, with the number of bytes that were cut off.
    static func cut(_ text: String, to limit: Int) -> String {
        let count = text.utf8.count
        guard count > limit else { return text }
        var kept = String(decoding: text.utf8.prefix(limit), as: UTF8.self)
        // The cut may have split a character.
        while kept.unicodeScalars.last == "\u{fffd}" { kept.unicodeScalars.removeLast() }
        return "\(kept)…(\(count - kept.utf8.count) bytes more)"
    }

    private static let longestName = 64

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
