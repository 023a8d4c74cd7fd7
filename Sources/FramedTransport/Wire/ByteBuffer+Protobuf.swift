import NIOCore

extension ByteBuffer {
    /// Writes a varint.
    mutating func writeVarint(_ value: UInt64) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: 10) { output in
            Self.storeVarint(value, in: output, at: 0)
        }
    }

    /// Writes a field with a varint.
    mutating func writeVarintField(_ tag: UInt32, _ value: UInt64) {
        writeVarint(UInt64(tag))
        writeVarint(value)
    }

    /// Writes a field with text.
    mutating func writeTextField(_ tag: UInt32, _ text: String) {
        writeVarint(UInt64(tag))
        writeVarint(UInt64(text.utf8.count))
        writeString(text)
    }

    /// How many bytes a varint takes.
    static func varintLength(_ value: UInt64) -> Int {
        (70 - (value | 1).leadingZeroBitCount) / 7
    }

    /// Stores a varint and returns where it ends.
    @inline(__always)
    static func storeVarint(_ value: UInt64, in output: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        var value = value
        var offset = offset
        while value >= 0x80 {
            output[offset] = UInt8(truncatingIfNeeded: value) | 0x80
            value >>= 7
            offset += 1
        }
        output[offset] = UInt8(truncatingIfNeeded: value)
        return offset + 1
    }
}
