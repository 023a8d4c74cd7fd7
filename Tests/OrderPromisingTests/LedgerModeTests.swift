import Domain
import HoldfastTesting
import Ledger
import NIOCore
import OrderPromising
import PostgresClient
import PrivateStores
import RedisClient
import Testing

/// Redis is away: PostgreSQL decides alone, and hands back when Redis has been well for a while.
@Suite("PostgreSQL decides alone")
struct LedgerModeTests {
    private static func quick(_ configuration: inout PromisingConfiguration) {
        configuration.breakerDelay = .milliseconds(200)
        configuration.returnDelay = .milliseconds(300)
        configuration.watchInterval = .milliseconds(50)
    }

    /// A deployment of its own servers with stock, whose Redis has been killed and whose ledger has taken over.
    private static func bridged(_ body: @Sendable (TestDeployment) async throws -> Void) async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("ledger-mode"))
        try await TestDeployment.with(stack: stack, configure: quick) { deployment in
            try await deployment.catalogue(skus: ["A", "B", "C", "D"], locations: ["W", "X"])
            try await deployment.change(.receive, ["A", "B", "C", "D"].map { ($0, "W", 20) })
            try await deployment.change(.receive, [("A", "X", 5)])
            stack.redis.kill9()
            try await inLedgerMode(deployment)
            try await body(deployment)
        }
        await stack.stop()
    }

    private static func inLedgerMode(_ deployment: TestDeployment) async throws {
        guard try await eventually({ deployment.promising.status.ledgerVShards == 16 }) else {
            throw TestFailure("the ledger did not take over: \(deployment.promising.status)")
        }
    }

    private static func backInRedisMode(_ deployment: TestDeployment) async throws {
        let back = try await eventually(within: 30) {
            deployment.promising.isReady && deployment.promising.status.ledgerVShards == 0
        }
        guard back else { throw TestFailure("Redis did not take over again: \(deployment.promising.status)") }
    }

    @Test("every call works, figures are exact, and Redis takes over again with the same figures")
    func wholeTrade() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("ledger-mode"))
        try await TestDeployment.with(stack: stack, configure: Self.quick) { deployment in
            try await deployment.catalogue(skus: ["A", "B", "C", "D"], locations: ["W", "X"])
            try await deployment.change(.receive, ["A", "B", "C", "D"].map { ($0, "W", 20) })
            try await deployment.change(.receive, [("A", "X", 5)])
            let before = try await deployment.reserve([("A", "W", 3), ("B", "W", 2)])
            let released = try await deployment.reserve([("C", "W", 4)])
            let confirmed = try await deployment.reserve([("B", "W", 5), ("D", "W", 1)])
            let expiring = try await deployment.reserve([("D", "W", 6)], ttl: 3_000)
            stack.redis.kill9()
            try await Self.inLedgerMode(deployment)
            #expect(deployment.promising.isReady)

            #expect(try await deployment.reserve([("A", "W", 3), ("B", "W", 2)], id: before.id) == before)
            #expect(try await deployment.available("A") == 22)
            #expect(try await deployment.available("C") == 16)
            #expect(try await deployment.promising.release(released.id, by: .anonymous) == .released)
            #expect(try await deployment.available("C") == 20)
            let held = try await deployment.reserve([("A", "", 18), ("C", "W", 20)], split: true)
            #expect(held.lines[0].allocations.reduce(0) { $0 + $1.quantity } == 18)
            #expect(try await deployment.available("A") == 4)
            do {
                _ = try await deployment.reserve([("A", "", 5), ("C", "W", 1)], split: true)
                Issue.record("oversold")
            } catch Refusal.shortage(let lines) {
                #expect(lines.map(\.available) == [4, 0])
            }
            let order = try deployment.order([("B", "W", 5), ("D", "W", 1)], reservation: confirmed.id)
            let placed = try await deployment.place(order)
            #expect(try await deployment.place(order) == placed)
            let direct = try deployment.order([("B", "W", 13)])
            _ = try await deployment.place(direct)
            await #expect(throws: Refusal.self) { try await deployment.place(deployment.order([("B", "W", 1)])) }
            _ = try await deployment.cancel(direct.id, [(1, 3)])
            #expect(try await deployment.available("B") == 3)
            let fact = try await deployment.place(deployment.order([("B", "W", 4)], goodsInHand: true))
            #expect(fact.shortage == 1)
            try await deployment.change(.receive, [("C", "X", 7)])
            try await deployment.change(.adjust, [("C", "X", -2)])
            #expect(try await deployment.available("C", "X") == 5)
            try await deployment.change(.transfer(to: "X"), [("D", "W", 2)])
            await #expect(throws: Refusal.self) {
                try await deployment.change(.transfer(to: "W"), [("C", "X", 6)])
            }
            try await deployment.change(.setSafety, [("C", "X", 5)])
            #expect(try await deployment.available("C", "X") == 0)
            #expect(
                try await eventually {
                    try await deployment.promising.reservation(expiring.id, for: .anonymous).state == .expired
                })
            #expect(try await eventually { try await deployment.available("D") == 19 })
            #expect(try await deployment.promising.books().agree)

            try await stack.redis.restart()
            try await Self.backInRedisMode(deployment)
            #expect(try await deployment.available("D") == 19)
            #expect(try await deployment.available("A") == 4)
            #expect(try await deployment.reserve([("A", "", 18), ("C", "W", 20)], id: held.id, split: true) == held)
            #expect(try await deployment.booksAgree())
            #expect(try await deployment.promising.books().ledger.oversold == 0)
        }
        await stack.stop()
    }

    @Test("a rush for the last units sells each once")
    func rush() async throws {
        try await Self.bridged { deployment in
            let won = try await withThrowingTaskGroup(of: Int64.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        do {
                            if index % 2 == 0 {
                                _ = try await deployment.reserve([("A", "", 1), ("B", "W", 1)])
                            } else {
                                _ = try await deployment.place(deployment.order([("B", "W", 1)]))
                            }
                            return 1
                        } catch Refusal.shortage {
                            return 0
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(won == 20)
            #expect(try await deployment.available("B") == 0)
            #expect(try await deployment.promising.books().agree)
        }
    }

    @Test("one id that comes twice at once is held once")
    func duplicates() async throws {
        try await Self.bridged { deployment in
            let id = EntityID.fresh
            let replies = try await withThrowingTaskGroup(of: Reservation.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await deployment.reserve([("A", "W", 2), ("D", "W", 1)], id: id) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(replies).count == 1)
            #expect(try await deployment.available("A", "W") == 18)
            await #expect(throws: Refusal.self) { try await deployment.reserve([("A", "W", 3)], id: id) }
            #expect(try await deployment.promising.books().agree)
        }
    }

    @Test("what Redis admitted before and was not written is not written after")
    func fencedByTheSwitch() async throws {
        try await Self.bridged { deployment in
            let rows = try await deployment.ledger.vshardRows()
            #expect(rows.allSatisfy { $0.mode == .ledger })
            let cell = try #require(try await deployment.ledger.books().cells.first?.cell)
            let stamp = AdmissionStamp(vshard: rows[0].vshard, epoch: rows[0].epoch - 1, sequence: 1)
            let entry = HoldEntry(
                id: .fresh, channel: 1, body: [1], fingerprint: 1, takes: [CellTake(line: 0, cell: cell, quantity: 1)],
                stamps: [stamp], ttlMilliseconds: 60_000, caller: "test")
            let ledger = deployment.ledger
            await #expect(throws: LedgerFault.fenced) {
                try await ledger.pool.withConnection(ledger.journal([entry], calls: [stamp]))
            }
        }
    }

    @Test("a raise by a program that knows no modes ends the mode")
    func oldProgram() async throws {
        try await Self.bridged { deployment in
            let ledger = deployment.ledger
            try await ledger.pool.withConnection { connection in
                try connection.executeScript("UPDATE shard SET epoch = epoch + 1 WHERE id = 3")
            }
            let row = try await ledger.vshardRows()[3]
            #expect(row.mode == .redis)
            // This program finds Redis still away and takes over anew, with what is held by then.
            #expect(try await eventually { try await ledger.vshardRows()[3].mode == .ledger })
            #expect(try await eventually { try await deployment.promising.books().agree })
        }
    }

    @Test("a server that alone has lost Redis hands the decision to one that has not")
    func handover() async throws {
        try await TestDeployment.with(configure: Self.quick) { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 20)])
            // Nothing listens there.
            try await deployment.withSecondServer(redisURL: "redis://127.0.0.1:1", configure: Self.quick) { blind in
                try await Task.sleep(for: .seconds(1))
                #expect(!blind.isReady)
                #expect(deployment.promising.isReady)
                #expect(deployment.promising.status.ledgerVShards == 0)
                #expect(try await deployment.reserve([("A", "W", 2)]).state == .held)
            }
        }
    }

    @Test("two servers sell together while Redis is away, and go back together")
    func twoServers() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("ledger-mode"))
        try await TestDeployment.with(stack: stack, configure: Self.quick) { deployment in
            try await deployment.catalogue(skus: ["A", "B"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 30), ("B", "W", 30)])
            try await deployment.withSecondServer(configure: Self.quick) { other in
                #expect(try await eventually { other.isReady })
                stack.redis.kill9()
                try await Self.inLedgerMode(deployment)
                #expect(try await eventually { other.status.ledgerVShards == 16 })
                let won = try await withThrowingTaskGroup(of: Int.self) { group in
                    for index in 0..<80 {
                        group.addTask {
                            let demand = Demand(sku: "A", location: "W", quantity: 1, allowSplit: false)
                            let request = ReservationRequest(
                                id: .fresh, channel: TestDeployment.channel, demands: [demand], ttlMilliseconds: 60_000,
                                body: [UInt8(index)], caller: .anonymous)
                            let server = index % 2 == 0 ? other : deployment.promising
                            do {
                                _ = try await server.reserve(request, deadline: .now() + .seconds(20))
                                return 1
                            } catch Refusal.shortage {
                                return 0
                            }
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(won == 30)
                try await stack.redis.restart()
                try await Self.backInRedisMode(deployment)
                #expect(try await eventually { other.isReady && other.status.ledgerVShards == 0 })
                #expect(try await deployment.available("B") == 30)
                #expect(try await deployment.booksAgree())
            }
        }
        await stack.stop()
    }
}

