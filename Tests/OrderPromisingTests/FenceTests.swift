import Domain
import HoldfastTesting
import HotStock
import Ledger
import NIOCore
import OrderPromising
import PostgresClient
import PrivateStores
import RedisClient
import Testing

/// What happens when Redis loses, repeats or invents something, or PostgreSQL has moved on.
@Suite("Fences and rebuilds")
struct FenceTests {
    private static func stocked(_ deployment: TestDeployment) async throws {
        try await deployment.catalogue(skus: ["A", "B", "C", "D"], locations: ["W"])
        try await deployment.change(.receive, ["A", "B", "C", "D"].map { ($0, "W", 20) })
    }

    private static func keys(_ deployment: TestDeployment, _ kind: String) -> [String] {
        (0..<16).map { "{\(deployment.keyPrefix)v\($0 < 10 ? "000" : "00")\($0)}:\(kind)" }
    }

    /// All at once: a part of a vshard's keys is never lost without the others.
    private static func deleteAll(_ deployment: TestDeployment) async throws {
        let keys = ["m", "a", "b", "h"].flatMap { FenceTests.keys(deployment, $0) }
        _ = try await deployment.redis.send(RedisCommand("DEL", arguments: keys))
    }

    /// Ways in which Redis can lose everything or a part.
    enum Loss: CaseIterable { case keysDeleted, flushed, functionsFlushed, killed }

    @Test("a Redis that lost what it knew is rebuilt, and nothing acknowledged is lost", arguments: Loss.allCases)
    func loss(_ loss: Loss) async throws {
        // Servers of its own: the others' Redis stays as it is.
        let stack = try await PrivateStack.start(directory: TestDirectory.make("fence"))
        try await TestDeployment.with(stack: stack) { deployment in
            try await FenceTests.stocked(deployment)
            let held = try await deployment.reserve([("A", "W", 5), ("B", "W", 2)])
            let order = try deployment.order([("A", "W", 3)])
            let placed = try await deployment.place(order)
            switch loss {
            case .keysDeleted:
                try await FenceTests.deleteAll(deployment)
            case .flushed: _ = try await deployment.redis.send(RedisCommand("FLUSHALL"))
            case .functionsFlushed: _ = try await deployment.redis.send(RedisCommand("FUNCTION", "FLUSH"))
            case .killed:
                stack.redis.kill9()
                try await stack.redis.restart()
            }
            let again = try await eventually {
                do {
                    _ = try await deployment.reserve([("A", "W", 1)])
                    return true
                } catch Refusal.unavailable {
                    return false
                }
            }
            #expect(again)
            #expect(try await deployment.reserve([("A", "W", 5), ("B", "W", 2)], id: held.id) == held)
            #expect(try await deployment.place(order) == placed)
            #expect(try await deployment.available("A") == 11)
            #expect(try await deployment.booksAgree())
        }
        await stack.stop()
    }

