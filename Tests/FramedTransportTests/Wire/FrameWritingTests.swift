import GRPCCore
import NIOCore
import Testing

@testable import FramedTransport

@Suite("Frame writing")
struct FrameWritingTests {
    private func parse(_ buffer: ByteBuffer) throws -> (Frame, CallMeta) {
        var decoder = FrameDecoder(maxBodyBytes: 1 << 20)
        var copy = buffer
        let frame = try #require(try decoder.decode(buffer: &copy))
        #expect(copy.readableBytes == 0)
        return (frame, try CallMeta(parsing: frame.body, metaLength: frame.metaLength))
    }

    @Test("An answer has the bytes that every peer understands")
    func writesAnswer() {
        var buffer = ByteBuffer()
        let frame = buffer.beginAnswer(correlationID: 4_294_967_298)
        buffer.writeBytes(hex("0a 0b 68 65 6c 6c 6f 20 77 6f 72 6c 64"))
        buffer.endFrame(frame)
        let expected = hex(
            """
            50 52 50 43 00 00 00 19 00 00 00 0c 12 02 08 00 18 00 20 82 80 80 80 10
            0a 0b 68 65 6c 6c 6f 20 77 6f 72 6c 64
            """)
        #expect(Array(buffer: buffer) == expected)
    }

    @Test("A request has the recorded bytes, less the fields that are not needed")
    func writesRequest() {
        var buffer = ByteBuffer()
        let head = RequestHead(
            service: "example.EchoService", method: "Echo", correlationID: 4_294_967_298, timeoutMilliseconds: 800,
            authenticationData: Array("tok-1".utf8), metadata: ["authorization": "Bearer abc"])
        buffer.writeRequest(head, message: ByteBuffer(bytes: hex("0a 0b 68 65 6c 6c 6f 20 77 6f 72 6c 64")))
        let expected = hex(
            """
            50 52 50 43 00 00 00 59 00 00 00 4c
            0a 1e 0a 13 65 78 61 6d 70 6c 65 2e 45 63 68 6f 53 65 72 76 69 63 65 12 04 45 63 68 6f 40 a0 06
            18 00 20 82 80 80 80 10 3a 05 74 6f 6b 2d 31
            4a 1b 0a 0d 61 75 74 68 6f 72 69 7a 61 74 69 6f 6e 12 0a 42 65 61 72 65 72 20 61 62 63
            0a 0b 68 65 6c 6c 6f 20 77 6f 72 6c 64
            """)
        #expect(Array(buffer: buffer) == expected)
    }

    @Test("An error answer holds nothing but its meta")
    func writesFailure() throws {
        var buffer = ByteBuffer()
        buffer.writeFailure(correlationID: 4_294_967_298, code: .unauthenticated, text: "Fail to authenticate")
        let expected = hex(
            """
            50 52 50 43 00 00 00 23 00 00 00 23
            12 19 08 ec 07 12 14 46 61 69 6c 20 74 6f 20 61 75 74 68 65 6e 74 69 63 61 74 65
            18 00 20 82 80 80 80 10
            """)
        #expect(Array(buffer: buffer) == expected)
    }

    @Test("The reset of a stream has the recorded bytes")
    func writesReset() {
        var buffer = ByteBuffer()
        buffer.writeStreamReset(to: 8_589_934_595)
        #expect(Array(buffer: buffer) == Captures.streamReset)
    }

    @Test(
        "Correlation ids come back unchanged",
        arguments: [0, 1, 127, 128, -1, .max, .min, 1 << 62, 4_294_967_298])
    func keepsCorrelationIDs(id: Int64) throws {
        var answer = ByteBuffer()
        let frame = answer.beginAnswer(correlationID: id)
        answer.endFrame(frame)
        #expect(try parse(answer).1.correlationID == id)
        var failure = ByteBuffer()
        failure.writeFailure(correlationID: id, code: .badRequest, text: "")
        #expect(try parse(failure).1.correlationID == id)
    }

    @Test("Packets stand behind each other in one buffer")
    func appendsPackets() throws {
        var buffer = ByteBuffer()
        for id in 1...3 {
            let frame = buffer.beginAnswer(correlationID: Int64(id))
            buffer.writeRepeatingByte(UInt8(id), count: id)
            buffer.endFrame(frame)
        }
        var decoder = FrameDecoder(maxBodyBytes: 100)
        for id in 1...3 {
            let frame = try #require(try decoder.decode(buffer: &buffer))
            #expect(frame.body.readableBytes - frame.metaLength == id)
        }
    }

    @Test("Metadata survives the way, with several values under a key joined and binary ones as base64")
    func writesMetadata() throws {
        var metadata: Metadata = ["Trace-ID": "abc"]
        metadata.addString("def", forKey: "trace-id")
        metadata.addBinary([0, 255, 1], forKey: "detail-bin")
        metadata.addBinary([2], forKey: "detail-bin")
        metadata.addString(String(repeating: "x", count: 300), forKey: "long")
        var buffer = ByteBuffer()
        buffer.writeFailure(correlationID: 1, code: .badRequest, text: "no", metadata: metadata)
        let (frame, meta) = try parse(buffer)
        let found = meta.metadata(in: frame.body, metaLength: frame.metaLength)
        #expect(Array(found[stringValues: "trace-id"]) == ["abc,def"])
        #expect(found.contains { $0.key == "trace-id" })
        #expect(Array(found[binaryValues: "detail-bin"]) == [[0, 255, 1], [2]])
        #expect(found[stringValues: "long"].first { _ in true }?.count == 300)
    }

    @Test("Varints have the length that is foretold for them")
    func measuresVarints() {
        for shift in 0..<64 {
            for value in [UInt64(1) << shift, (UInt64(1) << shift) - 1, (UInt64(1) << shift) | 1] {
                var buffer = ByteBuffer()
                buffer.writeVarint(value)
                #expect(buffer.readableBytes == ByteBuffer.varintLength(value), "\(value)")
            }
        }
    }
}
