import Domain
import HoldfastTesting
import HotStock
import Ledger
import NIOCore
import RedisClient
import Testing

@testable import OrderPromising

/// The keeper of the admission goes on where one thing is not as it should be.
@Suite("Keeping the admission")
struct AdmissionKeepingTests {
    private static func with(
        _ configure: (inout PromisingConfiguration) -> Void = { _ in },
        _ body: @Sendable (TestDeployment) async throws -> Void
    ) async throws {
        try await TestDeployment.with(configure: { configuration in
            configuration.breakerDelay = .seconds(3_600)
            configure(&configuration)
        }) { deployment in
            try await deployment.catalogue(skus: ["A", "B", "C", "D"], locations: ["W"])
            try await deployment.change(.receive, ["A", "B", "C", "D"].map { ($0, "W", 20) })
            try await body(deployment)
        }
    }

    @Test(
        "a part of which Redis knows an epoch that is yet to come is loaded under a later one", arguments: ["e", "l"])
    func laterEpoch(field: String) async throws {
        try await Self.with { deployment in
            let (_, vshard) = try await deployment.hotStock(of: "A")
            let planted = try await deployment.epoch(of: vshard) + 3_600_000
            _ = try await deployment.redis.send(
                RedisCommand("HSET", deployment.redisKey(vshard, "m"), field, "\(planted)"))
            deployment.promising.admission.requestRebuild("the test asks for it", of: [vshard])
            #expect(try await eventually { try await deployment.epoch(of: vshard) > planted })
            #expect(try await eventually { deployment.promising.isReady })
            _ = try await deployment.reserve([("A", "W", 20)])
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a part that Redis cannot take is decided by PostgreSQL; the others stay as they are")
    func unloadable() async throws {
        try await Self.with { deployment in
            let (_, vshard) = try await deployment.hotStock(of: "A")
            // No epoch is above this one in the numbers that Redis counts with exactly.
            _ = try await deployment.redis.send(
                RedisCommand("HSET", deployment.redisKey(vshard, "m"), "e", "9007199254740991"))
            deployment.promising.admission.requestRebuild("the test asks for it", of: [vshard])
            #expect(try await eventually(within: 30) { deployment.promising.status.ledgerVShards == 1 })
            #expect(try await eventually { deployment.promising.isReady })
            for sku in ["A", "B", "C", "D"] { _ = try await deployment.reserve([(sku, "W", 20)]) }
            await #expect(throws: Refusal.self) { try await deployment.reserve([("A", "W", 1)]) }
            #expect(try await deployment.ledger.books().oversold == 0)
        }
    }

    @Test("what was settled while a part was loaded is told again and forgotten")
    func recorded() async throws {
        try await Self.with { deployment in
            let (_, vshard) = try await deployment.hotStock(of: "A")
            let before = try await deployment.epoch(of: vshard)
            deployment.promising.admission.reload(vshard, because: Admission.scrubReason)
            #expect(try await eventually { try await deployment.epoch(of: vshard) > before })
            #expect(try await eventually { deployment.promising.isReady })
            for _ in 0..<5 {
                let held = try await deployment.reserve([("A", "W", 1)])
                _ = try await deployment.promising.release(held.id, by: .anonymous)
            }
            #expect(try await eventually { deployment.promising.settler.recordedCount == nil })
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a witness that cannot be read is taken for none", arguments: [["SET", "1 2"], ["LPUSH", "1"]])
    func unreadableWitness(write: [String]) async throws {
        try await Self.with { deployment in
            let key = deployment.keyPrefix + "witness"
            _ = try await deployment.redis.send(RedisCommand("DEL", key))
            _ = try await deployment.redis.send(
                write[0] == "SET" ? RedisCommand("SET", key, write[1]) : RedisCommand("LPUSH", key, write[1]))
            try await deployment.withSecondServer { (server: OrderPromising) async throws in
                #expect(try await eventually { server.isReady })
            }
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("the same order on two servers at once reloads nothing")
    func doubleSubmission() async throws {
        try await Self.with { deployment in
            try await deployment.withSecondServer { (other: OrderPromising) async throws in
                #expect(try await eventually { other.isReady })
                try await other.refreshDirectory()
                let before = try await deployment.number("SELECT sum(epoch)::int8 FROM shard")
                for _ in 0..<20 {
                    let order = try deployment.order([("A", "W", 1)])
                    async let one = deployment.place(order)
                    async let two = other.place(order, deadline: .now() + .seconds(30))
                    let placed = try await (one, two)
                    #expect(placed.0 == placed.1)
                }
                #expect(try await deployment.number("SELECT sum(epoch)::int8 FROM shard") == before)
            }
            #expect(try await deployment.booksAgree())
            #expect(try await deployment.available("A") == 0)
        }
    }
}
