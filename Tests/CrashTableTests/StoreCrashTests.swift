import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Logging
import NIOCore
import NIOPosix
import OrderPromising
import PrivateStores
import RedisClient
import SwiftProtobuf
import Testing

@testable import Torture

/// A store that dies, comes back older or empty, or has another in its place.
@Suite("Crash table: stores", .serialized)
struct StoreCrashTests {
    /// What can be lost once a client has its answer.
    enum Loss: CaseIterable { case server, redis, postgres, everything }

    @Test("anything dies after the answer, or everything at once", arguments: Loss.allCases)
    func afterAnswer(loss: Loss) async throws {
        let row = "anything dies after the answer, or everything at once"
        let stack = try await MortalStores.running().stack
        try await Stage.with("", stack: stack) { stage in
            let request = stage.reservation(4)
            let reply = try await stage.reserve(request)
            let order = stage.order(3)
            let placed = try await stage.place(order)
            if loss == .server || loss == .everything { stage.server.kill9() }
            if loss == .redis || loss == .everything { stack.redis.kill9() }
            if loss == .postgres || loss == .everything { stack.postgres.kill9() }
            if loss == .postgres {
                // While PostgreSQL is away nothing is promised, and nothing pretends to be.
                #expect(try await stage.seeReserve(stage.reservation(1)) == .status(.unavailable))
                let read = try await stage.see {
                    _ = try await stage.server.call(
                        "OrderService/GetOrder", Holdfast_V1_GetOrderRequest.with { $0.orderID = order.orderID },
                        Holdfast_V1_GetOrderResponse.self)
                }
                #expect(read == .status(.unavailable))
                // What is there is known to Redis, less what the attempt may have set aside.
                let figures = try await stage.server.call(
                    "AvailabilityService/CheckAvailability",
                    Holdfast_V1_CheckAvailabilityRequest.with { $0.items = [.with { $0.sku = "A" }] },
                    Holdfast_V1_CheckAvailabilityResponse.self)
                #expect([[12], [13]].contains(figures.items.map(\.available)))
            }
            try await stage.timed("\(row) (\(loss))", "both calls answered as before, restarts included") {
                if stack.postgres.processID == nil { try await stack.postgres.restart() }
                if stack.redis.processID == nil { try await stack.redis.restart() }
                if !stage.server.isRunning { try await stage.server.restart() }
                #expect(try await stage.reserve(request) == reply)
                #expect(try await stage.place(order) == placed)
            }
            try await stage.heals(to: 13, "\(row) (\(loss))")
        }
    }

    @Test("Redis is killed and comes back with its own log of what it knew")
    func appendOnly() async throws {
        let row = "Redis is killed and comes back with its own log of what it knew"
        let stack = try await MortalStores.running().stack
        try await Stage.with("", stack: stack) { stage in
            let redis = stage.deployment.redis
            func keep(_ isKept: String) async throws {
                _ = try await redis.send(RedisCommand("CONFIG", "SET", "appendonly", isKept))
                _ = try await redis.send(RedisCommand("CONFIG", "REWRITE"))
            }
            try await keep("yes")
            let request = stage.reservation(4)
            let reply = try await stage.reserve(request)
            stack.redis.kill9()
            try await stage.timed(row, "the same call answered as before, the restart included") {
                try await stack.redis.restart()
                #expect(try await stage.reserve(request) == reply)
            }
            try await stage.heals(to: 16, row)
            try await keep("no")
        }
    }

    /// What Redis can lose and go on.
    enum Emptied: CaseIterable { case keys, functions, memory }

