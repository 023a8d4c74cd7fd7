import GRPCCore
import NIOCore
import NIOPosix
import Testing

@testable import FramedTransport

@Suite("Cancelling a call", .timeLimit(.minutes(1)))
struct CancelTests {
    private static let control = "holdfast.transport.v1.Control"

    private func message(_ id: Int64) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeVarintField(ConnectionControl.correlationIDTag, UInt64(bitPattern: id))
        return Array(buffer: buffer)
    }

    @Test("A cancelled call is answered 125, its handler is told, and others go on", arguments: LaneTests.lanes)
    func cancels(service: String) async throws {
        let log = CallLog()
        try await TestServer.with(observer: log) { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(service, "Hold", id: -7)
                try await peer.call(service, "Hold", id: 8)
                try await eventually("both calls run") {
                    server.fast.heldCalls.count + server.service.started == 2
                }
                try await peer.call(Self.control, "Cancel", id: 9, message: message(-7))
                var answers: [Int64: Answer] = [:]
                for _ in 0..<2 {
                    let answer = try #require(try await peer.next())
                    answers[answer.id] = answer
                }
                #expect(answers[-7]?.code == 125)
                #expect(answers[-7]?.text.hasPrefix("CANCELLED: ") == true)
                #expect(answers[9]?.code == 0 && answers[9]?.message == [])
                if service == EchoService.name {
                    try await eventually("the handler is told") { server.service.cancelled == 1 }
                } else {
                    let call = try #require(server.fast.heldCalls.first)
                    #expect(try await call.eventLoop.submit { call.isCancelled }.get())
                }
                server.service.gate.open()
                server.fast.completeAll()
                let other = try #require(try await peer.next())
                #expect(other.id == 8 && other.code == 0)
            }
        }
        #expect(log.ended.map(\.status).filter { $0 == .cancelled }.count == 1)
    }

    @Test("To cancel a call that is not there, or that of another connection, does nothing")
    func cancelsNothing() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Hold", id: 1)
                try await eventually("the call runs") { server.fast.heldCalls.count == 1 }
                try await RawPeer.with(server.address) { other in
                    for id in [Int64(1), 2, 0, .min] {
                        try await other.call(Self.control, "Cancel", id: id, message: message(id))
                        #expect(try await other.next()?.code == 0)
                    }
                    try await other.call(Self.control, "Cancel", id: 3, message: [0x08])
                    #expect(try await other.next()?.code == 10003)
                    try await other.call(Self.control, "Pause", id: 4)
                    #expect(try await other.next()?.code == 1002)
                }
                server.fast.completeAll()
                #expect(try await peer.next()?.code == 0)
            }
        }
    }

    @Test("A draining server lets its calls be cancelled, and then is done")
    func cancelsWhileDraining() async throws {
        try await TestServer.with { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Hold", id: 1)
                try await eventually("the call runs") { server.fast.heldCalls.count == 1 }
                server.beginGracefulShutdown()
                try await eventually("new calls are refused") {
                    try await peer.call(FastEcho.name, "Say", id: 2)
                    return try await peer.next()?.code == 2003
                }
                try await peer.call(Self.control, "Cancel", id: 3, message: message(1))
                let codes = [try await peer.next()?.code, try await peer.next()?.code]
                #expect(codes.contains(125) && codes.contains(0))
                let end = try await peer.next()
                #expect(end == nil)
            }
        }
    }

    @Test("A task that is cancelled has its call cancelled on the server", arguments: LaneTests.lanes)
    func clientCancels(service: String) async throws {
        try await TestServer.with { server in
            let transport = FramedClientTransport(
                address: server.address, eventLoopGroup: .singletonMultiThreadedEventLoopGroup)
            try await withGRPCClient(transport: transport) { client in
                let task = Task {
                    try await client.unary(
                        request: ClientRequest(message: [1]),
                        descriptor: MethodDescriptor(fullyQualifiedService: service, method: "Hold", type: .unary),
                        serializer: PlainBytes(), deserializer: PlainBytes(), options: .defaults
                    ) { try $0.message }
                }
                try await eventually("the call runs") {
                    server.fast.heldCalls.count + server.service.started == 1
                }
                task.cancel()
                await #expect(throws: (any Error).self) { try await task.value }
                if service == EchoService.name {
                    try await eventually("the handler is told") { server.service.cancelled == 1 }
                } else {
                    let call = try #require(server.fast.heldCalls.first)
                    try await eventually("the call is abandoned") {
                        try await call.eventLoop.submit { call.isCancelled }.get()
                    }
                }
            }
        }
    }

    @Test("A server that does not know how to cancel is not asked again")
    func sparesOthers() async throws {
        let configuration = FramedClientConfiguration()
        try await ScriptedServer.with { _, frame, meta in
            let name = frame.body.getString(
                at: frame.body.readerIndex + meta.methodName.start, length: meta.methodName.length)
            return name == "Cancel"
                ? .send(failure(meta.correlationID, 1002, "UNIMPLEMENTED: no such service")) : .nothing
        } _: { server, address in
            let connection = try await FramedClientConnection.connect(
                to: address, on: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
            for (round, expected) in [2, 3].enumerated() {
                let token = CallToken()
                let call = connection.call(
                    service: "a.B", method: "C", message: ByteBuffer(), timeout: nil, metadata: [:], token: token)
                connection.cancel(token)
                let refusal = await #expect(throws: RPCError.self) { try await call.get() }
                #expect(refusal?.code == .cancelled)
                try await eventually("round \(round) has come") { server.requests.count == expected }
                // By the answer to this one the client has seen the refusal before it.
                for _ in 0..<2 { try await connection.eventLoop.submit {}.get() }
                if round == 0 { try await Self.seesRefusal(connection) }
            }
            try await connection.close()
        }
    }

    /// Waits until the connection has had an answer.
    private static func seesRefusal(_ connection: FramedClientConnection) async throws {
        try await eventually("the refusal is read") { try await connection.hasReceivedAnswer }
    }
}
