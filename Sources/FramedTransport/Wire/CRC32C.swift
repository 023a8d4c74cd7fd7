/// CRC-32C (Castagnoli), and the masked form that travels in a meta.
enum CRC32C {
    /// Eight tables, so that eight bytes are folded at a time.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
            tables[byte] = crc
        }
        for byte in 256..<tables.count {
            let previous = tables[byte - 256]
            tables[byte] = previous >> 8 ^ tables[Int(previous & 0xff)]
        }
        return tables
    }()

    /// The checksum of `bytes`.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var crc: UInt32 = ~0
            var offset = 0
            while bytes.count - offset >= 8 {
                let low = crc ^ UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
                crc =
                    fold(tables, 7, low) ^ fold(tables, 6, low >> 8) ^ fold(tables, 5, low >> 16)
                    ^ fold(tables, 4, low >> 24) ^ fold(tables, 3, high) ^ fold(tables, 2, high >> 8)
                    ^ fold(tables, 1, high >> 16) ^ fold(tables, 0, high >> 24)
                offset += 8
            }
            while offset < bytes.count {
                crc = crc >> 8 ^ fold(tables, 0, crc ^ UInt32(bytes[offset]))
                offset += 1
            }
            return ~crc
        }
    }

    /// The form in which a checksum travels: rotated and shifted, so that checksums of checksums stay useful.
    static func masked(_ crc: UInt32) -> UInt32 {
        (crc >> 15 | crc << 17) &+ 0xA282_EAD8
    }

    @inline(__always)
    private static func fold(_ tables: UnsafeBufferPointer<UInt32>, _ table: Int, _ word: UInt32) -> UInt32 {
        tables[table << 8 | Int(word & 0xff)]
    }
}
