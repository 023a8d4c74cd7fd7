import GRPCCore
import NIOCore
import NIOPosix
import Testing

@testable import FramedTransport

@Suite("A client that compresses and checks", .timeLimit(.minutes(1)))
struct PackedExchangeTests {
    private func connect(
        _ address: FramedAddress, _ adjust: (inout FramedClientConfiguration) -> Void
    ) async throws -> FramedClientConnection {
        var configuration = FramedClientConfiguration()
        adjust(&configuration)
        return try await FramedClientConnection.connect(
            to: address, on: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
    }

    @Test("Large requests travel compressed with a checksum, small ones with a checksum only")
    func packs() async throws {
        for kind in FramedCompressionTests.kinds {
            try await ScriptedServer.with { _, _, meta in
                .send(answer(meta.correlationID))
            } _: { server, address in
                let connection = try await connect(address) {
                    $0.compression = kind
                    $0.sendsChecksums = true
                }
                let message = ByteBuffer(repeating: 1, count: 5_000)
                _ = try await connection.call(service: "a.B", method: "C", message: message).get()
                _ = try await connection.call(service: "a.B", method: "C", message: ByteBuffer(string: "x")).get()
                let requests = server.requests
                #expect(requests.map(\.meta.compressType) == [kind.rawValue, 0])
                #expect(requests.allSatisfy { $0.meta.checksumType == 1 && $0.meta.hasValidChecksum(in: $0.frame) })
                #expect(requests[0].frame.body.readableBytes < 300)
                try await connection.close()
            }
        }
    }

    @Test("Client and server understand each other, whatever the client sends", arguments: LaneTests.lanes)
    func agrees(service: String) async throws {
        try await TestServer.with { server in
            for kind in [nil, FramedCompression.gzip, .zlib] {
                for checks in [false, true] {
                    let connection = try await connect(server.address) {
                        $0.compression = kind
                        $0.sendsChecksums = checks
                    }
                    for size in [0, 1, 1_024, 1_025, 300_000] {
                        let message = ByteBuffer(repeating: 5, count: size)
                        let response = try await connection.call(service: service, method: "Say", message: message)
                            .get()
                        #expect(response.message == message)
                    }
                    try await connection.close()
                }
            }
        }
    }

    @Test("An answer that is too large when inflated fails its call alone")
    func refusesBombs() async throws {
        let bomb = try #require(FramedCompression.gzip.deflated(ByteBuffer(repeating: 0, count: 100_001)))
        try await ScriptedServer.with { connection, _, meta in
            var buffer = ByteBuffer()
            let isBomb = meta.timeoutMilliseconds < 10_000
            var frame = buffer.beginAnswer(
                correlationID: meta.correlationID, compression: isBomb ? .gzip : nil, checksum: nil)
            frame.metaEnd = buffer.writerIndex
            buffer.writeImmutableBuffer(isBomb ? bomb : ByteBuffer(string: "ok"))
            buffer.endFrame(frame)
            return .send(Array(buffer: buffer))
        } _: { _, address in
            let connection = try await connect(address) { $0.maxFrameBytes = 100_000 }
            let refusal = await #expect(throws: RPCError.self) {
                try await connection.call(
                    service: "a.B", method: "C", message: ByteBuffer(), timeout: .seconds(5)
                ).get()
            }
            #expect(refusal?.code == .resourceExhausted)
            let response = try await connection.call(
                service: "a.B", method: "C", message: ByteBuffer(), timeout: .seconds(20)
            ).get()
            #expect(String(buffer: response.message) == "ok")
            try await connection.close()
        }
    }
}
