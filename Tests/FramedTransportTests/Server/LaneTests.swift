import GRPCCore
import NIOCore
import NIOPosix
import Testing

@testable import FramedTransport

@Suite("Both lanes", .timeLimit(.minutes(1)))
struct LaneTests {
    static let lanes = [FastEcho.name, EchoService.name]

    @Test("A call is answered with its own id and bytes", arguments: lanes)
    func answers(service: String) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                for (id, size) in [(Int64.min, 0), (-1, 1), (0, 5_000), (.max, 200_000)] {
                    let message = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                    try await peer.call(service, "Say", id: id, message: message)
                    let answer = try #require(try await peer.next())
                    #expect(answer.id == id && answer.code == 0 && answer.message == message)
                }
            }
        }
    }

    @Test("A request without an id is answered with 0", arguments: lanes)
    func answersWithoutID(service: String) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.send(packet("PRPC", meta: request(service, "Say")))
                let answer = try #require(try await peer.next())
                #expect(answer.id == 0 && answer.code == 0)
                // Some peers fail when these are not written.
                #expect(Array(buffer: answer.frame.body).starts(with: hex("12 02 08 00 18 00 20 00")))
            }
        }
    }

    @Test("The last of several calls may be answered first", arguments: lanes)
    func answersInAnyOrder(service: String) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(service, "Hold", id: 1)
                try await peer.call(service, "Say", id: 2)
                #expect(try await peer.next()?.id == 2)
                try await eventually("the first call is held") {
                    server.service.started + server.fast.heldCalls.count == 1
                }
                server.service.gate.open()
                server.fast.completeAll()
                #expect(try await peer.next()?.id == 1)
            }
        }
    }

    @Test("An error carries its code, its name and its metadata", arguments: lanes, [1, 5, 9, 16])
    func fails(service: String, code: UInt8) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(service, "Fail", id: 3, message: [code])
                let answer = try #require(try await peer.next())
                #expect(answer.code == 10_000 + Int32(code))
                #expect(answer.text.hasSuffix(": as you wished"))
                #expect(answer.text.uppercased().hasPrefix(answer.text.prefix { $0 != ":" }))
                let metadata = answer.meta.metadata(in: answer.frame.body, metaLength: answer.frame.metaLength)
                #expect(Array(metadata[stringValues: "hint"]) == ["try another"])
                #expect(Array(metadata[binaryValues: "grpc-status-details-bin"]) == [[0, 1, 254, 255]])
            }
        }
    }

    @Test(
        "Metadata, credential and log id reach the handler; the credential stays with the connection", arguments: lanes)
    func carriesMetadata(service: String) async throws {
        let user = field(9, field(1, Array("k".utf8)) + field(2, Array("v".utf8)))
        let first =
            request(service, "Metadata", hex("18 07") + field(7, Array("req-1".utf8))) + user
            + field(7, Array("tok-1".utf8))
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.send(packet("PRPC", meta: first))
                let answer = try #require(try await peer.next())
                #expect(
                    String(decoding: answer.message, as: UTF8.self)
                        == "k=v\nx-request-id=req-1\nlog_id 7\ncredential tok-1")
                try await peer.call(service, "Metadata", id: 1)
                let second = try #require(try await peer.next())
                #expect(String(decoding: second.message, as: UTF8.self) == "log_id 0\ncredential tok-1")
            }
        }
    }

    @Test("A call keeps its credential when another one comes on the same connection")
    func keepsCredential() async throws {
        func call(_ method: String, _ credential: String) -> [UInt8] {
            packet("PRPC", meta: request(FastEcho.name, method) + field(7, Array(credential.utf8)))
        }
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.send(call("Hold", "one") + call("Metadata", "two"))
                let second = try #require(try await peer.next())
                #expect(String(decoding: second.message, as: UTF8.self) == "log_id 0\ncredential two")
                let first = try #require(server.fast.heldCalls.first)
                #expect(first.context.authenticationData == ByteBuffer(string: "one"))
            }
        }
    }

    @Test("Initial and trailing metadata of a response travel together")
    func sendsMetadata() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(EchoService.name, "Say", id: 1)
                let answer = try #require(try await peer.next())
                let metadata = answer.meta.metadata(in: answer.frame.body, metaLength: answer.frame.metaLength)
                #expect(metadata == ["method": "Say", "end": "yes"])
            }
        }
    }

    @Test(
        "Unknown names are told apart",
        arguments: [
            ("no.such.Service", "Say", 1002), ("NoSuchService", "Say", 1001), ("", "Say", 1001),
            (FastEcho.name, "Nothing", 1002), (EchoService.name, "Nothing", 1002), (EchoService.name, "", 1002),
            ("Fast", "Nothing", 1002), (EchoService.name, "Stream", 1002),
        ])
    func refusesUnknownNames(service: String, method: String, code: Int32) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(service, method, id: 4)
                let answer = try #require(try await peer.next())
                #expect(answer.code == code && answer.id == 4)
                #expect(answer.text.hasPrefix("UNIMPLEMENTED: "))
            }
        }
    }

    @Test("A service is found by its short name", arguments: ["Fast", "Echo"])
    func findsShortNames(service: String) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(service, "Say", id: 4, message: [8])
                let answer = try #require(try await peer.next())
                #expect(answer.code == 0 && answer.message == [8])
            }
        }
    }

    @Test("A handler that answers twice on one call is refused in the middle")
    func refusesSecondMessage() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(EchoService.name, "Twice", id: 4, message: [8])
                let answer = try #require(try await peer.next())
                #expect(answer.code == 10_012 && answer.message.isEmpty)
            }
        }
    }

    @Test("An answer that cannot be written to its end leaves nothing behind")
    func rollsBackHalfAnswers() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Throw", id: 4)
                try await peer.call(FastEcho.name, "Say", id: 5, message: [1])
                let failure = try #require(try await peer.next())
                #expect(failure.code == 10_015 && failure.text == "DATA_LOSS: cannot go on")
                #expect(try await peer.next()?.message == [1])
            }
        }
    }

    @Test("An answer above the frame limit becomes 2002", arguments: lanes)
    func refusesHugeAnswers(service: String) async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(service, "Big", id: 4, message: [0x40, 0, 0])
                #expect(try await peer.next()?.code == 2002)
                try await peer.call(service, "Big", id: 5, message: [0x3f, 0, 0])
                #expect(try await peer.next()?.message.count == 0x3f0000)
            }
        }
    }

    @Test("A server on a unix socket answers too")
    func listensOnUnixSocket() async throws {
        let path = ScriptedServer.freePath()
        try await TestServer.with(address: .unixDomainSocket(path: path)) { server in
            #expect(server.address == .unixDomainSocket(path: path))
            let connection = try await FramedClientConnection.connect(
                to: server.address, on: .singletonMultiThreadedEventLoopGroup)
            let response = try await connection.call(
                service: FastEcho.name, method: "Say", message: ByteBuffer(string: "hi")
            ).get()
            #expect(String(buffer: response.message) == "hi")
            try await connection.close()
        }
    }
}
