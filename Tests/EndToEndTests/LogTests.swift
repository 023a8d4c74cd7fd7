import Foundation
import FramedTransport
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Ledger
import Logging
import NIOPosix
import PostgresClient
import PrivateStores
import SwiftProtobuf
import Testing

@Suite("The log of a served stack")
struct LogTests {
    private static let secrets = [
        "hunter2", "Ann Lee-Example", "ann.lee@example.org", "c2lnbmF0dXJlLXNpZ25hdHVyZQ",
    ]
    private static let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"

    @Test("At trace level every line is one JSON object, names its call, and holds no secret and no customer's data")
    func traceLevel() async throws {
        let directory = TestDirectory.make("log")
        let stores = try await PrivateStack.start(directory: directory)
        let outcome: Result<(log: String, key: String), any Error>
        do { outcome = .success(try await logOfCalls(stores, directory)) } catch { outcome = .failure(error) }
        await stores.stop()
        let (log, key) = try outcome.get()
        for secret in Self.secrets + [key, String(key.suffix(52))] { #expect(!log.contains(secret), "\(secret)") }
        var slow = 0
        for line in log.split(separator: "\n") where !line.hasPrefix("ready ") {
            let event = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            #expect(event["message"] is String)
            #expect(event["message"] as? String != "forged")
            if event["message"] as? String == "slow call" {
                slow += 1
                #expect(event["rpc.method"] is String)
            }
        }
        #expect(slow > 0)
        #expect(log.contains("\"request_id\":\"till-7\""))
        #expect(log.contains("\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\""))
    }

    private func logOfCalls(
        _ stores: PrivateStack, _ directory: String
    ) async throws -> (log: String, key: String) {
        try await stores.postgres.createDatabase("shop")
        let url = stores.postgres.connectionString(database: "shop")
        var quiet = Logger(label: "test")
        quiet.logLevel = .error
        try await Ledger.migrate(PostgresConfiguration(connectionString: url), logger: quiet)
        let mint = try PrivateProgram(
            [BuiltProgram.path, "key", "create", "--name", "log", "--role", "admin", "--postgres-url", url],
            log: directory + "/key.log")
        let key = try await mint.line(beginningWith: "hf_")
        await mint.stop()
        let path = directory + "/trace.log"
        let program = try PrivateProgram(
            [
                BuiltProgram.path, "serve", "--tcp-port", "0", "--grpc-port", "0", "--admin-port", "0",
                "--redis-url", stores.redis.url, "--postgres-url", url, "--log-level", "trace", "--log-format",
                "json", "--slow-call", "1ms",
            ], log: path)
        let line = try await program.line(beginningWith: "ready tcp=")
        let place = line.dropFirst("ready tcp=".count).prefix { $0 != " " }
        let port = try #require(place.split(separator: ":").last.flatMap { Int($0) })
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await call(port, key: key)) } catch { outcome = .failure(error) }
        await program.stop()
        try outcome.get()
        return (String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self), key)
    }

    /// Calls that are answered and calls that are refused, all of them with things that belong in no log.
    private func call(_ port: Int, key: String) async throws {
        func transport() -> FramedClientTransport {
            FramedClientTransport(
                address: .tcp(host: "127.0.0.1", port: port), eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
        }
        let strangers: [Metadata] = [
            ["authorization": "Bearer \(Self.token)"], ["x-api-key": "hunter2"],
            ["authorization": "Bearer \(key)", "x-api-key": "hunter2"],
        ]
        for metadata in strangers {
            try await withGRPCClient(transport: transport()) { client in
                let refusal = await #expect(throws: RPCError.self) {
                    _ = try await Holdfast_V1_CatalogService.Client(wrapping: client).listChannels(
                        .init(), metadata: metadata)
                }
                #expect(refusal?.code == .unauthenticated)
            }
        }
        try await withGRPCClient(transport: transport()) { client in
            let metadata: Metadata = [
                "authorization": "Bearer \(key)", "x-cookie": "hunter2", "x-request-id": "till-7",
                "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "x-note": "hunter2\n{\"message\":\"forged\"}",
            ]
            let catalog = Holdfast_V1_CatalogService.Client(wrapping: client)
            _ = try await catalog.upsertChannels(
                .with {
                    $0.requestID = UUID().uuidString.lowercased()
                    $0.channels = [
                        .with {
                            $0.code = "WEB"
                            $0.name = "Web"
                            $0.currencyCode = "GBP"
                        }
                    ]
                }, metadata: metadata)
            let orders = Holdfast_V1_OrderService.Client(wrapping: client)
            for sku in ["NONE", "hunter2\n\u{1b}[31m"] {
                await #expect(throws: RPCError.self) {
                    _ = try await orders.placeOrder(
                        .with {
                            $0.orderID = UUID().uuidString.lowercased()
                            $0.channel = "WEB"
                            $0.externalID = "hunter2"
                            $0.customer = .with {
                                $0.name = "Ann Lee-Example"
                                $0.email = "ann.lee@example.org"
                            }
                            $0.lines = [
                                .with {
                                    $0.sku = sku
                                    $0.quantity = 1
                                }
                            ]
                        }, metadata: metadata)
                }
            }
        }
    }
}
