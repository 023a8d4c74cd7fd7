import NIOCore
import Testing

@testable import FramedTransport

@Suite("Compression")
struct FramedCompressionTests {
    static let kinds: [FramedCompression] = [.gzip, .zlib]

    private func text(_ count: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) })
    }

    @Test("What is deflated is inflated again", arguments: kinds, [64, 1_000, 100_000, 4 << 20])
    func survives(kind: FramedCompression, count: Int) throws {
        let message = text(count)
        let packed = try #require(kind.deflated(message))
        #expect(packed.readableBytes < count)
        #expect(try kind.inflated(packed, limit: count) == message)
        #expect(try kind.inflated(packed, limit: count * 2) == message)
        #expect(throws: FramedCompression.InflateError.tooLarge) { try kind.inflated(packed, limit: count - 1) }
    }

    @Test("What would not become smaller is left alone", arguments: kinds)
    func leavesNoise(kind: FramedCompression) {
        #expect(kind.deflated(ByteBuffer()) == nil)
        #expect(kind.deflated(ByteBuffer(bytes: [1, 2, 3])) == nil)
        var generator = SystemRandomNumberGenerator()
        let noise = ByteBuffer(bytes: (0..<5_000).map { _ in UInt8.random(in: 0 ... .max, using: &generator) })
        #expect(kind.deflated(noise) == nil)
    }

    @Test("A bomb is refused at the limit, and nothing beyond it is allocated", arguments: kinds)
    func refusesBombs(kind: FramedCompression) throws {
        let bomb = try #require(kind.deflated(ByteBuffer(repeating: 0, count: 64 << 20)))
        #expect(bomb.readableBytes < 400 << 10)
        #expect(throws: FramedCompression.InflateError.tooLarge) { try kind.inflated(bomb, limit: 1 << 20) }
        #expect(throws: FramedCompression.InflateError.tooLarge) { try kind.inflated(bomb, limit: 0) }
    }

    @Test("Bytes that are cut, changed, foreign or followed by others are refused", arguments: kinds)
    func refusesJunk(kind: FramedCompression) throws {
        let packed = Array(buffer: try #require(kind.deflated(text(2_000))))
        for length in packed.indices {
            #expect(throws: FramedCompression.InflateError.malformed) {
                try kind.inflated(ByteBuffer(bytes: packed.prefix(length)), limit: 1 << 20)
            }
        }
        #expect(throws: FramedCompression.InflateError.malformed) {
            try kind.inflated(ByteBuffer(bytes: packed + [0]), limit: 1 << 20)
        }
        #expect(throws: FramedCompression.InflateError.malformed) {
            try kind.inflated(ByteBuffer(bytes: packed + [0]), limit: 2_000)
        }
        var changed = packed
        changed[packed.count - 1] ^= 1
        #expect(throws: FramedCompression.InflateError.malformed) {
            try kind.inflated(ByteBuffer(bytes: changed), limit: 1 << 20)
        }
        let other: FramedCompression = kind == .gzip ? .zlib : .gzip
        #expect(throws: FramedCompression.InflateError.malformed) {
            try other.inflated(ByteBuffer(bytes: packed), limit: 1 << 20)
        }
    }

    @Test("An empty message may come compressed")
    func inflatesNothing() throws {
        let empty = hex("1f 8b 08 00 00 00 00 00 00 03 03 00 00 00 00 00 00 00 00 00")
        #expect(try FramedCompression.gzip.inflated(ByteBuffer(bytes: empty), limit: 0).readableBytes == 0)
    }
}
