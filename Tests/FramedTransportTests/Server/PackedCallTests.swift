import GRPCCore
import NIOCore
import NIOEmbedded
import Testing

@testable import FramedTransport

@Suite("Compressed calls and checksums", .timeLimit(.minutes(1)))
struct PackedCallTests {
    private static let text = [UInt8](repeating: 7, count: 5_000)

    /// A request whose message is compressed and has a checksum.
    private func call(
        _ service: String, _ method: String = "Say", id: Int64, _ compression: FramedCompression?,
        checksum: Bool = true, message: [UInt8] = text
    ) throws -> ByteBuffer {
        var head = RequestHead(service: service, method: method, correlationID: id, timeoutMilliseconds: 0)
        var packed = ByteBuffer(bytes: message)
        if let compression {
            packed = try #require(compression.deflated(packed))
            head.compression = compression
        }
        if checksum { head.checksum = packed.maskedChecksum }
        var buffer = ByteBuffer()
        buffer.writeRequest(head, message: packed)
        return buffer
    }

    /// The message of an answer, unpacked and checked.
    private func unpack(_ answer: Answer) throws -> [UInt8] {
        #expect(answer.code == 0)
        #expect(answer.meta.hasValidChecksum(in: answer.frame))
        guard let compression = FramedCompression(rawValue: answer.meta.compressType) else { return answer.message }
        return Array(buffer: try compression.inflated(ByteBuffer(bytes: answer.message), limit: 1 << 20))
    }

    @Test(
        "A compressed request is answered compressed, a checksum with a checksum", arguments: LaneTests.lanes,
        FramedCompressionTests.kinds)
    func answersInKind(service: String, kind: FramedCompression) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.send(Array(buffer: try call(service, id: 1, kind)))
                let both = try #require(try await peer.next())
                #expect(both.meta.compressType == kind.rawValue && both.meta.checksumType == 1)
                #expect(both.message.count < 200)
                #expect(try unpack(both) == Self.text)

                try await peer.send(Array(buffer: try call(service, id: 2, kind, checksum: false)))
                let compressed = try #require(try await peer.next())
                #expect(compressed.meta.compressType == kind.rawValue && compressed.meta.checksumType == 0)
                #expect(try unpack(compressed) == Self.text)

                try await peer.send(Array(buffer: try call(service, id: 3, nil)))
                let checked = try #require(try await peer.next())
                #expect(checked.meta.compressType == 0 && checked.meta.checksumType == 1)
                #expect(try unpack(checked) == Self.text)

                // Too small to be worth it.
                let small = [UInt8](repeating: 1, count: 1_024)
                try await peer.send(Array(buffer: try call(service, id: 4, kind, message: small)))
                let plain = try #require(try await peer.next())
                #expect(plain.meta.compressType == 0 && plain.meta.checksumType == 1)
                #expect(try unpack(plain) == small)
            }
        }
    }

    @Test("The configuration decides when answers are compressed")
    func followsConfiguration() async throws {
        for (setting, sent, expected) in [
            (FramedAnswerCompression.never, FramedCompression.gzip, Int32(0)), (.always(.zlib), nil, 3),
            (.always(.zlib), .gzip, 3), (.asRequested, nil, 0),
        ] as [(FramedAnswerCompression, FramedCompression?, Int32)] {
            try await TestServer.with {
                $0.answerCompression = setting
            } _: { server in
                try await RawPeer.with(server.address) { peer in
                    try await peer.send(Array(buffer: try call(FastEcho.name, id: 1, sent)))
                    let answer = try #require(try await peer.next())
                    #expect(answer.meta.compressType == expected)
                    #expect(try unpack(answer) == Self.text)
                }
            }
        }
    }

    @Test("What is too large when inflated is refused by name, and the connection lives on", arguments: LaneTests.lanes)
    func refusesBombs(service: String) async throws {
        try await TestServer.with {
            $0.maxFrameBytes = 100_000
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                let bomb = [UInt8](repeating: 0, count: 100_001)
                try await peer.send(Array(buffer: try call(service, "Hold", id: 1, .gzip, message: bomb)))
                let refusal = try #require(try await peer.next())
                #expect(refusal.code == 10008)
                #expect(refusal.text == "RESOURCE_EXHAUSTED: the message is larger than 100000 bytes when inflated")
                try await peer.send(Array(buffer: try call(service, id: 2, .gzip)))
                #expect(try unpack(try #require(try await peer.next())) == Self.text)
                #expect(server.fast.heldCalls.isEmpty && server.service.started == 0)
            }
        }
    }

    @Test("An answer that is too large before compression is refused all the same")
    func refusesLargeAnswers() async throws {
        try await TestServer.with {
            $0.maxFrameBytes = 100_000
        } _: { server in
            try await RawPeer.with(server.address) { peer in
                var head = RequestHead(
                    service: FastEcho.name, method: "Big", correlationID: 1, timeoutMilliseconds: 0)
                let message = ByteBuffer(bytes: [1, 134, 161])
                head.checksum = message.maskedChecksum
                var buffer = ByteBuffer()
                buffer.writeRequest(head, message: message)
                try await peer.send(Array(buffer: buffer))
                #expect(try await peer.next()?.code == 2002)
            }
        }
    }

    @Test("Snappy and lz4 are refused by their number")
    func refusesOthers() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                for type in [UInt8(1), 4] {
                    let meta = request(FastEcho.name, "Say") + field(3, type) + field(4, type)
                    try await peer.send(packet("PRPC", meta: meta, rest: [1]))
                    let refusal = try #require(try await peer.next())
                    #expect(refusal.code == 1003)
                    #expect(refusal.text == "INVALID_ARGUMENT: compress_type \(type) is not supported")
                }
            }
        }
    }

    @Test("A compressed call with a checksum is understood wherever its bytes are split")
    func survivesSplits() throws {
        let fast = FastEcho()
        let whole = try call(
            FastEcho.name, id: 9, .gzip,
            message: Array("to be, or not to be, to be".utf8) + [UInt8](repeating: 1, count: 40))
        for split in 0...whole.readableBytes {
            let (channel, _) = try embeddedConnection(fast) { $0.compressAnswersAbove = 10 }
            var rest = whole
            let head = rest.readSlice(length: split) ?? ByteBuffer()
            try channel.writeInbound(head)
            channel.embeddedEventLoop.run()
            try channel.writeInbound(rest)
            channel.embeddedEventLoop.run()
            let written = try channel.readOutbound(as: ByteBuffer.self)
            var output = try #require(written)
            var decoder = FrameDecoder(maxBodyBytes: 1 << 20)
            let frame = try decoder.decode(buffer: &output)
            let answer = try Answer(#require(frame))
            #expect(answer.id == 9 && answer.meta.compressType == 2)
            #expect(try unpack(answer).starts(with: Array("to be, or".utf8)))
            _ = try channel.finish()
        }
    }

    @Test("A checksum of the message before compression is wrong")
    func checksWhatTravels() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                let message = ByteBuffer(bytes: Self.text)
                var head = RequestHead(
                    service: FastEcho.name, method: "Say", correlationID: 1, timeoutMilliseconds: 0)
                head.compression = .zlib
                head.checksum = message.maskedChecksum
                var buffer = ByteBuffer()
                buffer.writeRequest(head, message: try #require(FramedCompression.zlib.deflated(message)))
                try await peer.send(Array(buffer: buffer))
                let refusal = try #require(try await peer.next())
                #expect(refusal.code == 1003 && refusal.text.contains("checksum"))
            }
        }
    }
}