    @Test("Redis loses its keys or its functions, or has no memory left", arguments: Emptied.allCases)
    func emptied(what: Emptied) async throws {
        let row = "Redis loses its keys or its functions, or has no memory left"
        let stack = try await MortalStores.running().stack
        try await Stage.with("", stack: stack) { stage in
            let held = stage.reservation(4)
            let reply = try await stage.reserve(held)
            let redis = stage.deployment.redis
            switch what {
            case .keys: _ = try await redis.send(RedisCommand("FLUSHALL"))
            case .functions: _ = try await redis.send(RedisCommand("FUNCTION", "FLUSH"))
            case .memory:
                _ = try await redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "1mb"))
                #expect(try await stage.seeReserve(stage.reservation(1)) == .status(.unavailable))
                try await stage.timed("\(row) (full)", "a new reservation is held, by PostgreSQL alone") {
                    _ = try await stage.reserve(stage.reservation(2))
                }
                #expect(try await stage.number("SELECT count(*) FROM shard WHERE mode <> 2") == 0)
                _ = try await redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
                let isBack = try await stage.timed("\(row) (with memory again)", "Redis decides all parts") {
                    try await eventually(within: 60) {
                        try await stage.number("SELECT count(*) FROM shard WHERE mode = 2") == 0
                    }
                }
                #expect(isBack)
            }
            _ = try await stage.timed("\(row) (\(what))", "a new reservation is held") {
                try await stage.reserve(stage.reservation(3))
            }
            #expect(try await stage.reserve(held) == reply)
            try await stage.heals(to: what == .memory ? 11 : 13, "\(row) (\(what))")
        }
    }

    @Test("a replica that lags is promoted while the old Redis lives")
    func twoRedis() async throws {
        let row = "a replica that lags is promoted while the old Redis lives"
        let stack = try await MortalStores.running().stack
        try await Stage.with("", stack: stack, isKeeper: true) { stage in
            let replica = try await PrivateRedis.start(
                directory: TestDirectory.make("replica"), listensOnPort: true,
                settings: ["repl-diskless-sync-delay": "0"])
            let result: Result<Void, any Error>
            do {
                result = .success(try await StoreCrashTests.split(stage, replica, row))
            } catch {
                result = .failure(error)
            }
            await replica.stop()
            try result.get()
        }
    }

    private static func split(_ stage: Stage, _ replica: PrivateRedis, _ row: String) async throws {
        let client = RedisClient(
            configuration: try RedisConfiguration(url: replica.url),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        client.start()
        try await client.waitUntilConnected(timeout: .seconds(60))
        let port = try #require(stage.deployment.stack.redis.port)
        _ = try await client.send(RedisCommand("REPLICAOF", "127.0.0.1", "\(port)"))
        let isInStep = try await eventually {
            let text = try await client.send(RedisCommand("INFO", "replication")).string ?? ""
            return text.contains("master_link_status:up")
        }
        #expect(isInStep)
        _ = try await client.send(RedisCommand("REPLICAOF", "NO", "ONE"))
        await client.shutdown()
        // The old one goes on; the promoted one never hears of these.
        _ = try await stage.deployment.reserve([("A", "W", 15)])
        await stage.server.stop()
        let moved = try await DoomedServer.start(stage.deployment, failpoint: "", redis: replica.url)
        let result: Result<Void, any Error>
        do {
            let promoted = Stage(deployment: stage.deployment, server: moved)
            let request = stage.reservation(5)
            try await stage.timed(row, "the promoted one admits, once it is loaded") {
                _ = try await promoted.reserve(request)
            }
            // The old one would still admit these: it has been told of nothing. PostgreSQL does not write them.
            let id = EntityID.fresh
            await #expect(throws: Refusal.self) {
                try await stage.deployment.promising.reserve(
                    ReservationRequest(
                        id: id, channel: TestDeployment.channel,
                        demands: [Demand(sku: "A", location: "W", quantity: 5, allowSplit: false)],
                        ttlMilliseconds: 600_000, body: [1], caller: .anonymous), deadline: .now() + .seconds(2))
            }
            #expect(try await stage.left(of: .reservation, id.description).row == nil)
            #expect(try await promoted.seeReserve(stage.reservation(1)) == .status(.failedPrecondition))
            #expect(try await promoted.booksAgree())
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await moved.stop()
        try result.get()
    }

    @Test("PostgreSQL's clock jumps ahead and back")
    func clock() async throws {
        let row = "PostgreSQL's clock jumps ahead and back"
        let stores = try await MortalStores.running()
        try await Stage.with("", stack: stores.stack) { stage in
            let request = stage.reservation(4, seconds: 60)
            _ = try await stage.reserve(request)
            stores.clock.stepClock(microseconds: 120_000_000)
            defer { stores.clock.stepClock(microseconds: 0) }
            // It expires early, and its units are everybody's: once.
            try await stage.heals(to: 20, "\(row) (ahead)")
            #expect(try await stage.left(of: .reservation, request.reservationID).row == .expired)
            _ = try await stage.reserve(stage.reservation(20))
            #expect(try await stage.seeReserve(stage.reservation(1)) == .status(.failedPrecondition))
            stores.clock.stepClock(microseconds: -120_000_000)
            // It expires late, and nobody gets its units before.
            #expect(try await stage.seeReserve(stage.reservation(1)) == .status(.failedPrecondition))
            try await stage.heals(to: 0, "\(row) (back)")
        }
    }
}
