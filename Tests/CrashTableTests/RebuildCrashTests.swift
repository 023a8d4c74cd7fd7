import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import HotStock
import Ledger
import NIOCore
import OrderPromising
import PrivateStores
import RedisClient
import Testing

/// Loading Redis anew, stopped at every step of the way.
@Suite("Crash table: rebuilds", .serialized)
struct RebuildCrashTests {
    /// Loses what Redis has of A's part of the stock.
    private static func lose(_ stage: Stage) async throws {
        let vshard = VShard(sku: "A", count: try await stage.deployment.ledger.vshardCount()).rawValue
        let keys = ["m", "a", "b", "h"].map {
            "{\(stage.deployment.keyPrefix)v\(vshard < 10 ? "000" : "00")\(vshard)}:\($0)"
        }
        _ = try await stage.deployment.redis.send(RedisCommand("DEL", arguments: keys))
    }

    /// What the epoch of A's part is in PostgreSQL, and what Redis is armed for.
    private static func epochs(_ stage: Stage) async throws -> (ledger: Int64, armed: Int64) {
        let count = try await stage.deployment.ledger.vshardCount()
        let vshard = VShard(sku: "A", count: count)
        let hotStock = HotStock(
            link: stage.deployment.redis.anyLink, keys: HotStockKeys(prefix: stage.deployment.keyPrefix, vshards: count)
        )
        let epoch = try await stage.number("SELECT epoch FROM shard WHERE id = \(vshard.rawValue)")
        return (epoch, try await hotStock.status(vshard).get().armed)
    }

    @Test(
        "the server that loads Redis anew dies in any step of it",
        arguments: ["epoch-raised", "load-begun", "load-half-done", "before-arm", "armed"])
    func rebuilderDies(failpoint: String) async throws {
        let row = "the server that loads Redis anew dies in any step of it"
        try await Stage.with(failpoint, isKeeper: true) { stage in
            let held = try await stage.deployment.reserve([("A", "W", 4)])
            let before = try await RebuildCrashTests.epochs(stage).ledger
            try await RebuildCrashTests.lose(stage)
            #expect(try await stage.server.hasDied())
            let left = try await RebuildCrashTests.epochs(stage)
            #expect(left.ledger > before)
            // Half loaded, and it admits nothing; or whole, and it may.
            #expect((left.armed == left.ledger) == (failpoint == "armed"))
            let request = stage.reservation(3)
            #expect(try await stage.seeReserve(request) == .status(.unavailable))
            try await stage.timed("\(row) (\(failpoint))", "admits again, the next server's start included") {
                if failpoint != "before-arm" { try await stage.lapseLease() }
                try await stage.server.restart()
                _ = try await stage.reserve(request)
            }
            #expect(try await stage.deployment.promising.reservation(held.id, for: .anonymous) == held)
            try await stage.heals(to: 13, "\(row) (\(failpoint))")
        }
    }

    @Test("what was given back or delivered while Redis is loaded arrives in the middle of it")
    func settledMeanwhile() async throws {
        let row = "what was given back or delivered while Redis is loaded arrives in the middle of it"
        try await Stage.with("load-half-done:stall:1000", isKeeper: true) { stage in
            let released = try await stage.deployment.reserve([("A", "W", 4)])
            let taken = try await stage.deployment.reserve([("A", "W", 3)])
            let before = try await RebuildCrashTests.epochs(stage).ledger
            try await RebuildCrashTests.lose(stage)
            #expect(try await eventually { try await RebuildCrashTests.epochs(stage).ledger > before })
            _ = try await stage.deployment.promising.release(released.id, by: .anonymous)
            _ = try await stage.deployment.place(stage.deployment.order([("A", "W", 3)], reservation: taken.id))
            try await stage.deployment.change(.receive, [("A", "W", 5)])
            _ = try await stage.reserve(stage.reservation(1))
            try await stage.heals(to: 21, row)
            #expect(try await stage.takenKeys().count == 1)
        }
    }
}
