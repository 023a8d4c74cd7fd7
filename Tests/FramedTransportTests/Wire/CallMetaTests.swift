import GRPCCore
import NIOCore
import Testing

@testable import FramedTransport

@Suite("Call meta")
struct CallMetaTests {
    private func parse(_ bytes: [UInt8]) throws -> CallMeta {
        try CallMeta(parsing: ByteBuffer(bytes: bytes), metaLength: bytes.count)
    }

    private func metadata(_ bytes: [UInt8]) throws -> Metadata {
        try parse(bytes).metadata(in: ByteBuffer(bytes: bytes), metaLength: bytes.count)
    }

    private func frame(_ bytes: [UInt8]) throws -> (Frame, CallMeta) {
        var decoder = FrameDecoder(maxBodyBytes: 1 << 20)
        var buffer = ByteBuffer(bytes: bytes)
        let frame = try #require(try decoder.decode(buffer: &buffer))
        return (frame, try CallMeta(parsing: frame.body, metaLength: frame.metaLength))
    }

    private func text(_ range: ByteRange, _ frame: Frame) -> String? {
        frame.body.getString(at: frame.body.readerIndex + range.start, length: range.length)
    }

    // MARK: Recorded packets

    @Test("The recorded request is understood")
    func readsRequest() throws {
        let (frame, meta) = try frame(Captures.request)
        #expect(meta.hasRequest && !meta.hasResponse && !meta.opensStream)
        #expect(text(meta.serviceName, frame) == "example.EchoService")
        #expect(text(meta.methodName, frame) == "Echo")
        #expect(meta.correlationID == 4_294_967_298)
        #expect(meta.timeoutMilliseconds == 0)
        #expect(meta.compressType == 0 && meta.contentType == 0 && meta.checksumType == 0)
        #expect(meta.checksumValue.isEmpty)
    }

    @Test("The recorded answer is understood")
    func readsAnswer() throws {
        let (_, meta) = try frame(Captures.answer)
        #expect(meta.hasResponse && !meta.hasRequest)
        #expect(meta.errorCode == 0)
        #expect(meta.correlationID == 4_294_967_298)
    }

    @Test("The recorded error answer is understood")
    func readsErrorAnswer() throws {
        let (frame, meta) = try frame(Captures.errorAnswer)
        #expect(meta.errorCode == 1004)
        #expect(text(meta.errorText, frame) == "Fail to authenticate")
    }

    @Test("The recorded opening of a stream is understood as such")
    func readsStreamOpening() throws {
        let (_, meta) = try frame(Captures.streamOpening)
        #expect(meta.opensStream)
        #expect(meta.correlationID == 8_589_934_598)
    }

    @Test("The recorded frames of streams are understood")
    func readsStreamFrames() throws {
        var decoder = FrameDecoder(maxBodyBytes: 1 << 20)
        func meta(_ bytes: [UInt8]) throws -> StreamFrameMeta {
            var buffer = ByteBuffer(bytes: bytes)
            let frame = try #require(try decoder.decode(buffer: &buffer))
            return try StreamFrameMeta(parsing: frame.body, metaLength: frame.metaLength)
        }
        let data = try meta(Captures.streamData)
        #expect(data.streamID == 8_589_934_592 && data.sourceStreamID == 8_589_934_595 && data.frameType == 3)
        #expect(try meta(Captures.streamFeedback).frameType == 4)
        #expect(try meta(Captures.streamClose).frameType == 2)
        let reset = try meta(Captures.streamReset)
        #expect(reset.streamID == 8_589_934_595 && reset.sourceStreamID == nil && reset.frameType == 1)
        #expect(throws: FrameError(.malformedMeta)) { try meta(packet("STRM", meta: hex("10 01 18 03"))) }
    }

    @Test("The recorded variants are understood")
    func readsVariants() throws {
        let timeout = try parse(request("a.B", "C", hex("40 a0 06")))
        #expect(timeout.timeoutMilliseconds == 800)

        let credential = request("a.B", "C") + hex("3a 05 74 6f 6b 2d 31")
        let range = try parse(credential).authenticationData
        #expect(credential[range.start..<range.end].elementsEqual("tok-1".utf8))

        #expect(try parse(request("a.B", "C") + hex("28 04")).attachmentSize == 4)
        #expect(try parse(request("a.B", "C") + hex("18 02")).compressType == 2)

        let field = hex("4a 1b 0a 0d 61 75 74 68 6f 72 69 7a 61 74 69 6f 6e 12 0a 42 65 61 72 65 72 20 61 62 63")
        #expect(try metadata(request("a.B", "C") + field) == ["authorization": "Bearer abc"])

        let checksum = try parse(request("a.B", "C") + hex("58 01 62 04 d3 8c ab 46"))
        #expect(checksum.checksumType == 1 && checksum.checksumValue.length == 4)
    }

    // MARK: Fields

    @Test("Every numeric field is read, negative values included")
    func readsNumbers() throws {
        let minusOne = hex("ff ff ff ff ff ff ff ff ff 01")
        let meta = try parse(
            request("a.B", "C", [0x18] + minusOne + hex("20 05 28 06 30 07 40 01"))
                + [0x20] + minusOne + [0x28] + minusOne + hex("50 03 68 01"))
        #expect(meta.logID == -1 && meta.traceID == 5 && meta.spanID == 6 && meta.parentSpanID == 7)
        #expect(meta.timeoutMilliseconds == 1)
        #expect(meta.correlationID == -1)
        #expect(meta.attachmentSize == -1)
        #expect(meta.contentType == 3)
        #expect(meta.checksumCoversAttachment)
    }

