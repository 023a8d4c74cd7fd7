import Dispatch
import Domain
import HoldfastTesting
import Ledger
import OrderPromising
import PostgresClient
import Testing

@Suite("Events in the ledger")
struct EventLedgerTests {
    /// All events behind a place, of which there are at least so many.
    ///
    /// They cannot be read before every transaction that began earlier has ended, those of other tests' databases included.
    private func all(
        _ deployment: TestDeployment, after place: EventPosition = .beginning, count: Int
    ) async throws -> [OutboxEntry] {
        let found = Box<[OutboxEntry]>([])
        let isComplete = try await eventually(within: 30) {
            let page = try await deployment.ledger.events(after: place, limit: 1_000)
            found.value = page.standing == .stands ? page.entries : []
            return page.standing == .stands && page.entries.count >= count
        }
        #expect(isComplete)
        try #require(found.value.count >= count)
        return found.value
    }

    private func standing(_ deployment: TestDeployment, _ place: EventPosition) async throws -> EventStanding {
        try await deployment.ledger.events(after: place, limit: 10).standing
    }

    @Test("Every fact is told once, in order, as it was when it became true, however late it is read")
    func facts() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A", "B"], untracked: ["FEE"], locations: ["W", "S"])
            let receipt = EntityID.fresh
            try await deployment.change(.receive, [("A", "W", 10), ("B", "S", 5)], id: receipt)
            let order = EntityID.fresh
            let request = try deployment.order([("A", "W", 4), ("B", "", 2), ("FEE", "", 1)], id: order, number: "W-1")
            _ = try await deployment.place(request)
            let early = try await deployment.ledger.facts(of: try await all(deployment, count: 2))
            let first = EntityID.fresh
            _ = try await deployment.cancel(order, [(1, 1), (2, 2)], id: first)
            let second = EntityID.fresh
            _ = try await deployment.cancel(order, id: second)
            // A reservation, and a change that changes nothing, are no events.
            _ = try await deployment.reserve([("A", "W", 1)])
            try await deployment.change(.count, [("A", "W", 10)])

