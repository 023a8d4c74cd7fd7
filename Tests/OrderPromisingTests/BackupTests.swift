import Domain
import Foundation
import HoldfastTesting
import Ledger
import NIOCore
import OrderPromising
import PostgresClient
import PrivateStores
import Testing

/// PostgreSQL restored from a backup, under a Redis that is still full of what happened since.
@Suite("Backup and restore", .serialized)
struct BackupTests {
    /// What a shop has been told.
    private struct Acknowledged: Sendable {
        var reservations: [EntityID] = []
        var orders: [EntityID] = []
        var received: Int64 = 0
    }

    /// Trades until told to stop, and remembers what was acknowledged.
    private static func trade(
        _ deployment: TestDeployment, _ told: Box<Acknowledged>, until isOver: Box<Bool>
    ) async throws {
        var round = 0
        while !isOver.value {
            round += 1
            let held = try await deployment.reserve([("A", "W", 1), ("B", "W", 1)])
            told.value.reservations.append(held.id)
            let order = try deployment.order([("A", "W", 1)])
            _ = try await deployment.place(order)
            told.value.orders.append(order.id)
            if round % 2 == 0 { _ = try await deployment.promising.release(held.id, by: .anonymous) }
            if round % 3 == 0 { _ = try await deployment.cancel(order.id) }
            if round % 5 == 0 {
                try await deployment.change(.receive, [("A", "W", 10)])
                told.value.received += 10
            }
        }
    }

    private static func stocked(_ deployment: TestDeployment) async throws {
        try await deployment.catalogue(skus: ["A", "B"], locations: ["W"])
        try await deployment.change(.receive, [("A", "W", 5_000), ("B", "W", 5_000)])
    }

    /// All that was acknowledged is there, the books of both stores agree, and exactly what they say can be sold.
    private static func check(_ server: PointedServer, knows told: Acknowledged) async throws {
        let ledger = server.promising.ledger
        for id in told.reservations {
            #expect(try await ledger.reservation(id) != nil, "the reservation \(id) is lost")
        }
        let orders = try await ledger.pool.withConnection { connection in
            try connection.execute(PostgresStatement("test_orders", "SELECT id::text FROM orders", access: .readOnly))
                .map { try $0.text(0) }
        }
        #expect(Set(told.orders.map(\.description)).isSubset(of: orders))
        #expect(try await eventually(within: 30) { try await server.promising.books().agree })
        let books = try await server.promising.books()
        #expect(books.ledger.oversold == 0)
        #expect(books.ledger.foldMismatches == 0)
        let left = try #require(books.ledger.cells.first { $0.sku == "A" }?.availableToPromise)
        try await reserve(left, of: server)
        await #expect(throws: Refusal.self) { try await reserve(1, of: server) }
        #expect(try await server.promising.books().ledger.oversold == 0)
        #expect(try await eventually(within: 30) { try await server.promising.books().agree })
    }

    private static func reserve(_ units: Int64, of server: PointedServer) async throws {
        let id = EntityID.fresh
        _ = try await server.promising.reserve(
            ReservationRequest(
                id: id, channel: TestDeployment.channel,
                demands: [Demand(sku: "A", location: "W", quantity: units, allowSplit: false)],
                ttlMilliseconds: 600_000, body: Array("\(id)".utf8), caller: .anonymous),
            deadline: .now() + .seconds(30))
    }

