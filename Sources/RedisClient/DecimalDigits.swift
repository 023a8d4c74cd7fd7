import NIOCore

/// Decimal integers, written without an intermediate string.
enum DecimalDigits {
    /// The digits and the sign of the longest 64-bit integer.
    static let maximumCount = 20

    /// The number of characters that the value takes.
    static func count(of value: Int64) -> Int {
        var magnitude = value.magnitude
        var count = value < 0 ? 2 : 1
        while magnitude >= 10 {
            magnitude /= 10
            count += 1
        }
        return count
    }

    /// Writes the value, which takes `count` characters, and returns the offset after it.
    static func write(_ value: Int64, count: Int, to target: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        var magnitude = value.magnitude
        var position = offset + count
        repeat {
            position -= 1
            target[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
            magnitude /= 10
        } while magnitude > 0
        if value < 0 { target[offset] = UInt8(ascii: "-") }
        return offset + count
    }

    /// Writes `\r\n` and returns the offset after it.
    static func writeLineEnd(to target: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        target[offset] = UInt8(ascii: "\r")
        target[offset + 1] = UInt8(ascii: "\n")
        return offset + 2
    }

    /// Writes a RESP length line, such as `$12\r\n`, and returns the offset after it.
    static func writeHeader(
        _ kind: UInt8, _ count: Int, to target: UnsafeMutableRawBufferPointer, at offset: Int
    ) -> Int {
        target[offset] = kind
        let value = Int64(count)
        let end = self.write(value, count: self.count(of: value), to: target, at: offset + 1)
        return self.writeLineEnd(to: target, at: end)
    }
}

extension ByteBuffer {
    /// Appends a RESP length line, such as `*3\r\n`.
    mutating func writeRESPHeader(_ kind: UInt8, _ count: Int) {
        self.writeWithUnsafeMutableBytes(minimumWritableBytes: DecimalDigits.maximumCount + 3) { target in
            DecimalDigits.writeHeader(kind, count, to: target, at: 0)
        }
    }
}
