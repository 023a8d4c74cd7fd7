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

    /// Stores a tag and a varint and returns where they end.
    static func storeField(
        _ tag: UInt32, _ value: UInt64, in output: UnsafeMutableRawBufferPointer, at offset: Int
    ) -> Int {
        storeVarint(value, in: output, at: storeVarint(UInt64(tag), in: output, at: offset))
    }

    /// Stores a field with text and returns where it ends.
    static func storeText(
        _ tag: UInt32, _ text: String, in output: UnsafeMutableRawBufferPointer, at offset: Int
    ) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            let start = storeField(tag, UInt64(bytes.count), in: output, at: offset)
            UnsafeMutableRawBufferPointer(rebasing: output[start...]).copyBytes(from: bytes)
            return start + bytes.count
        }
    }
}
