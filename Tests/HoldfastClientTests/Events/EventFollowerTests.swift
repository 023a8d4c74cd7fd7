import Foundation
import GRPCCore
import HoldfastAPI
import HoldfastClient
import HoldfastTesting
import Ledger
import Logging
import PostgresClient
import PrivateStores
import SwiftProtobuf
import Synchronization
import Testing

/// Followers of events, against real servers and stores that are killed.
@Suite("Following events", .serialized)
struct EventFollowerTests {
    /// What a follower was told, in order.
    private final class Told: Sendable {
        private let messages = Mutex<[Holdfast_V1_SubscribeResponse]>([])

        func add(_ message: Holdfast_V1_SubscribeResponse) { messages.withLock { $0.append(message) } }
        var events: [Holdfast_V1_Event] { messages.withLock { $0.filter(\.hasEvent).map(\.event) } }
        var count: Int { messages.withLock { messages in messages.count { $0.hasEvent } } }
    }

    /// An event as the outbox has it.
    private struct Row: Hashable {
        var topic: String
        var subject: String
        var sequence: Int32
        var cause: String
    }

    private static func rows(_ shops: ServedShops) async throws -> [Row] {
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let pool = PostgresPool(configuration: shops.database, logger: quiet)
        let rows = try await pool.withConnection { connection in
            try connection.execute(
                PostgresStatement(
                    "test_outbox",
                    "SELECT topic, subject::text, subject_sequence, cause_id::text FROM outbox ORDER BY xid, seq",
                    access: .readOnly)
            ).map {
                Row(topic: try $0.text(0), subject: try $0.text(1), sequence: try $0.int32(2), cause: try $0.text(3))
            }
        }
        await pool.shutdown()
        return rows
    }

    /// Whether every event can be read: transactions of other tests' databases hold them back.
    private static func canBeRead(_ shops: ServedShops) async throws -> Bool {
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let pool = PostgresPool(configuration: shops.database, logger: quiet)
        let waiting = try await pool.withConnection { connection in
            try connection.execute(
                PostgresStatement(
                    "test_waiting",
                    "SELECT count(*) FROM outbox WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())",
                    access: .readOnly)
            ).single.int64(0)
        }
        await pool.shutdown()
        return waiting == 0
    }

    private static func row(_ event: Holdfast_V1_Event) -> Row {
        Row(topic: event.topic, subject: event.subjectID, sequence: event.sequence, cause: event.causeID)
    }

    private static func client(_ shops: ServedShops) -> HoldfastClientConfiguration {
        var configuration = HoldfastClientConfiguration(endpoints: shops.endpoints)
        configuration.timeout = .seconds(60)
        configuration.repetition.maxAttempts = 100
        configuration.repetition.maxWait = .milliseconds(300)
        return configuration
    }

    private static func follower(_ shops: ServedShops) throws -> HoldfastEvents {
        var configuration = HoldfastClientConfiguration(endpoints: shops.grpcEndpoints)
        configuration.repetition.maxWait = .milliseconds(300)
        return try HoldfastEvents(configuration)
    }

    private static func stock(_ client: HoldfastClient, _ shops: ServedShops) async throws {
        func id() -> String { UUID().uuidString }
        _ = try await client.catalog.upsertChannels(
            .with {
                $0.requestID = id()
                $0.channels = [
                    .with {
                        $0.code = "WEB"
                        $0.name = "Web"
                        $0.currencyCode = "GBP"
                    }
                ]
            })
        _ = try await client.catalog.upsertLocations(
            .with {
                $0.requestID = id()
                $0.locations = [
                    .with {
                        $0.code = "W"
                        $0.name = "Warehouse"
                        $0.kind = .warehouse
                    }
                ]
            })
        _ = try await client.catalog.upsertProducts(
            .with {
                $0.requestID = id()
                $0.products = [
                    .with {
                        $0.sku = "A"
                        $0.name = "Article"
                        $0.tracked = true
                    }
                ]
            })
        try await receive(client, 100_000)
        // A server can promise what was received at the other one as soon as it has heard of it.
        for endpoint in shops.endpoints {
            let isThere = try await withHoldfastClient(HoldfastClientConfiguration(endpoints: [endpoint])) { client in
                try await eventually(within: 30) {
                    try await client.availability.checkAvailability(
                        .with {
                            $0.items = [.with { $0.sku = "A" }]
                            $0.consistency = .fresh
                        }
                    ).items.map(\.available) == [100_000]
                }
            }
            try #require(isThere)
        }
    }