            let entries = try await all(deployment, count: 4)
            #expect(
                entries.map(\.topic) == ["stock.changed", "order.placed", "order.cancelled", "order.cancelled"])
            #expect(entries.map(\.subject) == [receipt, order, order, order])
            #expect(entries.map(\.sequence) == [1, 1, 2, 3])
            #expect(entries.map(\.cause) == [receipt, order, first, second])
            #expect(entries.map(\.channel) == [nil, "web", "web", "web"])
            #expect(Set(entries.map(\.id)).count == 4)
            let facts = try await deployment.ledger.facts(of: entries)
            for (position, fact) in early { #expect(facts[position] == fact) }

            guard case .stockChanged(let movements) = facts[entries[0].position],
                case .orderPlaced(let placed) = facts[entries[1].position],
                case .orderCancelled(let part) = facts[entries[2].position],
                case .orderCancelled(let rest) = facts[entries[3].position]
            else {
                Issue.record("\(facts)")
                return
            }
            #expect(movements.map { "\($0.sku)@\($0.location)+\($0.onHandDelta)" } == ["A@W+10", "B@S+5"])
            #expect(placed.externalID == "W-1" && placed.subtotal == 700 && placed.customerID.isEmpty)
            #expect(placed.lines.map(\.sku) == ["A", "B", "FEE"] && placed.lines.map(\.quantity) == [4, 2, 1])
            #expect(
                placed.lines.map(\.allocations)
                    == [[Allocation(location: "W", quantity: 4)], [Allocation(location: "S", quantity: 2)], []])
            #expect(part.lines.map(\.number) == [1, 2] && part.lines.map(\.sku) == ["A", "B"])
            #expect(part.lines.map(\.quantity) == [1, 2] && part.lines.map(\.amountMinor) == [100, 200])
            #expect(part.status == .open)
            #expect(rest.lines.map(\.number) == [1, 3] && rest.lines.map(\.quantity) == [3, 1])
            #expect(rest.status == .cancelled)
        }
    }

    @Test("A cancellation by a server from before what it did was kept is told without lines")
    func earlierProgram() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 10)])
            let order = EntityID.fresh
            _ = try await deployment.place(try deployment.order([("A", "W", 4)], id: order))
            try await deployment.run(
                """
                INSERT INTO outbox (topic, subject, subject_sequence, cause_id)
                VALUES ('order.cancelled', '\(order)', 2, gen_random_uuid())
                """)
            let last = try #require(try await all(deployment, count: 3).last)
            guard case .orderCancelled(let units) = try await deployment.ledger.facts(of: [last])[last.position] else {
                Issue.record("there are no facts")
                return
            }
            #expect(units.lines.isEmpty && units.status == nil && units.currency.code == "GBP")
        }
    }

    @Test("A transaction that stays open while later ones commit is waited for, and nothing is skipped")
    func lateCommit() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 10)])
            let start = try await all(deployment, count: 1)[0].position
            let late = EntityID.fresh
            let (written, announce) = AsyncStream<Void>.makeStream()
            let finish = DispatchSemaphore(value: 0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { finish.signal() }
                group.addTask {
                    try await deployment.pool.withTransaction { connection in
                        try connection.executeScript(
                            """
                            INSERT INTO outbox (topic, subject, subject_sequence, cause_id)
                            VALUES ('stock.changed', '\(late)', 1, '\(late)')
                            """)
                        announce.yield()
                        finish.wait()
                    }
                }
                for await _ in written { break }
                let order = EntityID.fresh
                _ = try await deployment.place(try deployment.order([("A", "W", 1)], id: order))
                #expect(try await all(deployment, after: start, count: 0).isEmpty)
                #expect(try await deployment.ledger.eventsHead().head == start)
                #expect(try await eventually { try await deployment.ledger.eventsHead().delayMilliseconds > 0 })
                finish.signal()
                try await group.waitForAll()
                #expect(try await all(deployment, after: start, count: 2).map(\.subject) == [late, order])
                #expect(try await eventually { try await deployment.ledger.eventsHead().delayMilliseconds == 0 })
            }
        }
    }

    @Test("Changes of one order that two servers make at once are told in the order of its history")
    func withinOneOrder() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 1_000)])
            try await deployment.withSecondServer { other in
                let orders = (0..<4).map { _ in EntityID.fresh }
                for order in orders {
                    _ = try await deployment.place(try deployment.order([("A", "W", 50)], id: order))
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<160 {
                        group.addTask {
                            let id = EntityID.fresh
                            _ = try await (index % 2 == 0 ? deployment.promising : other).cancel(
                                CancellationRequest(
                                    id: id, order: orders[index / 2 % 4], lines: [(1, 1)], reason: "\(index)",
                                    body: [4], caller: .anonymous)
                            ) { _ in [1] }
                        }
                    }
                    try await group.waitForAll()
                }
                for order in orders {
                    let history = try await all(deployment, count: 165).filter { $0.subject == order }
                    #expect(history.map(\.sequence) == Array(1...41))
                }
            }
        }
    }

    @Test("Old events go in order and leave no gap: a place before the floor is too old, the floor itself stands")
    func pruning() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            for _ in 0..<6 { try await deployment.change(.receive, [("A", "W", 1)]) }
            // The fourth is young, so that it keeps the old ones behind it.
            try await deployment.run(
                """
                UPDATE outbox SET recorded_at = now() - interval '40 days'
                WHERE seq <> (SELECT seq FROM outbox ORDER BY xid, seq OFFSET 3 LIMIT 1)
                """)
            let places = try await all(deployment, count: 6).map(\.position)
            let month: Int64 = 30 * 86_400
            #expect(try await deployment.ledger.prune(.outbox, olderThan: month, limit: 2) == 2)
            #expect(try await deployment.ledger.prune(.outbox, olderThan: month, limit: 100) == 1)
            #expect(try await deployment.ledger.prune(.outbox, olderThan: month, limit: 100) == 0)
            let floor = places[2]
            #expect(try await deployment.ledger.eventsHead().floor == floor)
            for place in [.beginning] + places[..<2] {
                #expect(try await standing(deployment, place) == .pruned(floor: floor))
            }
            for place in places[2...] { #expect(try await standing(deployment, place) == .stands) }
            #expect(try await all(deployment, after: floor, count: 3).map(\.position) == Array(places[3...]))
            // All of them gone: who had read everything has missed nothing.
            try await deployment.run("UPDATE outbox SET recorded_at = now() - interval '41 days'")
            let last = try #require(try await all(deployment, after: floor, count: 3).last?.position)
            #expect(try await deployment.ledger.prune(.outbox, olderThan: month, limit: 100) == 3)
            #expect(try await deployment.ledger.eventsHead().head == last)
            #expect(try await standing(deployment, last) == .stands)
            try await deployment.change(.receive, [("A", "W", 1)])
            #expect(try await all(deployment, after: last, count: 1).count == 1)
        }
    }

    @Test("A place in a future that a restore has undone is refused, also where its numbers are given again")
    func undone() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            for _ in 0..<3 { try await deployment.change(.receive, [("A", "W", 1)]) }
            let places = try await all(deployment, count: 3).map(\.position)
            let last = places[2]
            try await deployment.run("DELETE FROM outbox WHERE seq = \(last.number)")
            #expect(try await standing(deployment, last) == .undone(floor: .beginning))
            try await deployment.run(
                """
                INSERT INTO outbox (seq, xid, topic, subject, subject_sequence, cause_id) OVERRIDING SYSTEM VALUE
                VALUES (\(last.number), '\(last.transaction)', 'stock.changed', gen_random_uuid(), 1, gen_random_uuid())
                """)
            #expect(try await standing(deployment, last) == .undone(floor: .beginning))
            for place in [.beginning] + places[..<2] { #expect(try await standing(deployment, place) == .stands) }
            #expect(try await all(deployment, after: places[1], count: 1).count == 1)
        }
    }

    @Test(
        "Events of a dump from a PostgreSQL that was further come before what is new, and places of before are refused")
    func loadedDump() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            for _ in 0..<3 { try await deployment.change(.receive, [("A", "W", 1)]) }
            let subjects = try await all(deployment, count: 3).map(\.subject)
            try await deployment.run("UPDATE outbox SET xid = (xid::text::bigint + 90000000000)::text::xid8")
            let foreign = try await deployment.number("SELECT max(xid::text::bigint) FROM outbox")
            try await deployment.change(.receive, [("A", "W", 1)])
            // Nothing can be read before somebody has looked.
            _ = try await deployment.ledger.eventsHead()
            let entries = try await all(deployment, count: 4)
            let head = try await deployment.ledger.eventsHead()
            #expect(entries.count == 4 && entries[..<3].map(\.subject) == subjects)
            #expect(entries.last?.position == head.head)
            let old = EventPosition(
                transaction: foreign, number: entries[2].position.number, mark: entries[2].position.mark)
            #expect(try await standing(deployment, old) == .undone(floor: .beginning))
            #expect(try await deployment.ledger.eventsHead() == head)
        }
    }
}