    @Test(
        "a base backup taken under trade has all that was acknowledged before it, and a server starts on it over the old Redis"
    )
    func baseBackup() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("backup"))
        let directory = TestDirectory.make("backup-copy")
        let (name, before) = try await TestDeployment.with(stack: stack) { (deployment) async throws in
            try await BackupTests.stocked(deployment)
            let told = Box(Acknowledged())
            let isOver = Box(false)
            async let trade: Void = BackupTests.trade(deployment, told, until: isOver)
            #expect(try await eventually { told.value.orders.count >= 30 })
            let before = told.value
            try await stack.postgres.copy(to: directory, as: .backup)
            // What follows is not in the backup, but in Redis: sales, and units given back that the backup has as sold.
            let then = told.value.orders.count
            #expect(try await eventually { told.value.orders.count >= then + 30 })
            isOver.value = true
            try await trade
            #expect(try await deployment.booksAgree())
            return (deployment.keyPrefix, before)
        }
        stack.postgres.kill9()
        let restored = try await PrivatePostgres.start(directory: directory)
        try await PointedServer.with(
            database: restored.connectionString(database: name), redis: stack.redis.url, prefix: name
        ) { server in
            #expect(try await server.opens())
            try await BackupTests.check(server, knows: before)
        }
        await restored.stop()
        await stack.stop()
    }

    @Test(
        "a PostgreSQL that is put back under a running server is noticed: what Redis knows beyond it promises nothing")
    func putBackUnderway() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("backup"))
        let directory = TestDirectory.make("backup-copy")
        try await TestDeployment.with(stack: stack) { deployment in
            try await BackupTests.stocked(deployment)
            let held = try await deployment.reserve([("A", "W", 4_000)])
            try await stack.postgres.copy(to: directory, as: .backup)
            // Redis hears of units that the backup has never seen.
            _ = try await deployment.promising.release(held.id, by: .anonymous)
            try await deployment.change(.receive, [("A", "W", 3_000)])
            // Articles whose numbers will be given out again.
            let lost = (1...40).map { "LOST-\($0)" }
            try await deployment.catalogue(skus: lost, locations: ["W"])
            try await deployment.change(.receive, lost.map { ($0, "W", 5) })
            #expect(try await deployment.available("A") == 8_000)
            // What a server has not looked at since cannot be missed: it looks four times a second.
            try await Task.sleep(for: .milliseconds(700))
            stack.postgres.kill9()
            let data = stack.postgres.directory + "/data"
            try FileManager.default.moveItem(atPath: data, toPath: data + ".former")
            try FileManager.default.moveItem(atPath: directory + "/data", toPath: data)
            try await stack.postgres.restart()
            let order = try deployment.order([("A", "W", 1_001)])
            let refused = try await eventually(within: 60) {
                do {
                    _ = try await deployment.place(order)
                    Issue.record("1,001 units were sold of 1,000")
                    return true
                } catch Refusal.shortage {
                    return true
                } catch Refusal.unavailable {
                    return false
                }
            }
            #expect(refused)
            // Others have the numbers of what is lost now; this server sells none of the one for the other.
            let new = (1...40).map { "NEW-\($0)" }
            try await deployment.catalogue(skus: new, locations: ["W"])
            try await deployment.change(.receive, new.map { ($0, "W", 5) })
            for sku in lost.prefix(3) {
                await #expect(throws: (any Error).self) { try await deployment.reserve([(sku, "W", 1)]) }
            }
            for sku in new {
                let available = try await deployment.available(sku)
                #expect(available == 5)
            }
            #expect(
                try await eventually(within: 60) {
                    do {
                        return try await deployment.reserve([("A", "W", 1_000)]).state == .held
                    } catch Refusal.unavailable {
                        return false
                    }
                })
            await #expect(throws: Refusal.self) { try await deployment.reserve([("A", "W", 1)]) }
            #expect(try await deployment.booksAgree(within: 30))
            #expect(try await deployment.promising.books().ledger.oversold == 0)
        }
        await stack.stop()
    }

    @Test("a restore to a point in time has what was acknowledged until then and nothing after it, over the old Redis")
    func pointInTime() async throws {
        let archive = TestDirectory.make("archive")
        chmod(archive, 0o777)
        let stack = try await PrivateStack.start(
            directory: TestDirectory.make("backup"),
            postgresSettings: [
                "archive_mode": "on", "archive_command": "test ! -f \(archive)/%f && cp %p \(archive)/%f",
            ])
        let directory = TestDirectory.make("backup-copy")
        let (name, before, after, places) = try await TestDeployment.with(stack: stack) { (deployment) async throws in
            try await BackupTests.stocked(deployment)
            try await stack.postgres.copy(to: directory, as: .recovery)
            let told = Box(Acknowledged())
            let isOver = Box(false)
            async let trade: Void = BackupTests.trade(deployment, told, until: isOver)
            #expect(try await eventually { told.value.orders.count >= 30 })
            isOver.value = true
            try await trade
            let before = told.value
            let kept = try await deployment.ledger.eventsHead().head
            try await deployment.run("SELECT pg_create_restore_point('before the accident')")
            let late = try deployment.order([("A", "W", 7)])
            _ = try await deployment.place(late)
            try await deployment.change(.receive, [("A", "W", 500)])
            let undone = try await deployment.ledger.eventsHead().head
            #expect(kept < undone)
            let segment = try await deployment.text("SELECT pg_walfile_name(pg_switch_wal())")
            #expect(
                try await eventually(within: 60) {
                    FileManager.default.fileExists(atPath: "\(archive)/\(segment)")
                })
            return (deployment.keyPrefix, before, late.id, (kept, undone))
        }
        stack.postgres.kill9()
        let restored = try await PrivatePostgres.start(
            directory: directory,
            settings: [
                "restore_command": "cp \(archive)/%f %p", "recovery_target_name": "before the accident",
                "recovery_target_action": "promote",
            ])
        // A server may be started before the restore has come to its end.
        try await PointedServer.with(
            database: restored.connectionString(database: name), redis: stack.redis.url, prefix: name
        ) { server in
            #expect(try await server.opens(within: 60))
            let found = try await server.promising.ledger.pool.withConnection { connection in
                try connection.execute(
                    PostgresStatement(
                        "test_late", "SELECT count(*) FROM orders WHERE id = '\(after)'", access: .readOnly)
                ).single.int64(0)
            }
            #expect(found == 0)
            // Who follows the events goes on where there is something to go on from, and is told where there is not.
            let ledger = server.promising.ledger
            #expect(try await ledger.events(after: places.0, limit: 10) == EventsPage(standing: .stands, entries: []))
            #expect(try await ledger.events(after: places.1, limit: 10).standing == .undone(floor: .beginning))
            try await BackupTests.check(server, knows: before)
        }
        await restored.stop()
        await stack.stop()
    }
}
