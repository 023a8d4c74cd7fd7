/// Why a text is no JSON.
public struct FileSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Line of the text, from 1.
    public var line: Int
    /// What is wrong there.
    public var reason: String

    /// The line and what is wrong.
    public var description: String { "line \(line): \(reason)" }
}

/// Reads a JSON text (RFC 8259).
///
/// A name that comes twice in an object and anything nested deeper than 64 are refused.
public struct FileText {
    private let bytes: [UInt8]
    private var position = 0
    private static let deepest = 64

    private init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The value that a text holds.
    ///
    /// - Throws: `FileSyntaxError` where it is no JSON.
    public static func read(_ text: String) throws(FileSyntaxError) -> FileValue {
        var reader = FileText(text)
        let value = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.position == reader.bytes.count else { throw reader.error("something stands behind the value") }
        return value
    }

    private func error(_ reason: String) -> FileSyntaxError {
        FileSyntaxError(line: 1 + bytes.prefix(position).count { $0 == UInt8(ascii: "\n") }, reason: reason)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(FileSyntaxError) -> FileValue {
        guard depth <= FileText.deepest else { throw error("nested deeper than \(FileText.deepest)") }
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case let byte? where byte == UInt8(ascii: "-") || (48...57).contains(byte): return .number(try number())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw error("the text ends where a value should be")
        default: throw error("this is no value")
        }
    }

    private mutating func word(_ word: StaticString, _ value: FileValue) throws(FileSyntaxError) -> FileValue {
        let text = Array("\(word)".utf8)
        guard bytes[position...].starts(with: text) else { throw error("this is no value") }
        position += text.count
        return value
    }

    private mutating func object(depth: Int) throws(FileSyntaxError) -> FileValue {
        position += 1
        var fields: [String: FileValue] = [:]
        if skip(UInt8(ascii: "}")) { return .object(fields) }
        repeat {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw error("a name in quotes is missing") }
            let name = try string()
            guard skip(UInt8(ascii: ":")) else { throw error("a colon is missing after “\(name)”") }
            guard fields.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
                throw error("“\(name)” comes twice")
            }
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw error("a comma or } is missing") }
        return .object(fields)
    }

    private mutating func array(depth: Int) throws(FileSyntaxError) -> FileValue {
        position += 1
        var values: [FileValue] = []
        if skip(UInt8(ascii: "]")) { return .array(values) }
        repeat { values.append(try value(depth: depth + 1)) } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw error("a comma or ] is missing") }
        return .array(values)
    }

    private mutating func number() throws(FileSyntaxError) -> String {
        let start = position
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (48...57).contains($0) } ?? false }
        if next == UInt8(ascii: "-") { position += 1 }
        let whole = position
        while isDigit(next) { position += 1 }
        var isNumber = position > whole && !(bytes[whole] == 48 && position > whole + 1)
        if next == UInt8(ascii: ".") {
            position += 1
            isNumber = isNumber && isDigit(next)
            while isDigit(next) { position += 1 }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            isNumber = isNumber && isDigit(next)
            while isDigit(next) { position += 1 }
        }
        guard isNumber else { throw error("this is no number") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func string() throws(FileSyntaxError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: Array(String(try escaped()).utf8))
            case 0..<0x20: throw error("a control character stands in a text")
            default: text.append(byte)
            }
        }
        throw error("a text does not end")
    }

    private mutating func escaped() throws(FileSyntaxError) -> Character {
        let plain: [UInt8: Character] = [
            UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
            UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
        ]
        guard let byte = next else { throw error("a text does not end") }
        position += 1
        if let character = plain[byte] { return character }
        guard byte == UInt8(ascii: "u") else { throw error("an unknown escape") }
        var unit = try hexadecimal()
        if (0xD800..<0xDC00).contains(unit) {
            guard next == UInt8(ascii: "\\") else { throw error("half a surrogate pair") }
            position += 1
            guard next == UInt8(ascii: "u") else { throw error("half a surrogate pair") }
            position += 1
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
            unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(unit) else { throw error("half a surrogate pair") }
        return Character(scalar)
    }

    private mutating func hexadecimal() throws(FileSyntaxError) -> UInt32 {
        guard position + 4 <= bytes.count, bytes[position] != UInt8(ascii: "+"), bytes[position] != UInt8(ascii: "-"),
            let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw error("an escape has no four digits") }
        position += 4
        return value
    }
}
