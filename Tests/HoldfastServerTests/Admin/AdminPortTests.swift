import Foundation
import FramedTransport
import GRPCCore
import GRPCNIOTransportHTTP2
import HoldfastAPI
import HoldfastTesting
import NIOCore
import NIOEmbedded
import NIOPosix
import Observability
import PrivateStores
import ServiceContextModule
import SwiftProtobuf
import Testing
import TraceContext

@testable import HoldfastServer

@Suite("The admin port", .serialized)
struct AdminPortTests {
    private typealias Availability = Holdfast_V1_AvailabilityService.Client
    private typealias Health = Grpc_Health_V1_Health.Client

    /// Makes calls whose answers are known: per transport 3 that are refused and 2 that are answered.
    private func trade<Transport: ClientTransport>(over transport: Transport) async throws {
        try await withGRPCClient(transport: transport, interceptors: [TracingClientInterceptor()]) { client in
            let availability = Availability(wrapping: client)
            for _ in 0..<3 {
                let error = try await #require(throws: RPCError.self) {
                    _ = try await availability.checkAvailability(
                        .with { $0.items = [.with { $0.sku = "NONE" }] })
                }
                #expect(error.code == .invalidArgument)
            }
            for _ in 0..<2 { _ = try await Health(wrapping: client).check(.init()) }
        }
    }

    private func http2(_ server: RunningServer) throws -> HTTP2ClientTransport.Posix {
        let port = try #require(server.addresses.grpc?.port)
        return try .http2NIOPosix(target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext)
    }

    private func framed(_ server: RunningServer) -> FramedClientTransport {
        FramedClientTransport(address: server.addresses.tcp, eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
    }

    @Test("After known calls on both ports the counts are exact, every metric is known, and promtool accepts them")
    func scrape() async throws {
        try await RunningServer.with { server in
            try await trade(over: framed(server))
            try await trade(over: http2(server))
            let scrape = try await server.ask("/metrics")
            #expect(scrape.status == 200)
            #expect(scrape.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            for transport in ["framed", "http2"] {
                let check = "method=\"holdfast.v1.AvailabilityService/CheckAvailability\",transport=\"\(transport)\""
                let health = "method=\"grpc.health.v1.Health/Check\",transport=\"\(transport)\""
                #expect(scrape.text.contains("_requests_total{\(check),code=\"INVALID_ARGUMENT\"} 3\n"))
                #expect(scrape.text.contains("_requests_total{\(health),code=\"OK\"} 2\n"))
                #expect(scrape.text.contains("_duration_seconds_count{\(check)} 3\n"))
                #expect(scrape.text.contains("holdfast_rpc_in_flight{transport=\"\(transport)\"} 0\n"))
                #expect(scrape.text.contains("holdfast_connections_accepted_total{transport=\"\(transport)\"} 1\n"))
            }
            #expect(scrape.text.contains("holdfast_refusals_total{reason=\"invalid\"} 6\n"))
            #expect(scrape.text.contains("holdfast_vshards_open 16\n"))
            let known = Set(MetricCatalogue.families.map(\.name))
            for line in scrape.text.split(separator: "\n") where line.hasPrefix("# TYPE ") {
                #expect(known.contains(String(line.split(separator: " ")[2])), "\(line)")
            }
            let check = try Promtool.run(["check", "metrics"], input: scrape.text)
            #expect(check.status == 0, "\(check.output)")
            #expect(check.output.isEmpty, "\(check.output)")
        }
    }

    @Test("A connection is closed at its age, whatever it does")
    func age() throws {
        let channel = EmbeddedChannel(handler: ConnectionTimer(.seconds(30)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test("Only what is there is answered")
    func refusals() async throws {
        try await RunningServer.with { server in
            #expect(try await server.ask("/").status == 200)
            #expect(try await server.ask("/healthz").text == "alive\n")
            #expect(try await server.ask("/metrics/../etc").status == 404)
            #expect(try await server.ask("/nothing").status == 404)
            let refused = try await server.ask("/metrics", method: "DELETE")
            #expect(refused.status == 405)
            #expect(refused.headers["allow"] == "GET, HEAD")
            #expect(try await server.ask("/metrics", method: "POST", body: "x").status == 413)
            let head = try await server.ask("/healthz", method: "HEAD")
            #expect(head.status == 200)
            #expect(head.text.isEmpty)
        }
    }

    @Test("readyz says 503 and why while a store is away, and 200 when it is back; healthz stays 200")
    func readiness() async throws {
        let stores = try await PrivateStack.start(directory: TestDirectory.make("readiness"))
        let outcome: Result<Void, any Error>
        do {
            try await RunningServer.with(stores: stores) { server in
                let ready = try await server.ask("/readyz")
                #expect(ready.status == 200, "\(ready.text)")
                for store in ["redis", "postgres"] {
                    if store == "redis" { stores.redis.kill9() } else { stores.postgres.kill9() }
                    #expect(try await eventually { try await server.ask("/readyz").status == 503 }, "\(store)")
                    let report = try await server.ask("/readyz")
                    let object = try #require(
                        JSONSerialization.jsonObject(with: Data(report.text.utf8)) as? [String: Any])
                    let reasons = try #require(object["stores"] as? [String: [String: Any]])
                    #expect(reasons[store]?["ready"] as? Bool == false, "\(report.text)")
                    #expect((reasons[store]?["reason"] as? String)?.isEmpty == false)
                    #expect(try await server.ask("/healthz").status == 200)
                    #expect(try await server.ask("/metrics").text.contains("holdfast_ready 0\n"))
                    if store == "redis" {
                        try await stores.redis.restart()
                    } else {
                        try await stores.postgres.restart()
                    }
                    #expect(try await eventually { try await server.ask("/readyz").status == 200 }, "\(store)")
                }
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await stores.stop()
        try outcome.get()
    }

    @Test("A call's ids come back on errors of both lanes and ports, also those that the server made")
    func requestIDs() async throws {
        try await RunningServer.with { server in
            try await ids(over: framed(server))
            try await ids(over: http2(server))
        }
    }

    private func ids<Transport: ClientTransport>(over transport: Transport) async throws {
        try await withGRPCClient(transport: transport, interceptors: [TracingClientInterceptor()]) { client in
            let availability = Availability(wrapping: client)
            let orders = Holdfast_V1_OrderService.Client(wrapping: client)
            func refused(_ call: () async throws -> Void) async throws -> [String] {
                let error = try await #require(throws: RPCError.self) { try await call() }
                return Array(error.metadata[stringValues: "x-request-id"])
            }
            var surroundings = ServiceContext.topLevel
            surroundings.callTrace = CallTrace(accepting: ["x-request-id": "till-7"])
            try await ServiceContext.$current.withValue(surroundings) {
                let fast = try await refused {
                    _ = try await availability.checkAvailability(.with { $0.items = [.with { $0.sku = "NONE" }] })
                }
                #expect(fast == ["till-7"])
                let task = try await refused { _ = try await orders.getOrder(.init()) }
                #expect(task == ["till-7"])
            }
            let made = try await refused { _ = try await orders.getOrder(.init()) }
            #expect(made.first?.utf8.count == 32)
        }
    }
}