    private static func receive(_ client: HoldfastClient, _ units: Int64) async throws {
        _ = try await client.inventory.receiveStock(
            .with {
                $0.movementID = UUID().uuidString
                $0.lines = [
                    .with {
                        $0.sku = "A"
                        $0.location = "W"
                        $0.quantity = units
                    }
                ]
            })
    }

    /// Places an order of three units and cancels them one by one; repeats whatever it does not know the outcome of.
    private static func trade(_ client: HoldfastClient, rounds: Int) async throws {
        for _ in 0..<rounds {
            let order = UUID().uuidString
            let request = Holdfast_V1_PlaceOrderRequest.with {
                $0.orderID = order
                $0.channel = "WEB"
                $0.externalID = order
                $0.lines = [
                    .with {
                        $0.sku = "A"
                        $0.location = "W"
                        $0.quantity = 3
                        $0.unitPrice = .with {
                            $0.currencyCode = "GBP"
                            $0.units = 2
                        }
                    }
                ]
            }
            try await surely { _ = try await client.orders.placeOrder(request) }
            for _ in 0..<3 {
                let cancellation = Holdfast_V1_CancelOrderRequest.with {
                    $0.cancellationID = UUID().uuidString
                    $0.orderID = order
                    $0.lines = [
                        .with {
                            $0.lineNumber = 1
                            $0.quantity = 1
                        }
                    ]
                }
                try await surely { _ = try await client.orders.cancelOrder(cancellation) }
            }
        }
    }