/// Work that one server does at a time.
@Suite("Leases")
struct LeaseTests {
    @Test("a lease is one server's until it lapses, is given back, or was taken before the clock was set back")
    func leases() async throws {
        try await TestDeployment.with { deployment in
            let ledger = deployment.ledger
            let one = EntityID.fresh
            let other = EntityID.fresh
            #expect(try await ledger.holdLease(.retention, holder: one, milliseconds: 200))
            #expect(try await !ledger.holdLease(.retention, holder: other, milliseconds: 200))
            #expect(try await ledger.holdLease(.retention, holder: one, milliseconds: 200))
            #expect(
                try await eventually { try await ledger.holdLease(.retention, holder: other, milliseconds: 60_000) })
            #expect(try await !ledger.holdLease(.retention, holder: one, milliseconds: 60_000))
            try await ledger.dropLease(.retention, holder: one)
            #expect(try await !ledger.holdLease(.retention, holder: one, milliseconds: 60_000))
            try await ledger.dropLease(.retention, holder: other)
            #expect(try await ledger.holdLease(.retention, holder: one, milliseconds: 60_000))
            try await ledger.pool.withConnection { connection in
                try connection.executeScript("UPDATE lease SET expires_at = now() + interval '1 day'")
            }
            #expect(try await ledger.holdLease(.retention, holder: other, milliseconds: 60_000))
        }
    }
}
