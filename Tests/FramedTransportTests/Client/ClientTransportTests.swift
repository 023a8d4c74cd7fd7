import GRPCCore
import NIOCore
import NIOPosix
import Testing

@testable import FramedTransport

@Suite("Client transport", .timeLimit(.minutes(1)))
struct ClientTransportTests {
    private func say(
        _ client: GRPCClient<FramedClientTransport>, _ message: [UInt8], service: String = EchoService.name,
        method: String = "Say", metadata: Metadata = [:], options: CallOptions = .defaults
    ) async throws -> ClientResponse<[UInt8]> {
        try await client.unary(
            request: ClientRequest(message: message, metadata: metadata),
            descriptor: MethodDescriptor(fullyQualifiedService: service, method: method), serializer: PlainBytes(),
            deserializer: PlainBytes(), options: options
        ) { $0 }
    }

    private func transport(
        _ address: FramedAddress, serviceConfig: ServiceConfig = ServiceConfig(),
        _ adjust: (inout FramedClientConfiguration) -> Void = { _ in }
    ) -> FramedClientTransport {
        var configuration = FramedClientConfiguration()
        configuration.initialBackoff = .milliseconds(5)
        configuration.maxBackoff = .milliseconds(20)
        adjust(&configuration)
        return FramedClientTransport(
            address: address, eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: configuration,
            serviceConfig: serviceConfig)
    }

