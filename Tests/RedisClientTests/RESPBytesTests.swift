import NIOCore
import RedisClient
import Testing

@Suite("The bytes of a bulk string")
struct RESPBytesTests {
    @Test("keep every length around the inline capacity", arguments: 0...40)
    func lengths(count: Int) {
        let array = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
        let bytes = array.withUnsafeBytes { RESPBytes($0) }
        #expect(bytes.count == count)
        #expect(bytes.array == array)
        #expect(bytes == array.withUnsafeBytes { RESPBytes($0) })
        var buffer = ByteBuffer()
        buffer.writeRESPBytes(bytes)
        #expect(Array(buffer.readableBytesView) == array)
        if count > 0 {
            var other = array
            other[count - 1] &+= 1
            #expect(bytes != other.withUnsafeBytes { RESPBytes($0) })
            #expect(bytes != array.dropLast().withUnsafeBytes { RESPBytes($0) })
        }
    }

    @Test(
        "are an integer only when they are exactly one",
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("007", 7), ("9223372036854775807", .max),
            ("-9223372036854775808", .min), ("9223372036854775808", nil), ("-9223372036854775809", nil), ("", nil),
            ("-", nil), ("+1", nil), ("1 ", nil), (" 1", nil), ("1.0", nil), ("1e3", nil),
            ("99999999999999999999", nil),
            ("0x10", nil), ("--1", nil), ("1-", nil),
        ] as [(String, Int64?)])
    func integers(text: String, value: Int64?) {
        #expect(RESPBytes(text).int64 == value)
    }
}
