/// A caller-made identifier: a UUID of any version, as two 64-bit halves.
///
/// Every mutation carries one, and it is what makes a repeated call safe. Its text form has 36 characters.
public struct EntityID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The first eight bytes, big-endian.
    public var high: UInt64
    /// The last eight bytes, big-endian.
    public var low: UInt64

    /// Makes an identifier of its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the canonical text form `8-4-4-4-12`, in capital or small letters; nil for anything else.
    public init?(_ text: String) {
        var text = text
        let parsed: (UInt64, UInt64)? = text.withUTF8 { bytes in
            guard bytes.count == 36 else { return nil }
            var halves: (UInt64, UInt64) = (0, 0)
            var digits = 0
            for (position, byte) in bytes.enumerated() {
                switch position {
                case 8, 13, 18, 23:
                    guard byte == UInt8(ascii: "-") else { return nil }
                default:
                    guard let nibble = EntityID.nibble(byte) else { return nil }
                    if digits < 16 { halves.0 = halves.0 << 4 | nibble } else { halves.1 = halves.1 << 4 | nibble }
                    digits += 1
                }
            }
            return halves
        }
        guard let parsed else { return nil }
        self.init(high: parsed.0, low: parsed.1)
    }

    private static func nibble(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// The text form in small letters.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            var digit = 0
            for half in [high, low] {
                for index in 0..<16 {
                    if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                        buffer[position] = UInt8(ascii: "-")
                        position += 1
                    }
                    buffer[position] = EntityID.hexDigit(UInt8((half >> UInt64(60 - 4 * index)) & 15))
                    position += 1
                    digit += 1
                }
            }
            return position
        }
    }

    /// The 32 hexadecimal digits without dashes, in small letters.
    public var hexadecimal: String {
        String(unsafeUninitializedCapacity: 32) { buffer in
            for index in 0..<32 {
                let half = index < 16 ? high : low
                buffer[index] = EntityID.hexDigit(UInt8((half >> UInt64(60 - 4 * (index & 15))) & 15))
            }
            return 32
        }
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    /// Makes a random (version 4) identifier from the given generator.
    public static func random(using generator: inout some RandomNumberGenerator) -> EntityID {
        let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return EntityID(high: high, low: low)
    }

    /// A random identifier of the system's generator, for what Holdfast itself does.
    public static func random() -> EntityID {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// Orders by the bytes of the identifier.
    public static func < (left: EntityID, right: EntityID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
