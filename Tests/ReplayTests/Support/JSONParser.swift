import Replay

/// Reads JSON into the ordered form the reports are written in; strict enough for files we keep ourselves.
struct JSONParser {
    struct Failure: Error, CustomStringConvertible {
        let offset: Int
        let description: String
    }

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        var parser = JSONParser(bytes)
        let value = try parser.value()
        parser.skipBlanks()
        guard parser.position == bytes.count else { throw parser.failure("text behind the document") }
        return value
    }

    private mutating func value() throws -> JSONValue {
        skipBlanks()
        switch peek {
        case UInt8(ascii: "{"): return .object(try items(closedBy: "}") { try $0.member() })
        case UInt8(ascii: "["): return .array(try items(closedBy: "]") { try $0.value() })
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .integer(try integer())
        }
    }

    private mutating func member() throws -> JSONValue.Member {
        skipBlanks()
        let name = try string()
        skipBlanks()
        try expect(":")
        return JSONValue.Member(name, try value())
    }

    private mutating func items<Item>(
        closedBy close: Character,
        _ item: (inout JSONParser) throws -> Item
    ) throws -> [Item] {
        position += 1
        var items: [Item] = []
        skipBlanks()
        if peek == close.asciiValue {
            position += 1
            return items
        }
        while true {
            items.append(try item(&self))
            skipBlanks()
            if peek == UInt8(ascii: ",") {
                position += 1
            } else {
                try expect(close)
                return items
            }
        }
    }

    private mutating func string() throws -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                let escapes: [UInt8: UInt8] = [0x22: 0x22, 0x5c: 0x5c, 0x6e: 0x0a, 0x72: 0x0d, 0x74: 0x09]
                if peek == UInt8(ascii: "u") {
                    let digits = String(decoding: bytes[(position + 1)...].prefix(4), as: UTF8.self)
                    guard let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) else {
                        throw failure("a bad escape")
                    }
                    text.append(contentsOf: Array(String(scalar).utf8))
                    position += 5
                } else {
                    guard let next = peek, let plain = escapes[next] else { throw failure("a bad escape") }
                    text.append(plain)
                    position += 1
                }
            default: text.append(byte)
            }
        }
        throw failure("an open string")
    }

    private mutating func integer() throws -> Int64 {
        let text = bytes[position...].prefix { $0 == UInt8(ascii: "-") || ($0 >= 0x30 && $0 <= 0x39) }
        guard let value = Int64(String(decoding: text, as: UTF8.self)) else { throw failure("no whole number") }
        position += text.count
        return value
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw failure("no \(word)") }
        position += word.utf8.count
        return value
    }

    private mutating func expect(_ character: Character) throws {
        guard peek == character.asciiValue else { throw failure("expected \(character)") }
        position += 1
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = peek, [0x20, 0x0a, 0x0d, 0x09].contains(byte) { position += 1 }
    }

    private func failure(_ reason: String) -> Failure {
        Failure(offset: position, description: "\(reason) at \(position)")
    }
}

extension JSONValue {
    /// The members of an object; empty for anything else.
    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    subscript(name: String) -> JSONValue? { members.first { $0.name == name }?.value }

    /// Every leaf with the path that leads to it, so that a difference is shown where it is.
    func leaves(below path: String = "") -> [String: JSONValue] {
        guard case .object(let members) = self else { return [path: self] }
        return members.reduce(into: [:]) { leaves, member in
            leaves.merge(member.value.leaves(below: "\(path)/\(member.name)")) { first, _ in first }
        }
    }
}