    @Test("Unknown fields of every shape are passed over, on every level")
    func skipsUnknownFields() throws {
        // 100: varint, 101: fixed64, 102: bytes, 103: a group with a group in it, 104: fixed32, 6: chunk info.
        let unknown =
            hex("a0 06 96 01  a9 06 01 02 03 04 05 06 07 08  b2 06 02 00 ff")
            + hex("bb 06 08 01 13 08 02 14 bc 06  c5 06 01 02 03 04") + hex("32 04 08 01 10 02")
        let meta = try parse(unknown + request("a.B", "C", unknown) + unknown + hex("20 07"))
        #expect(meta.correlationID == 7)
        #expect(meta.serviceName.length == 3)
    }

    @Test("A known number with the wrong shape is an unknown field")
    func skipsWrongShapes() throws {
        let meta = try parse(request("a.B", "C") + hex("22 01 05  1d 01 00 00 00  48 01"))
        #expect(meta.correlationID == 0 && meta.compressType == 0)
        #expect(!meta.hasMetadata)
    }

    @Test("Of a field that comes twice the last one counts, and parts of the request are merged")
    func mergesRepeatedFields() throws {
        let bytes =
            field(1, field(1, Array("a.B".utf8)) + field(2, Array("X".utf8))) + hex("20 01 20 02")
            + field(1, field(2, Array("C".utf8)))
        let meta = try parse(bytes)
        #expect(meta.correlationID == 2)
        #expect(bytes[meta.methodName.start..<meta.methodName.end].elementsEqual("C".utf8))
        #expect(bytes[meta.serviceName.start..<meta.serviceName.end].elementsEqual("a.B".utf8))
    }

    @Test(
        "What is no protobuf message, or lacks what is required, is refused",
        arguments: [
            "00 01",  // field number 0
            "0a",  // nothing behind the tag
            "0a 05 0a 01 61",  // shorter than announced
            "20 ff ff ff ff ff ff ff ff ff ff 01",  // a varint of eleven bytes
            "20 80",  // a varint without an end
            "a1 06 01 02",  // a cut fixed64
            "0c",  // the end of a group that never began
            "a3 06 08 01",  // a group without an end
            "a3 06 ac 06",  // a group with the end of another
            "0f 00",  // wire type 7
            "0a 03 0a 01 61",  // a request without a method
            "0a 03 12 01 61",  // a request without a service
            "4a 02 0a 05",  // user fields with a cut key
            "42 02 10 01",  // stream settings without an id
            "f8 ff ff ff ff 0f 01",  // a tag of more than 32 bits
        ])
    func refusesMalformed(text: String) {
        #expect(throws: FrameError(.malformedMeta)) { try parse(hex(text)) }
    }

    @Test("Groups may not nest without end")
    func limitsGroups() {
        let deep = [[UInt8]](repeating: hex("a3 06"), count: 5_000).flatMap { $0 }
        #expect(throws: FrameError(.malformedMeta)) { try parse(deep) }
    }

    @Test("Whatever is cut from a good meta is either read or refused")
    func survivesEveryCut() {
        let bytes = Array(Captures.streamOpening[12..<58])
        for end in 0...bytes.count {
            for start in 0...end {
                do {
                    _ = try parse(Array(bytes[start..<end]))
                } catch {
                    #expect(error as? FrameError == FrameError(.malformedMeta))
                }
            }
        }
    }

    // MARK: Metadata

    @Test("Request field 7 that holds pairs is metadata")
    func readsPairs() throws {
        let pairs =
            field(7, field(1, Array("one".utf8)) + field(2, Array("1".utf8)))
            + field(7, field(1, Array("two".utf8)))
        #expect(try metadata(request("a.B", "C", pairs)) == ["one": "1", "two": ""])
    }

    @Test(
        "Request field 7 that holds anything else is a request id, the last one counting",
        arguments: [
            ["abc"], ["first", "last"], ["\u{0a}\u{03}one\u{12}\u{01}1", "plain"], [""], ["a12345678"],
            ["\u{0a}\u{00}"],
        ])
    func readsRequestID(items: [String]) throws {
        let fields = items.flatMap { field(7, Array($0.utf8)) }
        let found = try metadata(request("a.B", "C", fields))
        #expect(found.count == 1)
        #expect(found[stringValues: "x-request-id"].contains(items[items.count - 1]))
    }

    @Test("Binary metadata comes back as bytes, alone or with commas, and stays text when it is no base64")
    func readsBinary() throws {
        func user(_ key: String, _ value: String) -> [UInt8] {
            field(9, field(1, Array(key.utf8)) + field(2, Array(value.utf8)))
        }
        let found = try metadata(request("a.B", "C") + user("x-bin", "AQI=,Aw") + user("y-bin", "no base64!"))
        #expect(Array(found[binaryValues: "x-bin"]) == [[1, 2], [3]])
        #expect(Array(found[stringValues: "y-bin"]) == ["no base64!"])
    }

    @Test("A handler sees no timeout in its metadata")
    func hidesTimeout() throws {
        let bytes =
            request("a.B", "C")
            + field(9, field(1, Array("grpc-timeout".utf8)) + field(2, Array("5S".utf8)))
            + field(9, field(1, Array("k".utf8)) + field(2, Array("v".utf8)))
        let found = try parse(bytes).requestMetadata(in: ByteBuffer(bytes: bytes), metaLength: bytes.count)
        #expect(found == ["k": "v"])
    }
}
