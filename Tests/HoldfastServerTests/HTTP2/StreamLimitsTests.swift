import FramedTransport
import GRPCCore
import GRPCNIOTransportHTTP2
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Testing

@testable import HoldfastServer

@Suite("Streams on the port of HTTP/2", .serialized)
struct StreamLimitsTests {
    private typealias Health = Grpc_Health_V1_Health.Client

    private func watch(_ health: Health<HTTP2ClientTransport.Posix>, _ onAnswer: @escaping @Sendable () -> Void)
        async throws
    {
        try await health.watch(.init()) { response in
            for try await _ in response.messages { onAnswer() }
        }
    }

    @Test("A connection has 16; one more and methods that do not exist are refused and counted, and none leaks")
    func limits() async throws {
        try await RunningServer.with { server in
            let port = try #require(server.addresses.grpc?.port)
            let transport = try HTTP2ClientTransport.Posix.http2NIOPosix(
                target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext)
            try await withGRPCClient(transport: transport) { client in
                let health = Health(wrapping: client)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let (answers, announce) = AsyncStream<Void>.makeStream()
                    for _ in 0..<16 { group.addTask { try await watch(health) { announce.yield() } } }
                    var answered = answers.makeAsyncIterator()
                    for _ in 0..<16 { _ = await answered.next() }
                    let refusal = await #expect(throws: RPCError.self) { try await watch(health) {} }
                    #expect(refusal?.code == .resourceExhausted)
                    let details = try refusal?.unpackGoogleRPCStatus()?.details
                    #expect(details?.first?.errorInfo?.reason == "EXHAUSTED")
                    _ = try await health.check(.init())
                    group.cancelAll()
                }
                let unknown = await #expect(throws: RPCError.self) {
                    try await client.unary(
                        request: ClientRequest(message: Grpc_Health_V1_HealthCheckRequest()),
                        descriptor: MethodDescriptor(fullyQualifiedService: "none.None", method: "None"),
                        serializer: ProtobufSerializer(),
                        deserializer: ProtobufDeserializer<Grpc_Health_V1_HealthCheckResponse>(), options: .defaults
                    ) { _ = try $0.message }
                }
                #expect(unknown?.code == .unimplemented)
                #expect(
                    try await eventually {
                        try await server.ask("/metrics").text
                            .contains("holdfast_rpc_in_flight{transport=\"http2\"} 0\n")
                    })
                let text = try await server.ask("/metrics").text
                let watched = "holdfast_rpc_requests_total{method=\"grpc.health.v1.Health/Watch\",transport=\"http2\""
                #expect(text.contains("\(watched),code=\"RESOURCE_EXHAUSTED\"} 1\n"))
                #expect(text.contains("\(watched),code=\"CANCELLED\"} 16\n"))
                #expect(
                    text.contains(
                        "_requests_total{method=\"unknown\",transport=\"http2\",code=\"UNIMPLEMENTED\"} 1\n"))
                #expect(!text.contains("none.None"))
                // The places are free again.
                await withThrowingTaskGroup(of: Void.self) { group in
                    let (answers, announce) = AsyncStream<Void>.makeStream()
                    group.addTask { try await watch(health) { announce.yield() } }
                    var answered = answers.makeAsyncIterator()
                    _ = await answered.next()
                    group.cancelAll()
                }
            }
        }
    }
}
