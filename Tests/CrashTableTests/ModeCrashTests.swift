import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import OrderPromising
import PrivateStores
import Testing

/// The time in which PostgreSQL decides alone: its begin, its end, and what dies in it.
@Suite("Crash table: PostgreSQL decides", .serialized)
struct ModeCrashTests {
    private static func mode(_ stage: Stage) async throws -> Int64 {
        try await stage.number("SELECT max(mode)::int8 FROM shard")
    }

    @Test(
        "Redis is gone, and the server that hands over to PostgreSQL dies in any step of it",
        arguments: ["before-ledger-mode", "ledger-mode-uncommitted", "ledger-mode-begun"])
    func handOver(failpoint: String) async throws {
        let row = "Redis is gone, and the server that hands over to PostgreSQL dies in any step of it"
        let stack = try await MortalStores.running().stack
        try await Stage.with(failpoint, stack: stack, isKeeper: true) { stage in
            let held = try await stage.deployment.reserve([("A", "W", 4)])
            stack.redis.kill9()
            #expect(try await stage.server.hasDied())
            #expect(try await ModeCrashTests.mode(stage) == (failpoint == "ledger-mode-begun" ? 2 : 1))
            let request = stage.reservation(3)
            let reply = try await stage.timed("\(row) (\(failpoint))", "PostgreSQL decides, a restart included") {
                if failpoint != "before-ledger-mode" { try await stage.lapseLease() }
                try await stage.server.restart()
                return try await stage.reserve(request)
            }
            #expect(reply.reservation.state == .held)
            #expect(try await ModeCrashTests.mode(stage) == 2)
            #expect(try await stage.deployment.promising.reservation(held.id, for: .anonymous) == held)
            // No unit twice: 13 are left.
            #expect(try await stage.seeReserve(stage.reservation(14)) == .status(.failedPrecondition))
            try await stack.redis.restart()
            try await stage.timed("\(row) (\(failpoint))", "Redis decides again") {
                let isBack = try await eventually(within: 30) { try await ModeCrashTests.mode(stage) == 1 }
                #expect(isBack)
            }
            try await stage.heals(to: 13, "\(row) (\(failpoint))")
        }
    }

    @Test("the server dies after the commit of a reservation that PostgreSQL decided, and on the way back to Redis")
    func decidedAndBack() async throws {
        let row =
            "the server dies after the commit of a reservation that PostgreSQL decided, and on the way back to Redis"
        let stack = try await MortalStores.running().stack
        try await Stage.with("journalled", stack: stack, isKeeper: true) { stage in
            let held = try await stage.deployment.reserve([("A", "W", 4)])
            stack.redis.kill9()
            #expect(try await eventually { try await ModeCrashTests.mode(stage) == 2 })
            let request = stage.reservation(3)
            #expect(try await stage.seeReserve(request) == .status(.unavailable))
            #expect(try await stage.server.hasDied())
            #expect(try await stage.number("SELECT held_direct FROM cell ORDER BY id LIMIT 1") == 7)
            try await stage.server.restart(failpoint: "load-half-done:3")
            let reply = try await stage.timed(row, "the same call answered") { try await stage.reserve(request) }
            try await stack.redis.restart()
            // It takes the parts of the stock back one by one, and dies with the third.
            #expect(try await stage.server.hasDied())
            #expect(try await stage.number("SELECT count(*) FROM shard WHERE mode = 1") == 3)
            try await stage.timed(row, "Redis decides again, a restart included") {
                try await stage.server.restart()
                let isBack = try await eventually(within: 30) { try await ModeCrashTests.mode(stage) == 1 }
                #expect(isBack)
            }
            #expect(try await stage.number("SELECT count(*) FROM shard WHERE mode = 2") == 0)
            #expect(try await stage.reserve(request) == reply)
            #expect(try await stage.deployment.promising.reservation(held.id, for: .anonymous) == held)
            try await stage.heals(to: 13, row)
        }
    }
}