    @Test("A gRPC client and a gRPC server talk through the transports", arguments: LaneTests.lanes, [1, 3])
    func talks(service: String, connections: Int) async throws {
        try await TestServer.with { server in
            try await withGRPCClient(transport: transport(server.address) { $0.connections = connections }) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<200 {
                        group.addTask {
                            let message = [UInt8](repeating: UInt8(index), count: index)
                            let response = try await say(client, message, service: service)
                            #expect(try response.message == message)
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(server.transport.connectionCount <= connections)
            }
            try await eventually("the client has left") { server.transport.connectionCount == 0 }
        }
    }

    @Test("Metadata of request and response arrive; the timeout travels in its own field")
    func carriesMetadata() async throws {
        try await TestServer.with { server in
            try await withGRPCClient(transport: transport(server.address)) { client in
                var options = CallOptions.defaults
                options.timeout = .seconds(20)
                let response = try await say(client, [], method: "Metadata", metadata: ["k": "v"], options: options)
                #expect(String(decoding: try response.message, as: UTF8.self) == "k=v\nlog_id 0")
                let said = try await say(client, [])
                #expect(said.metadata == ["method": "Say", "end": "yes"])
            }
        }
    }

    @Test("Errors keep code, message and details", arguments: LaneTests.lanes)
    func carriesErrors(service: String) async throws {
        try await TestServer.with { server in
            try await withGRPCClient(transport: transport(server.address)) { client in
                let response = try await say(client, [5], service: service, method: "Fail")
                let error = try #require(throws: RPCError.self) { try response.message }
                #expect(error.code == .notFound && error.message == "as you wished")
                #expect(Array(error.metadata[binaryValues: "grpc-status-details-bin"]) == [[0, 1, 254, 255]])
            }
        }
    }

    @Test("A timeout is told to the server and kept by the client")
    func keepsTimeouts() async throws {
        try await ScriptedServer.with { _, _, _ in
            .nothing
        } _: { server, address in
            try await withGRPCClient(transport: transport(address)) { client in
                var options = CallOptions.defaults
                options.timeout = .milliseconds(40)
                let error = await #expect(throws: RPCError.self) {
                    _ = try await say(client, [], options: options).message
                }
                #expect(error?.code == .deadlineExceeded)
            }
            if let request = server.requests.first { #expect((1...40).contains(request.meta.timeoutMilliseconds)) }
        }
    }

    @Test("Timeouts of methods come from the service configuration")
    func readsServiceConfig() throws {
        func config(_ service: String, _ method: String, _ seconds: Int) -> MethodConfig {
            MethodConfig(names: [MethodConfig.Name(service: service, method: method)], timeout: .seconds(seconds))
        }
        let transport = transport(
            .tcp(host: "127.0.0.1", port: 1),
            serviceConfig: ServiceConfig(methodConfig: [config("a.B", "C", 1), config("a.B", "", 2), config("", "", 3)])
        )
        func timeout(_ service: String, _ method: String) -> Duration? {
            transport.config(forMethod: MethodDescriptor(fullyQualifiedService: service, method: method))?.timeout
        }
        #expect(timeout("a.B", "C") == .seconds(1))
        #expect(timeout("a.B", "D") == .seconds(2))
        #expect(timeout("a.E", "C") == .seconds(3))
    }

    @Test("While the server cannot be reached a call fails with UNAVAILABLE, or waits if it says so")
    func waitsForReady() async throws {
        let path = ScriptedServer.freePath()
        try await withGRPCClient(transport: transport(.unixDomainSocket(path: path))) { client in
            let error = await #expect(throws: RPCError.self) { _ = try await say(client, []).message }
            #expect(error?.code == .unavailable)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    var options = CallOptions.defaults
                    options.waitForReady = true
                    let response = try await say(client, [], options: options)
                    #expect(try response.message == [42])
                }
                try await ScriptedServer.with(path: path) { _, _, meta in
                    .send(answer(meta.correlationID, [42]))
                } _: { _, _ in
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("A call that waits for its server can be cancelled, and does not outlive its deadline")
    func stopsWaiting() async throws {
        let path = ScriptedServer.freePath()
        try await withGRPCClient(transport: transport(.unixDomainSocket(path: path))) { client in
            var options = CallOptions.defaults
            options.waitForReady = true
            let waiting = Task { [options] in _ = try await say(client, [], options: options).message }
            waiting.cancel()
            await #expect(throws: (any Error).self) { try await waiting.value }
            options.timeout = .milliseconds(20)
            let error = await #expect(throws: RPCError.self) {
                _ = try await say(client, [], options: options).message
            }
            #expect(error?.code == .deadlineExceeded)
        }
    }

    @Test("A lost connection is made anew, and only the calls on it fail")
    func reconnects() async throws {
        try await ScriptedServer.with { connection, frame, meta in
            frame.body.readableBytes == frame.metaLength
                ? .close : .send(answer(meta.correlationID, [UInt8(connection)]))
        } _: { server, address in
            try await withGRPCClient(transport: transport(address)) { client in
                let first = try await say(client, [1]).message
                #expect(first == [1])
                let lost = await #expect(throws: RPCError.self) { _ = try await say(client, []).message }
                #expect(lost?.code == .unavailable)
                var options = CallOptions.defaults
                options.waitForReady = true
                let second = try await say(client, [1], options: options).message
                #expect(second == [2])
                #expect(server.connectionCount == 2)
            }
        }
    }

    @Test("A draining server's connection is left for a new one")
    func leavesDrainingServers() async throws {
        try await ScriptedServer.with { connection, _, meta in
            connection == 1
                ? .send(failure(meta.correlationID, 2003, "UNAVAILABLE: going"))
                : .send(answer(meta.correlationID, [7]))
        } _: { _, address in
            try await withGRPCClient(transport: transport(address)) { client in
                let refused = await #expect(throws: RPCError.self) { _ = try await say(client, []).message }
                #expect(refused?.code == .unavailable)
                var options = CallOptions.defaults
                options.waitForReady = true
                let third = try await say(client, [], options: options).message
                #expect(third == [7])
            }
        }
    }

    @Test("Shutting down lets the running call end and refuses the next")
    func shutsDown() async throws {
        try await TestServer.with { server in
            let transport = transport(server.address)
            let client = GRPCClient(transport: transport)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.runConnections() }
                group.addTask {
                    let response = try await say(client, [6], method: "Hold")
                    #expect(try response.message == [6])
                }
                try await eventually("the call runs") { server.service.started == 1 }
                client.beginGracefulShutdown()
                let refused = await #expect(throws: (any Error).self) {
                    try await transport.withStream(
                        descriptor: EchoService.method("Say"), options: .defaults
                    ) { _, _ in }
                }
                #expect((refused as? RPCError)?.code == .failedPrecondition)
                server.service.gate.open()
                try await group.waitForAll()
            }
        }
    }

    @Test("Cancelling connect() ends the calls that run")
    func cancels() async throws {
        try await TestServer.with { server in
            let client = GRPCClient(transport: transport(server.address))
            let connections = Task { try await client.runConnections() }
            let call = Task { try await say(client, [6], method: "Hold").message }
            try await eventually("the call runs") { server.service.started == 1 }
            connections.cancel()
            let error = await #expect(throws: RPCError.self) { _ = try await call.value }
            #expect(error?.code == .unavailable)
            try await eventually("the server is told") { server.service.cancelled == 1 }
        }
    }

    @Test("Methods that stream are refused before anything is sent")
    func refusesStreams() async throws {
        try await TestServer.with { server in
            try await withGRPCClient(transport: transport(server.address)) { client in
                _ = try await say(client, [])
                let error = await #expect(throws: RPCError.self) {
                    try await client.serverStreaming(
                        request: ClientRequest(message: [1]),
                        descriptor: EchoService.method("Stream", type: .serverStreaming), serializer: PlainBytes(),
                        deserializer: PlainBytes(), options: .defaults
                    ) { response in
                        for try await _ in response.messages {}
                    }
                }
                #expect(error?.code == .unimplemented)
            }
        }
    }

    @Test(
        "Timeouts are read as gRPC writes them",
        arguments: [
            ("1H", 3_600_000_000_000), ("2M", 120_000_000_000), ("3S", 3_000_000_000), ("4m", 4_000_000), ("5u", 5_000),
            ("6n", 6), ("99999999H", Int64.max), ("S", nil), ("1X", nil), ("-1S", nil), ("123456789S", nil), ("", nil),
        ] as [(String, Int64?)])
    func readsTimeouts(text: String, nanoseconds: Int64?) {
        #expect(TimeAmount(grpcTimeout: text)?.nanoseconds == nanoseconds)
    }
}