    @Test("a wiped Redis is noticed while nobody trades")
    func idleLoss() async throws {
        try await TestDeployment.with { deployment in
            try await FenceTests.stocked(deployment)
            try await FenceTests.deleteAll(deployment)
            #expect(try await eventually { (try? await deployment.available("A")) == 20 })
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a killed PostgreSQL loses nothing acknowledged, and trade goes on after its restart")
    func killedLedger() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("fence"))
        try await TestDeployment.with(stack: stack) { deployment in
            try await FenceTests.stocked(deployment)
            let acknowledged = Box<[EntityID: Reservation]>([:])
            let trade = Task {
                var killed = false
                for _ in 0..<200 {
                    do {
                        let held = try await deployment.reserve([("A", "W", 1), ("C", "W", 1)])
                        var all = acknowledged.value
                        all[held.id] = held
                        acknowledged.value = all
                        if all.count == 18 { return }
                    } catch {
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    if !killed && acknowledged.value.count == 6 {
                        killed = true
                        stack.postgres.kill9()
                    }
                }
            }
            #expect(try await eventually { acknowledged.value.count >= 6 })
            try await Task.sleep(for: .milliseconds(300))
            try await stack.postgres.restart()
            _ = await trade.result
            #expect(acknowledged.value.count == 18)
            for (id, held) in acknowledged.value {
                #expect(try await deployment.promising.reservation(id, for: .anonymous) == held)
            }
            #expect(try await deployment.booksAgree(within: 20))
        }
        await stack.stop()
    }

    @Test("units of an attempt that never became true come back with a rebuild, or are adopted by its retry")
    func orphans() async throws {
        try await TestDeployment.with { deployment in
            try await FenceTests.stocked(deployment)
            let vshards = try await deployment.ledger.vshardCount()
            let hotStock = HotStock(
                link: deployment.redis.anyLink, keys: HotStockKeys(prefix: deployment.keyPrefix, vshards: vshards))
            let vshard = VShard(sku: "A", count: vshards)
            let epoch = try #require(try await deployment.ledger.epochs().first { $0.vshard == vshard }?.epoch)
            let cells = try await deployment.ledger.books().cells
            let cell = try #require(cells.first { $0.sku == "A" }?.cell)
            let body = Array("\([Demand(sku: "A", location: "W", quantity: 4, allowSplit: false)])\(600_000)".utf8)
            let adopted = EntityID.fresh
            for id in [adopted, EntityID.fresh] {
                let reply = try await hotStock.take(
                    vshard, epoch: epoch,
                    [
                        TakeRequest(
                            key: HoldKey(.reservation, id), nonce: 7, force: false, fingerprint: FNV1a.hash(body),
                            lines: [.init(index: 0, quantity: 4, split: false, groups: [[cell]])])
                    ]
                ).get()
                #expect(reply.outcomes.count == 1)
            }
            #expect(try await deployment.available("A") == 12)
            #expect(try await deployment.reserve([("A", "W", 4)], id: adopted).state == .held)
            #expect(try await deployment.available("A") == 12)
            _ = try await deployment.redis.send(
                RedisCommand("DEL", FenceTests.keys(deployment, "m")[Int(vshard.rawValue)]))
            let settled = try await eventually {
                do {
                    _ = try await deployment.reserve([("A", "W", 1)])
                    return try await deployment.available("A") == 15
                } catch Refusal.unavailable {
                    return false
                }
            }
            #expect(settled)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a raised epoch fences every promise made before it, and the server opens anew")
    func raisedEpoch() async throws {
        try await TestDeployment.with { deployment in
            try await FenceTests.stocked(deployment)
            let vshards = (0..<Int16(try await deployment.ledger.vshardCount())).map { VShard($0) }
            _ = try await deployment.ledger.fence(vshards)
            // The server does not know yet: Redis admits under the old epoch, PostgreSQL must not make it true.
            let held = try await eventually {
                do {
                    _ = try await deployment.reserve([("A", "W", 2), ("B", "W", 2), ("C", "W", 2)])
                    return true
                } catch Refusal.unavailable {
                    return false
                }
            }
            #expect(held)
            _ = try await deployment.ledger.fence(vshards)
            let placed = try await eventually {
                do {
                    _ = try await deployment.place(deployment.order([("D", "W", 3)]))
                    return true
                } catch Refusal.unavailable {
                    return false
                }
            }
            #expect(placed)
            #expect(try await deployment.available("A") == 18)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a journal under an old epoch writes nothing, whichever of its vshards has moved on")
    func fencedJournal() async throws {
        try await TestDeployment.with { deployment in
            try await FenceTests.stocked(deployment)
            let epochs = try await deployment.ledger.epochs()
            let cell = try #require(try await deployment.ledger.books().cells.first?.cell)
            let id = EntityID.fresh
            let stamps = epochs.prefix(2).enumerated().map { index, entry in
                AdmissionStamp(vshard: entry.vshard, epoch: entry.epoch - Int64(index), sequence: 1_000)
            }
            let entry = HoldEntry(
                id: id, channel: 1, body: [1], fingerprint: 1, takes: [CellTake(line: 0, cell: cell, quantity: 1)],
                stamps: stamps, ttlMilliseconds: 60_000, caller: "test")
            let ledger = deployment.ledger
            await #expect(throws: LedgerFault.fenced) {
                try await ledger.pool.withConnection(ledger.journal([entry], calls: stamps))
            }
            #expect(try await ledger.holds([id], kind: .reservation).isEmpty)
        }
    }

    @Test("a Redis that repeats a call number trips the wire, and the server recovers")
    func tripwire() async throws {
        try await TestDeployment.with { deployment in
            try await FenceTests.stocked(deployment)
            _ = try await deployment.reserve([("A", "W", 1)])
            let vshard = VShard(sku: "A", count: try await deployment.ledger.vshardCount())
            let meta = FenceTests.keys(deployment, "m")[Int(vshard.rawValue)]
            _ = try await deployment.redis.send(RedisCommand("HSET", meta, "seq", "0"))
            let held = try await eventually {
                do {
                    _ = try await deployment.reserve([("A", "W", 1)])
                    return true
                } catch Refusal.unavailable {
                    return false
                }
            }
            #expect(held)
            let epoch = try #require(try await deployment.ledger.epochs().first { $0.vshard == vshard }?.epoch)
            #expect(epoch > 2)  // raised by the rebuild that the wire asked for
            #expect(try await deployment.available("A") == 18)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("an order cannot oversell even if Redis lies")
    func lyingRedis() async throws {
        try await TestDeployment.with { deployment in
            try await FenceTests.stocked(deployment)
            let vshard = VShard(sku: "A", count: try await deployment.ledger.vshardCount())
            let cell = try #require(try await deployment.ledger.books().cells.first { $0.sku == "A" }?.cell)
            let key = FenceTests.keys(deployment, "a")[Int(vshard.rawValue)]
            _ = try await deployment.redis.send(RedisCommand("HSET", key, "\(cell.rawValue)", "1000"))
            do {
                _ = try await deployment.place(deployment.order([("A", "W", 25)]))
                Issue.record("oversold")
            } catch Refusal.shortage(let lines) {
                #expect(lines.map(\.available) == [20])
            }
            _ = try await deployment.place(deployment.order([("A", "W", 20)]))
            await #expect(throws: Refusal.self) { try await deployment.place(deployment.order([("A", "W", 1)])) }
            #expect(try await deployment.promising.books().ledger.oversold == 0)
        }
    }
}
