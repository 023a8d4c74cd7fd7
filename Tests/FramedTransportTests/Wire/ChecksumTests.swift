import Testing

@testable import FramedTransport

@Suite("Checksum")
struct ChecksumTests {
    private func crc(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { CRC32C.checksum($0) }
    }

    @Test("The check value and the recorded vector come out")
    func matchesVectors() {
        #expect(crc(Array("123456789".utf8)) == 0xE306_9283)
        let message = hex("0a 0b 68 65 6c 6c 6f 20 77 6f 72 6c 64")
        #expect(crc(message) == 0xE037_1884)
        #expect(CRC32C.masked(crc(message)) == 0xd38c_ab46)
        #expect(crc([]) == 0)
    }

    @Test("Eight bytes at a time give what one at a time gives", arguments: 0...40)
    func matchesSlowWay(length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        var expected: UInt32 = ~0
        for byte in bytes {
            expected ^= UInt32(byte)
            for _ in 0..<8 { expected = expected & 1 == 1 ? expected >> 1 ^ 0x82F6_3B78 : expected >> 1 }
        }
        #expect(crc(bytes) == ~expected)
    }
}
