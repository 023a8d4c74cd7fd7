import GRPCCore
import NIOCore
import Testing

@testable import FramedTransport

@Suite("Malformed input", .timeLimit(.minutes(1)))
struct MalformedInputTests {
    private static let say = request(FastEcho.name, "Say") + field(4, 9)

    @Test(
        "Bytes that are no packet close the connection without an answer",
        arguments: [
            "GET / HTTP/1.1\r\n", "PRI * HTTP/2.0", "X", "PRPX", "STRX", "\u{16}\u{03}\u{01}",
        ])
    func closesOnJunk(text: String) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.send(Array(text.utf8))
                #expect(try await peer.next() == nil)
            }
        }
    }

    @Test("Junk between packets closes the connection, after the answers that are ready")
    func closesOnJunkBetweenPackets() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.send(
                    packet("PRPC", meta: Self.say) + Array("junk".utf8) + packet("PRPC", meta: Self.say))
                #expect(try await peer.next()?.id == 9)
                #expect(try await peer.next() == nil)
            }
        }
    }

    @Test(
        "A header or meta that makes no sense closes the connection",
        arguments: [
            hex("50525043 00000001 00000002 00"),  // meta longer than the body
            hex("5354524d 04000001 00000000"),  // a stream frame above the limit
            hex("50525043 04000001 00100000"),  // a call above the limit with a long meta
            packet("PRPC", meta: hex("0a ff")),
            packet("PRPC", meta: field(1, field(1, Array("a.B".utf8)))),
            packet("STRM", meta: hex("18 03")),
            packet("STRM", meta: hex("07")),
        ])
    func closesOnBadPackets(bytes: [UInt8]) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.send(bytes)
                #expect(try await peer.next() == nil)
            }
        }
    }

    @Test("64 MiB are refused by name when they are announced, and the connection closes")
    func refusesOversizedCall() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                var header = ByteBuffer(string: "PRPC")
                header.writeMultipleIntegers(UInt32(64 << 20), UInt32(Self.say.count))
                try await peer.send(Array(buffer: header) + Self.say)
                let answer = try #require(try await peer.next())
                #expect(answer.id == 9)
                #expect(answer.code == 10_008)
                #expect(answer.text.hasPrefix("RESOURCE_EXHAUSTED: "))
                #expect(try await peer.next() == nil)
            }
        }
    }

    /// One call that is refused, beside a good one behind it that is not.
    private func refuses(
        _ bytes: [UInt8], with code: Int32, id: Int64 = 9, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.send(bytes)
                let refusal = try #require(try await peer.next(), sourceLocation: sourceLocation)
                #expect(refusal.code == code, sourceLocation: sourceLocation)
                #expect(refusal.id == id, sourceLocation: sourceLocation)
                #expect(refusal.message.isEmpty, sourceLocation: sourceLocation)
                try await peer.call(FastEcho.name, "Say", id: 77, message: [1, 2])
                let answer = try #require(try await peer.next(), sourceLocation: sourceLocation)
                #expect(
                    answer.code == 0 && answer.id == 77 && answer.message == [1, 2], sourceLocation: sourceLocation)
            }
        }
    }

    @Test("A meta without a request is answered 1003")
    func refusesMissingRequest() async throws {
        try await refuses(packet("PRPC", meta: field(4, 9)), with: 1003)
        try await refuses(packet("PRPC", meta: field(2, []) + field(4, 9)), with: 1003)
        try await refuses(packet("PRPC", meta: []), with: 1003, id: 0)
    }

    @Test(
        "Compression of an unknown kind, or of bytes that are no such thing, is answered 1003",
        arguments: [1, 2, 3, 4, 99])
    func refusesCompression(type: UInt8) async throws {
        try await refuses(packet("PRPC", meta: Self.say + field(3, type), rest: [1]), with: 1003)
    }

    @Test("Content that is not protobuf is answered 1003", arguments: [1, 2, 3, 77])
    func refusesContentType(type: UInt8) async throws {
        try await refuses(packet("PRPC", meta: Self.say + field(10, type), rest: [1]), with: 1003)
    }

    @Test("An attachment that does not fit is answered 1003")
    func refusesAttachment() async throws {
        try await refuses(packet("PRPC", meta: Self.say + field(5, 4), rest: [1, 2, 3]), with: 1003)
        let negative = [0x28] + [UInt8](repeating: 0xff, count: 9) + [1]
        try await refuses(packet("PRPC", meta: Self.say + negative, rest: [1, 2, 3]), with: 1003)
    }

    @Test("A wrong checksum is answered 1003, one of a wrong length too")
    func refusesChecksum() async throws {
        let message = hex("0a0b68656c6c6f20776f726c64")
        func bytes(_ value: [UInt8]) -> [UInt8] {
            packet("PRPC", meta: Self.say + field(11, 1) + field(12, value), rest: message)
        }
        try await refuses(bytes(hex("d3 8c ab 47")), with: 1003)
        try await refuses(bytes(hex("d3 8c ab")), with: 1003)
        try await refuses(bytes(hex("d3 8c ab 46 00")), with: 1003)
        try await refuses(bytes([]), with: 1003)
    }

    @Test("A right checksum passes, over the message or with the attachment; an unknown kind is not checked")
    func acceptsChecksum() async throws {
        let message = hex("0a0b68656c6c6f20776f726c64")
        let whole = message + [1, 2, 3]
        let crc = CRC32C.masked(whole.withUnsafeBytes { CRC32C.checksum($0) })
        let covering = withUnsafeBytes(of: crc.bigEndian) { Array($0) }
        let metas = [
            Self.say + field(11, 1) + field(12, hex("d3 8c ab 46")) + field(5, 3),
            Self.say + field(11, 1) + field(12, covering) + field(5, 3) + field(13, 1),
            Self.say + field(11, 2) + field(12, [1]) + field(5, 3),
        ]
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                for meta in metas {
                    try await peer.send(packet("PRPC", meta: meta, rest: whole))
                    let answer = try #require(try await peer.next())
                    #expect(answer.code == 0)
                    // The attachment is no part of the message, and none is sent back.
                    #expect(answer.message == message)
                    #expect(answer.meta.attachmentSize == 0)
                }
            }
        }
    }

    @Test("A call that opens a stream is refused before it is run")
    func refusesStreams() async throws {
        try await refuses(packet("PRPC", meta: Self.say + field(8, hex("08 05 10 01 18 01"))), with: 10_012)
    }

    @Test("Data for an unknown stream is answered with a reset to its source, other frames with nothing")
    func resetsUnknownStreams() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                let nobody = hex("08 00 10 ff ff ff ff ff ff ff ff ff 01 18 03 20 00")
                try await peer.send(
                    Captures.streamFeedback + Captures.streamClose + Captures.streamReset
                        + packet("STRM", meta: hex("08 05 18 03"), rest: [1]) + packet("STRM", meta: nobody)
                        + packet("STRM", meta: hex("08 05 10 07 18 63")) + Captures.streamData)
                let reset = try #require(try await peer.next())
                #expect(reset.frame.kind == .stream)
                #expect(Array(buffer: reset.frame.body) == hex("08 83 80 80 80 20 18 01"))
                try await peer.call(FastEcho.name, "Say", id: 1)
                #expect(try await peer.next()?.id == 1)
            }
        }
    }

    @Test(
        "A request that drips in byte by byte is answered like any other", arguments: [FastEcho.name, EchoService.name])
    func acceptsSlowClients(service: String) async throws {
        let bytes = packet("PRPC", meta: request(service, "Say") + field(4, 5), rest: [1, 2, 3])
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                for byte in bytes { try await peer.send([byte]) }
                let answer = try #require(try await peer.next())
                #expect(answer.id == 5 && answer.code == 0 && answer.message == [1, 2, 3])
            }
        }
    }
}
