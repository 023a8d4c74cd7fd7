import GRPCCore
import NIOCore
import NIOPosix
import Testing

@testable import FramedTransport

@Suite("Client connection", .timeLimit(.minutes(1)))
struct ClientConnectionTests {
    private func connect(
        _ address: FramedAddress, _ configuration: FramedClientConfiguration = FramedClientConfiguration()
    ) async throws -> FramedClientConnection {
        try await FramedClientConnection.connect(
            to: address, on: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
    }

    private func error(_ call: EventLoopFuture<FramedResponse>) async throws -> RPCError {
        try #require(await #expect(throws: RPCError.self) { try await call.get() })
    }

    @Test("Calls made at once each get their own answer")
    func matchesAnswers() async throws {
        try await TestServer.with { server in
            let connection = try await connect(server.address)
            let calls = (0..<5_000).map { index in
                connection.call(service: FastEcho.name, method: "Say", message: ByteBuffer(integer: index))
            }
            for (index, call) in calls.enumerated() {
                #expect(try await call.get().message == ByteBuffer(integer: index))
            }
            try await connection.close()
        }
    }

    @Test("Metadata travels both ways, binary too")
    func carriesMetadata() async throws {
        var metadata: Metadata = ["authorization": "Bearer abc"]
        metadata.addBinary([9, 0, 255], forKey: "trace-bin")
        try await TestServer.with { server in
            let connection = try await connect(server.address)
            let response = try await connection.call(
                service: FastEcho.name, method: "Say", message: ByteBuffer(), metadata: metadata
            ).get()
            #expect(response.metadata == metadata)
            try await connection.close()
        }
    }

    @Test("An error has the server's status, message, metadata and code", arguments: LaneTests.lanes)
    func reportsErrors(service: String) async throws {
        try await TestServer.with { server in
            let connection = try await connect(server.address)
            let failed = try await error(
                connection.call(service: service, method: "Fail", message: ByteBuffer(bytes: [9])))
            #expect(failed.code == .failedPrecondition)
            #expect(failed.message == "as you wished")
            #expect(Array(failed.metadata[stringValues: "hint"]) == ["try another"])
            #expect(Array(failed.metadata[binaryValues: "grpc-status-details-bin"]) == [[0, 1, 254, 255]])
            #expect(failed.cause as? FramedErrorCode == FramedErrorCode(.failedPrecondition))
            let unknown = try await error(connection.call(service: "a.B", method: "C", message: ByteBuffer()))
            #expect(unknown.code == .unimplemented)
            #expect(unknown.cause as? FramedErrorCode == .noMethod)
            try await connection.close()
        }
    }

    @Test("Answers with an id that nobody waits for are dropped, a repeated answer too")
    func dropsUnknownAnswers() async throws {
        try await ScriptedServer.with { _, _, meta in
            .send(
                answer(-1, [0]) + answer(meta.correlationID + (1 << 20), [0]) + failure(77, 1003, "?")
                    + answer(meta.correlationID, [1]) + answer(meta.correlationID, [2]))
        } _: { _, address in
            let connection = try await connect(address)
            for _ in 0..<3 {
                let response = try await connection.call(service: "a.B", method: "C", message: ByteBuffer()).get()
                #expect(response.message == ByteBuffer(bytes: [1]))
            }
            try await connection.close()
        }
    }

    @Test("An answer without any response part is a success, as brpc has it")
    func acceptsBareAnswers() async throws {
        try await ScriptedServer.with { _, _, meta in
            var bytes = ByteBuffer()
            bytes.writeVarintField(CallMeta.correlationIDTag, UInt64(meta.correlationID))
            return .send(packet("PRPC", meta: Array(buffer: bytes), rest: [5]))
        } _: { _, address in
            let connection = try await connect(address)
            let response = try await connection.call(service: "a.B", method: "C", message: ByteBuffer()).get()
            #expect(response.message == ByteBuffer(bytes: [5]))
            try await connection.close()
        }
    }

    @Test("When the server goes, every call fails, and its outcome is said to be unknown")
    func failsOnEOF() async throws {
        try await ScriptedServer.with { _, _, _ in
            .nothing
        } _: { server, address in
            let connection = try await connect(address)
            let calls = (0..<10).map { _ in connection.call(service: "a.B", method: "C", message: ByteBuffer()) }
            try await eventually("the calls have come") { server.requests.count == 10 }
            server.closeConnections()
            for call in calls {
                let failed = try await error(call)
                #expect(failed.code == .unavailable)
                #expect((failed.cause as? FramedConnectionError)?.requestMayHaveBeenSent == true)
            }
            let late = try await error(connection.call(service: "a.B", method: "C", message: ByteBuffer()))
            #expect(late.code == .unavailable)
            #expect((late.cause as? FramedConnectionError)?.requestMayHaveBeenSent == false)
        }
    }

    @Test("Bytes that are no packet fail every call")
    func failsOnJunk() async throws {
        try await ScriptedServer.with { _, _, _ in
            .send(Array("HTTP/1.1 400".utf8))
        } _: { _, address in
            let connection = try await connect(address)
            let failed = try await error(connection.call(service: "a.B", method: "C", message: ByteBuffer()))
            #expect(failed.code == .internalError)
            try await connection.closeFuture.get()
        }
    }

    @Test("An answer above the limit fails its call and ends the connection")
    func refusesHugeAnswers() async throws {
        try await TestServer.with { server in
            var configuration = FramedClientConfiguration()
            configuration.maxFrameBytes = 1_000
            let connection = try await connect(server.address, configuration)
            let failed = try await error(
                connection.call(service: FastEcho.name, method: "Big", message: ByteBuffer(bytes: [4, 0])))
            #expect(failed.code == .resourceExhausted)
            try await connection.closeFuture.get()
        }
    }

    @Test("Answers that cannot be inflated, of another content, or wrong by their checksum fail their calls")
    func refusesStrangeAnswers() async throws {
        let extras = [field(3, 2), field(10, 1), field(5, 9), field(11, 1) + field(12, [1, 2, 3, 4])]
        try await ScriptedServer.with { _, frame, meta in
            let index = Int(frame.body.getInteger(at: frame.body.readerIndex + frame.metaLength, as: UInt8.self) ?? 0)
            var bytes = ByteBuffer(bytes: field(2, []))
            bytes.writeVarintField(CallMeta.correlationIDTag, UInt64(meta.correlationID))
            bytes.writeBytes(extras[index])
            return .send(packet("PRPC", meta: Array(buffer: bytes), rest: [5]))
        } _: { _, address in
            let connection = try await connect(address)
            for index in extras.indices {
                let failed = try await error(
                    connection.call(service: "a.B", method: "C", message: ByteBuffer(bytes: [UInt8(index)])))
                #expect(failed.code == .internalError)
            }
            try await connection.close()
        }
    }

    @Test("A call that is not answered in time fails, and the late answer is dropped")
    func timesOut() async throws {
        try await ScriptedServer.with { _, _, meta in
            meta.timeoutMilliseconds < 1_000 ? .nothing : .send(answer(meta.correlationID, [2]))
        } _: { server, address in
            let connection = try await connect(address)
            let failed = try await error(
                connection.call(service: "a.B", method: "C", message: ByteBuffer(), timeout: .microseconds(1_500)))
            #expect(failed.code == .deadlineExceeded)
            try await eventually("the request has come") { server.requests.count == 1 }
            let first = try #require(server.requests.first)
            // Rounded up: a short rest must not become "no timeout".
            #expect(first.meta.timeoutMilliseconds == 2)
            server.send(answer(first.meta.correlationID, [1]))
            let response = try await connection.call(service: "a.B", method: "C", message: ByteBuffer()).get()
            #expect(response.message == ByteBuffer(bytes: [2]))
            #expect(server.requests.last?.meta.timeoutMilliseconds == 30_000)
            let none = try await error(
                connection.call(service: "a.B", method: "C", message: ByteBuffer(), timeout: .zero))
            #expect(none.code == .deadlineExceeded)
            #expect(server.requests.count == 2)
            try await connection.close()
        }
    }

    @Test("The longest of timeouts is a timeout too")
    func acceptsHugeTimeouts() async throws {
        try await ScriptedServer.with { _, _, meta in
            .send(answer(meta.correlationID))
        } _: { server, address in
            let connection = try await connect(address)
            _ = try await connection.call(
                service: "a.B", method: "C", message: ByteBuffer(), timeout: .nanoseconds(.max)
            ).get()
            #expect(server.requests.first?.meta.timeoutMilliseconds == .max)
            try await connection.close()
        }
    }

    @Test("Calls beyond the limit fail at once and are not sent")
    func limitsPendingCalls() async throws {
        var configuration = FramedClientConfiguration()
        configuration.maxPendingCallsPerConnection = 2
        try await ScriptedServer.with { _, _, _ in
            .nothing
        } _: { [configuration] server, address in
            let connection = try await connect(address, configuration)
            let first = connection.call(service: "a.B", method: "C", message: ByteBuffer())
            let second = connection.call(service: "a.B", method: "C", message: ByteBuffer())
            let refused = try await error(connection.call(service: "a.B", method: "C", message: ByteBuffer()))
            #expect(refused.code == .resourceExhausted)
            try await eventually("two calls have come") { server.requests.count == 2 }
            try await connection.close()
            _ = try await error(first)
            _ = try await error(second)
        }
    }

    @Test("Requests that a server does not read are bounded, and those that fit are not harmed")
    func limitsUnsentBytes() async throws {
        var configuration = FramedClientConfiguration()
        configuration.maxUnsentBytesPerConnection = 1 << 20
        try await TestServer.with {
            $0.maxInFlightCallsPerConnection = 1
        } _: { [configuration] server in
            let connection = try await connect(server.address, configuration)
            let message = ByteBuffer(repeating: 1, count: 64 << 10)
            let held = connection.call(service: FastEcho.name, method: "Hold", message: message)
            try await eventually("the first call is held") { server.fast.heldCalls.count == 1 }
            // 32 MiB: more than the limit and what the system buffers on both sides.
            let calls = (0..<512).map { _ in
                connection.call(service: FastEcho.name, method: "Plain", message: message)
            }
            let last = try await error(calls[511])
            #expect(last.code == .resourceExhausted)
            server.fast.completeAll()
            #expect(try await held.get().message == message)
            var complete = 0
            for call in calls {
                do {
                    let response = try await call.get()
                    #expect(response.message == message)
                    complete += 1
                } catch let error as RPCError {
                    #expect(error.code == .resourceExhausted)
                }
            }
            #expect(complete > 0 && complete < 512)
            try await connection.close()
        }
    }

    @Test("The credential travels with the first call only")
    func sendsCredentialOnce() async throws {
        var configuration = FramedClientConfiguration()
        configuration.authenticationData = Array("tok-1".utf8)
        try await ScriptedServer.with { _, _, meta in
            .send(answer(meta.correlationID))
        } _: { [configuration] server, address in
            let connection = try await connect(address, configuration)
            for _ in 0..<3 { _ = try await connection.call(service: "a.B", method: "C", message: ByteBuffer()).get() }
            #expect(server.requests.map { $0.meta.authenticationData.length } == [5, 0, 0])
            try await connection.close()
        }
    }

    @Test("After code 2003 the connection takes no calls, and closes when the last one has ended")
    func retires() async throws {
        try await ScriptedServer.with { _, frame, meta in
            frame.body.readableBytes == frame.metaLength
                ? .nothing : .send(failure(meta.correlationID, 2003, "UNAVAILABLE: going"))
        } _: { server, address in
            let connection = try await connect(address)
            let running = connection.call(service: "a.B", method: "C", message: ByteBuffer())
            let refused = try await error(
                connection.call(service: "a.B", method: "C", message: ByteBuffer(bytes: [1])))
            #expect(refused.code == .unavailable && refused.message == "going")
            let late = try await error(connection.call(service: "a.B", method: "C", message: ByteBuffer()))
            #expect((late.cause as? FramedConnectionError)?.requestMayHaveBeenSent == false)
            let first = try #require(server.requests.first)
            server.send(answer(first.meta.correlationID, [3]))
            #expect(try await running.get().message == ByteBuffer(bytes: [3]))
            try await connection.closeFuture.get()
        }
    }

    @Test("A server that is not there is an error")
    func reportsRefusedConnections() async throws {
        let address = try await ScriptedServer.with { _, _, _ in
            .close
        } _: { _, address in
            address
        }
        await #expect(throws: (any Error).self) { try await connect(address) }
    }
}
