import Domain
import RedisClient

extension RedisCommand {
    /// Appends a hold's name: the letter of its kind and the 32 digits of its id.
    mutating func append(hold key: HoldKey) {
        withUnsafeTemporaryAllocation(byteCount: 33, alignment: 1) { bytes in
            bytes[0] = key.kind.letter.asciiValue ?? UInt8(ascii: "?")
            for index in 0..<32 {
                let half = index < 16 ? key.id.high : key.id.low
                bytes[index + 1] = RedisCommand.digit(half >> UInt64(60 - 4 * (index & 15)))
            }
            append(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Appends a number in hexadecimal without leading zeros.
    mutating func append(hexadecimal number: UInt64) {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { bytes in
            var rest = number
            var start = 16
            repeat {
                start -= 1
                bytes[start] = RedisCommand.digit(rest)
                rest >>= 4
            } while rest != 0
            append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...]))
        }
    }

    /// Appends cells with their versions and bases.
    mutating func append(bases: [CellBase]) {
        for base in bases {
            append(base.cell.rawValue)
            append(base.version)
            append(base.base)
        }
    }

    private static func digit(_ value: UInt64) -> UInt8 {
        let nibble = UInt8(value & 15)
        return nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
