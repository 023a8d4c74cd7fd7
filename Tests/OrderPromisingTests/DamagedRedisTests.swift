import Domain
import HoldfastTesting
import Ledger
import OrderPromising
import PrivateStores
import RedisClient
import Testing

/// Parts of what Redis knows go missing, as by eviction or by hand, while it is armed.
@Suite("Redis loses a part")
struct DamagedRedisTests {
    /// A deployment in which only what meets the damage finds it, not the comparison of the stores.
    private static func with(_ body: @Sendable (TestDeployment) async throws -> Void) async throws {
        try await TestDeployment.with(configure: { configuration in
            configuration.repair.grace = .seconds(600)
            configuration.breakerDelay = .seconds(3_600)
        }) { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W", "EMPTY"])
            try await deployment.change(.receive, [("A", "W", 46)])
            try await body(deployment)
        }
    }

    private static func delete(_ keys: [String], _ deployment: TestDeployment) async throws {
        for key in keys {
            let name = deployment.redisKey(VShard(sku: "A", count: 16), key)
            let removed = try await deployment.redis.send(RedisCommand("DEL", name))
            #expect(removed.int64 == 1, "\(key)")
        }
    }

    /// The figures that were told until the right one was.
    private static func figures(until right: Int64, _ deployment: TestDeployment) async throws -> Set<Int64> {
        let told = Box<Set<Int64>>([])
        let isRight = try await eventually {
            do {
                let figure = try await deployment.available("A", "W")
                told.value.insert(figure)
                return figure == right
            } catch Refusal.unavailable {
                return false
            }
        }
        #expect(isRight)
        return told.value
    }

    @Test(
        "bases or figures alone: the next change of stock finds it, and nothing is promised twice",
        arguments: ["b", "a"])
    func oneKey(key: String) async throws {
        try await Self.with { deployment in
            let held = try await deployment.reserve([("A", "W", 6)])
            try await Self.delete([key], deployment)
            try await deployment.change(.receive, [("A", "W", 1)])
            #expect(try await Self.figures(until: 41, deployment).allSatisfy { $0 <= 41 })
            await #expect {
                try await deployment.reserve([("A", "W", 42)])
            } throws: { if case Refusal.shortage = $0 { true } else { false } }
            _ = try await deployment.reserve([("A", "W", 41)])
            #expect(try await deployment.promising.reservation(held.id, for: .anonymous).state == .held)
            #expect(try await deployment.ledger.books().oversold == 0)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test(
        "an availability that Redis no longer knows is never told as none",
        arguments: [["a"], ["a", "b"], ["a", "b", "h"], ["m", "a", "b", "h"]])
    func figures(keys: [String]) async throws {
        try await Self.with { deployment in
            _ = try await deployment.reserve([("A", "W", 6)])
            #expect(try await deployment.available("A", "EMPTY") == 0)
            try await Self.delete(keys, deployment)
            #expect(try await Self.figures(until: 40, deployment) == [40])
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a call does not wait longer than the patience for stock that cannot be loaded")
    func patience() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("patience"))
        try await TestDeployment.with(stack: stack, configure: { $0.loadPatience = .milliseconds(300) }) { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 5)])
            stack.postgres.pause()
            _ = try await deployment.redis.send(RedisCommand("FLUSHALL"))
            await #expect {
                try await deployment.reserve([("A", "W", 1)])
            } throws: { if case Refusal.unavailable = $0 { true } else { false } }
            await #expect {
                try await deployment.available("A")
            } throws: { if case Refusal.unavailable = $0 { true } else { false } }
            let order = try deployment.order([("A", "W", 1)])
            stack.postgres.resume()
            #expect(try await eventually(within: 60) { deployment.promising.isReady })
            _ = try await deployment.place(order)
            #expect(try await deployment.booksAgree(within: 30))
        }
        await stack.stop()
    }
}