    private static func surely(_ call: () async throws -> Void) async throws {
        for _ in 0..<20 {
            do {
                return try await call()
            } catch let error as RPCError where [.unavailable, .deadlineExceeded].contains(error.code) {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        throw TestFailure("the servers did not come back")
    }

    @Test("Servers and PostgreSQL are killed under trade: a follower is told every event once, in order")
    func killed() async throws {
        let stores = try await PrivateStack.start(directory: TestDirectory.make("events"))
        try await ServedShops.with(stores: stores) { shops in
            let told = Told()
            let follower = try Self.follower(shops)
            let following = Task {
                try await follower.follow(.with { $0.start = .oldest }) { message in
                    told.add(message)
                    return true
                }
            }
            try await withHoldfastClient(Self.client(shops)) { client in
                try await Self.stock(client, shops)
                async let one: Void = Self.trade(client, rounds: 25)
                async let other: Void = Self.trade(client, rounds: 25)
                #expect(try await eventually(within: 60) { told.count >= 20 })
                shops.programs[0].kill9()
                try await shops.startAgain(0)
                let then = told.count
                #expect(try await eventually(within: 60) { told.count >= then + 20 })
                stores.postgres.kill9()
                try await stores.postgres.restart()
                shops.programs[1].kill9()
                try await shops.startAgain(1)
                _ = try await (one, other)
            }
            let rows = try await Self.rows(shops)
            #expect(rows.count == 1 + 50 * 4)
            #expect(try await eventually(within: 60) { told.count >= rows.count })
            following.cancel()
            _ = await following.result
            let events = told.events
            #expect(events.map(Self.row) == rows)
            #expect(Set(events.map(\.eventID)).count == rows.count)
            for history in Dictionary(grouping: events, by: \.subjectID).values {
                #expect(history.map(\.sequence) == Array(1...Int32(history.count)))
            }
        }
        await stores.stop()
    }

    @Test("A server that stops tells its followers to come again; they go on at the other one")
    func drained() async throws {
        try await ServedShops.with { shops in
            let told = Told()
            let follower = try Self.follower(shops)
            let following = Task {
                try await follower.follow(.with { $0.start = .oldest }) { message in
                    told.add(message)
                    return true
                }
            }
            try await withHoldfastClient(Self.client(shops)) { client in
                try await Self.stock(client, shops)
                #expect(try await eventually(within: 30) { told.count == 1 })
                await shops.programs[0].stop()
                try await Self.receive(client, 1)
                #expect(try await eventually(within: 30) { told.count == 2 })
                try await shops.startAgain(0)
                await shops.programs[1].stop()
                try await Self.receive(client, 1)
                #expect(try await eventually(within: 30) { told.count == 3 })
                try await shops.startAgain(1)
            }
            following.cancel()
            _ = await following.result
            #expect(Set(told.events.map(\.eventID)).count == 3)
            for program in shops.programs { #expect(!program.logged.contains("error")) }
        }
    }

    @Test("A consumer that is killed anywhere goes on from the last cursor that it kept: no gap, no other order")
    func killedConsumer() async throws {
        try await ServedShops.with { shops in
            try await withHoldfastClient(Self.client(shops)) { client in
                try await Self.stock(client, shops)
                async let trade: Void = Self.trade(client, rounds: 40)
                let log = TestDirectory.make("consumer") + "/events.log"
                let server = shops.grpcEndpoints.map(\.description).joined(separator: ",")
                var kept: [Holdfast_V1_SubscribeResponse] = []
                for attempt in 0..<6 {
                    let start = kept.last.map { ["--from", $0.cursor] } ?? ["--oldest"]
                    let path = "\(log).\(attempt)"
                    let isLast = attempt == 5
                    if isLast {
                        try await trade
                        #expect(try await eventually(within: 30) { try await Self.canBeRead(shops) })
                    }
                    let consumer = try PrivateProgram(
                        [ServedShops.programPath, "events", "--format", "json", "--grpc-server", server] + start
                            + (isLast ? ["--no-follow"] : []), log: path)
                    if isLast {
                        #expect(try await eventually(within: 60) { consumer.processID == nil })
                    } else {
                        _ = try await consumer.line(beginningWith: "{\"cursor\"")
                        try await Task.sleep(for: .milliseconds(60 + attempt * 70))
                        consumer.kill9()
                    }
                    // A line that was not written whole was not kept.
                    let text = consumer.logged
                    let whole = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                    kept += try whole.map { try Holdfast_V1_SubscribeResponse(jsonString: String($0)) }
                }
                #expect(kept.last?.caughtUp == true)
                let events = kept.filter(\.hasEvent).map(\.event)
                #expect(events.map(Self.row) == (try await Self.rows(shops)))
                #expect(events.count == 1 + 40 * 4)
            }
        }
    }

    @Test("What does not pass by itself is thrown: a cursor of another deployment, a body that fails")
    func refused() async throws {
        try await ServedShops.with { shops in
            let follower = try Self.follower(shops)
            let refusal = await #expect(throws: RPCError.self) {
                try await follower.follow(.with { $0.cursor = "AXpZOkbLDIS-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }) { _ in
                    true
                }
            }
            #expect(refusal?.code == .invalidArgument)
            #expect(refusal.map { HoldfastError($0).fieldViolations.map(\.field) } == ["cursor"])
            await #expect(throws: TestFailure.self) {
                try await follower.follow(.with { $0.start = .now }) { _ in throw TestFailure("the body") }
            }
            let busy = await #expect(throws: RPCError.self) {
                try await follower.follow(.with { $0.start = .now }) { _ in
                    throw RPCError(code: .unavailable, message: "another service")
                }
            }
            #expect(busy?.message == "another service")
            try await follower.follow(.with { $0.start = .now }) { _ in false }
        }
    }
}
