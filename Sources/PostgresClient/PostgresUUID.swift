/// A UUID as two words; its order is PostgreSQL's own.
public struct PostgresUUID: Hashable, Sendable {
    /// The first eight bytes, as a big-endian number.
    public var high: UInt64

    /// The last eight bytes, as a big-endian number.
    public var low: UInt64

    /// Makes a UUID of its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Parses the usual form, 8-4-4-4-12 hexadecimal digits of either case; nil for everything else.
    public init?(_ text: String) {
        var digits = 0
        var position = 0
        var words = (UInt64(0), UInt64(0))
        for byte in text.utf8 {
            defer { position += 1 }
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            if digits < 16 {
                words.0 = words.0 << 4 | UInt64(digit)
            } else {
                words.1 = words.1 << 4 | UInt64(digit)
            }
            digits += 1
            guard digits <= 32 else { return nil }
        }
        guard digits == 32, position == 36 else { return nil }
        self.init(high: words.0, low: words.1)
    }
}

extension PostgresUUID: Comparable {
    /// Compares the 16 bytes in order, as PostgreSQL does.
    public static func < (left: PostgresUUID, right: PostgresUUID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension PostgresUUID: CustomStringConvertible {
    /// The usual form in lower case.
    public var description: String {
        var text = ""
        text.reserveCapacity(36)
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 { text.append("-") }
            let word = digit < 16 ? self.high : self.low
            let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit % 16))) & 0xF
            let character = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
            text.unicodeScalars.append(Unicode.Scalar(character))
        }
        return text
    }
}
