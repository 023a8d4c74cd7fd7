import GRPCCore
import NIOCore
import NIOPosix
import Testing

@testable import FramedTransport

@Suite("Unary exchange", .timeLimit(.minutes(1)))
struct UnaryExchangeTests {
    private static let say = MethodDescriptor(fullyQualifiedService: FastEcho.name, method: "Say")

    private func connect(_ address: FramedAddress) async throws -> FramedClientConnection {
        try await FramedClientConnection.connect(to: address, on: .singletonMultiThreadedEventLoopGroup)
    }

    private func closedConnection(_ address: FramedAddress) async throws -> FramedClientConnection {
        let connection = try await connect(address)
        try await connection.close()
        return connection
    }

    @Test("A request that its connection cannot take any more is given to another one")
    func moves() async throws {
        try await TestServer.with { server in
            let exchange = UnaryExchange(
                connection: try await closedConnection(server.address), descriptor: Self.say, began: .now(),
                timeout: .seconds(30)
            ) {
                try await connect(server.address)
            }
            try await exchange.write(.metadata(["k": "v"]))
            try await exchange.write(.message(FramedBytes([1, 2])))
            await exchange.finish()
            let response = try await exchange.response()
            #expect(response.message == ByteBuffer(bytes: [1, 2]))
            #expect(response.metadata == ["k": "v"])
        }
    }

    @Test("It is not given away without end")
    func stopsMoving() async throws {
        try await TestServer.with { server in
            let closed = try await closedConnection(server.address)
            let exchange = UnaryExchange(
                connection: closed, descriptor: Self.say, began: .now(), timeout: .seconds(30)
            ) {
                closed
            }
            try await exchange.write(.message(FramedBytes([1, 2])))
            await exchange.finish()
            let error = await #expect(throws: RPCError.self) { _ = try await exchange.response() }
            #expect(error?.code == .unavailable)
        }
    }

    @Test("A request that may have left is never sent again")
    func neverRepeats() async throws {
        try await ScriptedServer.with { _, _, _ in
            .close
        } _: { server, address in
            let exchange = UnaryExchange(
                connection: try await connect(address), descriptor: Self.say, began: .now(), timeout: .seconds(30)
            ) {
                Issue.record("asked for another connection")
                return try await connect(address)
            }
            try await exchange.write(.message(FramedBytes([1, 2])))
            await exchange.finish()
            let error = await #expect(throws: RPCError.self) { _ = try await exchange.response() }
            #expect(error?.code == .unavailable)
            #expect(server.requests.count == 1)
        }
    }

    @Test("Two messages, none at all, and an error in place of one are refused")
    func refusesOtherShapes() async throws {
        try await TestServer.with { server in
            let connection = try await connect(server.address)
            func exchange() -> UnaryExchange {
                UnaryExchange(connection: connection, descriptor: Self.say, began: .now(), timeout: nil) { connection }
            }
            let twice = exchange()
            try await twice.write(.message(FramedBytes([1])))
            await #expect(throws: RPCError.self) { try await twice.write(.message(FramedBytes([1]))) }
            let none = exchange()
            await none.finish()
            let missing = await #expect(throws: RPCError.self) { _ = try await none.response() }
            #expect(missing?.code == .unimplemented)
            let failed = exchange()
            await failed.finish(throwing: RPCError(code: .aborted, message: "changed my mind"))
            let aborted = await #expect(throws: RPCError.self) { _ = try await failed.response() }
            #expect(aborted?.code == .aborted)
            try await connection.close()
        }
    }
}
