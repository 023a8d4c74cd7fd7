import NIOCore
import NIOTestUtils
import Testing

@testable import FramedTransport

@Suite("Frame decoder")
struct FrameDecoderTests {
    private static let limit = 4 * 1024 * 1024

    private func decode(_ bytes: [UInt8], limit: Int = limit) throws -> (Frame?, left: Int) {
        var decoder = FrameDecoder(maxBodyBytes: limit)
        var buffer = ByteBuffer(bytes: bytes)
        let frame = try decoder.decode(buffer: &buffer)
        return (frame, buffer.readableBytes)
    }

    private func frame(_ bytes: [UInt8]) throws -> Frame {
        try #require(try decode(bytes).0)
    }

    @Test("A packet is cut into meta and the rest")
    func cutsPackets() throws {
        let frame = try frame(Captures.request)
        #expect(frame.kind == .call)
        #expect(frame.metaLength == 45)
        #expect(Array(buffer: frame.body) == Array(Captures.request.dropFirst(12)))
        #expect(try self.frame(Captures.streamData).kind == .stream)
    }

    @Test("Recorded packets decode the same whether they drip in or come glued together")
    func survivesEveryDelivery() throws {
        let pairs = try Captures.all.map { (ByteBuffer(bytes: $0), [try frame($0)]) }
        try ByteToMessageDecoderVerifier.verifyDecoder(inputOutputPairs: pairs) {
            FrameDecoder(maxBodyBytes: Self.limit)
        }
    }

    @Test("Recorded packets decode the same when they are split at every byte")
    func survivesEverySplit() throws {
        let bytes = Captures.all.flatMap { $0 }
        let expected = try Captures.all.map(frame)
        for split in 0...bytes.count {
            var decoder = FrameDecoder(maxBodyBytes: Self.limit)
            var inbound = InboundBytes()
            var frames: [Frame] = []
            for part in [bytes[..<split], bytes[split...]] where !part.isEmpty {
                inbound.append(ByteBuffer(bytes: part))
                while let frame = try inbound.next(&decoder) { frames.append(frame) }
            }
            #expect(frames == expected, "split at \(split)")
            #expect(inbound.isEmpty)
        }
    }

    @Test("What is appended later leaves packets alone that were taken before")
    func keepsTakenPackets() throws {
        var decoder = FrameDecoder(maxBodyBytes: Self.limit)
        var inbound = InboundBytes()
        inbound.append(ByteBuffer(bytes: Captures.request + Captures.answer.prefix(20)))
        let first = try #require(try inbound.next(&decoder))
        for byte in Captures.answer.dropFirst(20) { inbound.append(ByteBuffer(bytes: [byte])) }
        let second = try #require(try inbound.next(&decoder))
        #expect(Array(buffer: first.body) == Array(Captures.request.dropFirst(12)))
        #expect(Array(buffer: second.body) == Array(Captures.answer.dropFirst(12)))
    }

    @Test(
        "A body at the limit passes, one above it does not",
        arguments: [(99, true), (100, true), (101, false)])
    func limitsBodies(size: Int, passes: Bool) throws {
        let bytes = packet("STRM", meta: [], rest: [UInt8](repeating: 1, count: size))
        if passes {
            #expect(try decode(bytes, limit: 100).0 != nil)
        } else {
            #expect(throws: FrameError(.bodyTooLarge)) { try decode(bytes, limit: 100) }
        }
    }

    @Test("A size above the limit is refused on the header alone")
    func refusesAnnouncedSize() {
        #expect(throws: FrameError(.bodyTooLarge)) { try decode(hex("5354524d 04000000 00000000")) }
        #expect(throws: FrameError(.bodyTooLarge)) { try decode(hex("50525043 ffffffff fffffffe")) }
        #expect(throws: FrameError(.bodyTooLarge)) { try decode(hex("50525043 04000001 00010000")) }
    }

    @Test("A call above the limit gives its meta, when that is small, and waits for nothing else")
    func readsMetaOfOversizedCall() throws {
        let meta = Array(Captures.request[12..<57])
        let header = hex("50525043 04000000 0000002d")
        #expect(try decode(header).0 == nil)
        #expect(try decode(header + meta.dropLast()).0 == nil)
        let (frame, _) = try decode(header + meta)
        #expect(frame?.kind == .oversizedCall)
        #expect(frame?.body == ByteBuffer(bytes: meta))
    }

    @Test("A meta longer than its body is refused")
    func refusesMetaBeyondBody() {
        #expect(throws: FrameError(.metaBeyondBody)) { try decode(hex("50525043 00000010 00000011")) }
        #expect(throws: FrameError(.metaBeyondBody)) { try decode(hex("5354524d 00000000 00000001")) }
    }

    @Test(
        "Anything but the two magics is refused with its first wrong byte",
        arguments: ["47", "50 53", "50 52 49", "50 52 50 44", "53 54 52 50", "16 03 01", "00"])
    func refusesJunk(text: String) {
        #expect(throws: FrameError(.unknownMagic)) { try decode(hex(text)) }
        #expect(throws: FrameError(.unknownMagic)) { try decode(hex(text) + [UInt8](repeating: 0, count: 20)) }
    }

    @Test("The beginning of a magic is waited for", arguments: ["50", "50 52", "50 52 50", "53", "53 54 52", ""])
    func waitsForMagic(text: String) throws {
        let (frame, left) = try decode(hex(text))
        #expect(frame == nil)
        #expect(left == hex(text).count)
    }

    @Test("A body may be empty")
    func acceptsEmptyBody() throws {
        let frame = try frame(hex("50525043 00000000 00000000"))
        #expect(frame.body.readableBytes == 0)
    }
}
