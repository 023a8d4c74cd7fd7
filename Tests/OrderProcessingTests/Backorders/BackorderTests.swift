import Domain
import HoldfastTesting
import Ledger
import OrderPromising
import PrivateStores
import Testing

@testable import OrderProcessing

@Suite("Backorders")
struct BackorderTests {
    // MARK: - Capture

    @Test(
        "what stock cannot serve waits, with an event, and the same call gives the same answer also after supply came")
    func capture() async throws {
        try await BackorderBench.with(cap: 10, stock: 3) { bench in
            let deployment = bench.deployment
            let request = try bench.order([("A", "W", 5), ("POST", "", 1), ("A", "X", 2)])
            let placed = try await deployment.place(request)
            #expect(placed.lines.map(\.backordered) == [2, 0, 2])
            #expect(placed.lines[0].allocations == [Allocation(location: "W", quantity: 3)])
            #expect(placed.lines[2].allocations.isEmpty)
            #expect(try await bench.waiting() == 4)
            #expect(try await bench.queueAgrees())
            let order = try #require(try await deployment.ledger.order(request.id))
            #expect(order.events.map(\.kind) == [.placed, .backordered])
            #expect(order.lines.map { $0.quantities[.backordered] ?? 0 } == [2, 0, 2])
            #expect(try await deployment.place(request) == placed)
            #expect(try await deployment.booksAgree())

            try await deployment.change(.receive, [("A", "W", 2), ("A", "X", 9)])
            try await bench.takeOver()
            #expect(try await bench.units(request.id, .allocated) == 5)
            #expect(try await bench.units(request.id, .allocated, line: 2) == 2)
            #expect(try await deployment.place(request) == placed)
            #expect(
                try await deployment.ledger.order(request.id)?.events.map(\.kind)
                    == [.placed, .backordered, .backorderFilled])
            #expect(try await deployment.available("A") == 7)
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("events tell what waits, and what got supply from where")
    func events() async throws {
        try await BackorderBench.with(cap: 10) { bench in
            let deployment = bench.deployment
            let id = try await bench.place(4)
            try await deployment.change(.receive, [("A", "X", 3)])
            try await bench.takeOver()
            let told = Box<[OutboxEntry]>([])
            #expect(
                try await eventually {
                    told.value = try await deployment.ledger.events(after: .beginning, limit: 100).entries
                        .filter { $0.subject == id }
                    return told.value.count == 3
                })
            let entries = told.value
            #expect(entries.map(\.topic) == ["order.placed", "order.backordered", "order.backorder_filled"])
            let facts = try await deployment.ledger.facts(of: entries)
            guard case .orderAdvanced(let waiting) = facts[entries[1].position],
                case .orderAdvanced(let filled) = facts[entries[2].position]
            else { throw TestFailure("other facts: \(facts)") }
            #expect(waiting.units.map(\.to) == [.backordered])
            #expect(waiting.units.map(\.quantity) == [4])
            #expect(waiting.units[0].from == nil)
            #expect(filled.units.map(\.from) == [.backordered])
            #expect(filled.units.map(\.to) == [.allocated])
            #expect(filled.units.map(\.quantity) == [3])
            #expect(filled.units.map(\.location) == ["X"])
        }
    }

    @Test("a line that is not allowed to wait is refused, and so is one whose article or channel has no cap")
    func notAllowed() async throws {
        try await BackorderBench.with(cap: 10, stock: 1) { bench in
            let deployment = bench.deployment
            let plain = try await shortage { try await deployment.place(deployment.order([("A", "W", 2)])) }
            #expect(plain == [LineShortage(line: 0, sku: "A", location: "W", wanted: 2, available: 1)])
            let other = try await shortage { try await deployment.place(bench.order([("B", "W", 2)])) }
            #expect(other.map(\.available) == [0])
            #expect(other.map(\.backorderLeft) == [0])
            // One line that must be served at once keeps the whole order from being captured.
            var mixed = try bench.order([("A", "W", 5), ("B", "W", 1)])
            mixed.lines[1].backorder = nil
            _ = try await shortage { try await deployment.place(mixed) }
            #expect(try await bench.waiting() == 0)
            #expect(try await deployment.available("A") == 1)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("above the cap the order is refused and told what is available and what may still wait; a lower cap stands")
    func cap() async throws {
        try await BackorderBench.with(cap: 5, stock: 2) { bench in
            let deployment = bench.deployment
            try await bench.place(4)
            #expect(try await bench.waiting() == 2)
            let refused = try await shortage { try await deployment.place(bench.order([("A", "", 4)])) }
            #expect(refused.map(\.wanted) == [4])
            #expect(refused.map(\.available) == [0])
            #expect(refused.map(\.backorderLeft) == [3])
            #expect(try await deployment.available("A") == 0)
            try await bench.place(3)
            #expect(try await bench.cap(1).map(\.waiting) == [5])
            _ = try await shortage { try await deployment.place(bench.order([("A", "", 1)])) }
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a cap holds whatever comes at once: stock and cap are used up to the unit")
    func capUnderConcurrency() async throws {
        try await BackorderBench.with(cap: 15, stock: 7) { bench in
            let captured = try await withThrowingTaskGroup(of: Int64.self) { group in
                for index in 0..<60 {
                    let quantity = Int64(index % 2 + 1)
                    group.addTask {
                        do {
                            try await bench.place(quantity, at: index % 3 == 0 ? "W" : "")
                            return quantity
                        } catch Refusal.shortage {
                            return 0
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(captured == 22)
            #expect(try await bench.waiting() == 15)
            #expect(try await bench.queueAgrees())
            #expect(try await bench.deployment.booksAgree())
        }
    }

    @Test("a reservation's units are used first, and what it leaves is taken or waits")
    func reserved() async throws {
        try await BackorderBench.with(cap: 10, stock: 6) { bench in
            let deployment = bench.deployment
            let held = try await deployment.reserve([("A", "W", 2)])
            var request = try bench.order([("A", "", 9)])
            request.reservation = held.id
            let placed = try await deployment.place(request)
            #expect(placed.lines[0].backordered == 3)
            #expect(placed.lines[0].allocations.reduce(0) { $0 + $1.quantity } == 6)
            #expect(try await deployment.booksAgree())
        }
    }

    // MARK: - Supply

    @Test("supply serves by priority, then by age, and only what is left can be sold")
    func order() async throws {
        try await BackorderBench.with(cap: 100) { bench in
            let deployment = bench.deployment
            let first = try await bench.place(3)
            let second = try await bench.place(3)
            let urgent = try await bench.place(2, priority: 7)
            #expect(try await bench.queue().map(\.order) == [urgent, first, second])
            try await deployment.change(.receive, [("A", "W", 4)])
            #expect(try await deployment.available("A") == 0)
            _ = try await shortage { try await deployment.reserve([("A", "", 1)]) }
            try await bench.takeOver()
            #expect(try await bench.units(urgent, .allocated) == 2)
            #expect(try await bench.units(first, .allocated) == 2)
            #expect(try await bench.units(second, .allocated) == 0)
            try await deployment.change(.receive, [("A", "X", 10)])
            #expect(try await deployment.available("A") == 6)
            try await bench.takeOver()
            #expect(try await bench.units(first, .backordered) == 0)
            #expect(try await bench.units(second, .allocated) == 3)
            #expect(try await bench.queue().isEmpty)
            #expect(try await bench.waiting() == 0)
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a line gets supply only where it may be served, and all of it in one place where it must not be split")
    func places() async throws {
        try await BackorderBench.with(cap: 100) { bench in
            let deployment = bench.deployment
            let named = try await bench.place(2, at: "X")
            let single = try await bench.place(4, split: false)
            try await deployment.change(.receive, [("A", "W", 3)])
            try await bench.takeOver()
            #expect(try await bench.units(named, .allocated) == 0)
            #expect(try await bench.units(single, .allocated) == 3)
            try await deployment.change(.receive, [("A", "X", 5)])
            try await bench.takeOver()
            #expect(try await bench.units(named, .allocated) == 2)
            #expect(try await bench.units(single, .backordered) == 1)
            #expect(try await deployment.available("A") == 3)
            try await deployment.change(.receive, [("A", "W", 5)])
            try await bench.takeOver()
            #expect(try await bench.units(single, .allocated) == 4)
            let order = try #require(try await deployment.ledger.order(single))
            #expect(order.lines[0].allocations == [Allocation(location: "W", quantity: 4)])
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a count, an adjustment, goods moved in and less safety stock are supply too")
    func everySupply() async throws {
        try await BackorderBench.with(cap: 100) { bench in
            let deployment = bench.deployment
            let id = try await bench.place(9, at: "W")
            try await deployment.change(.receive, [("A", "X", 2)])
            #expect(try await deployment.available("A", "X") == 2)
            try await deployment.change(.transfer(to: "W"), [("A", "X", 2)])
            try await bench.takeOver()
            #expect(try await bench.units(id, .allocated) == 2)
            try await deployment.change(.count, [("A", "W", 4)])
            try await bench.takeOver()
            #expect(try await bench.units(id, .allocated) == 4)
            try await deployment.change(.adjust, [("A", "W", 1)])
            try await deployment.change(.setSafety, [("A", "W", 3)])
            try await deployment.change(.receive, [("A", "W", 2)])
            try await bench.takeOver()
            #expect(try await bench.units(id, .allocated) == 5)
            try await deployment.change(.setSafety, [("A", "W", 0)])
            try await bench.takeOver()
            #expect(try await bench.units(id, .allocated) == 7)
            #expect(try await deployment.available("A") == 0)
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("no reservation and no order gets a unit while an older line waits, however many ask while supply comes")
    func before() async throws {
        try await BackorderBench.with(cap: 1_000, stock: 4) { bench in
            let deployment = bench.deployment
            for _ in 0..<10 { try await bench.place(4) }
            #expect(try await bench.waiting() == 36)
            let stolen = try await withThrowingTaskGroup(of: Int64.self) { group in
                for index in 0..<300 {
                    group.addTask {
                        do {
                            if index % 3 == 0 {
                                _ = try await deployment.place(deployment.order([("A", index % 2 == 0 ? "W" : "", 1)]))
                            } else {
                                _ = try await deployment.reserve([("A", "", 1)])
                            }
                            return 1
                        } catch Refusal.shortage {
                            return 0
                        }
                    }
                }
                for index in 0..<18 {
                    group.addTask {
                        try await deployment.change(.receive, [("A", index % 2 == 0 ? "W" : "X", 2)])
                        if index % 4 == 0 { try await bench.takeOver() }
                        return 0
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(stolen == 0)
            try await bench.takeOver()
            #expect(try await bench.waiting() == 0)
            #expect(try await bench.queue().isEmpty)
            #expect(try await bench.queueAgrees())
            // What comes now is anybody's.
            try await deployment.change(.receive, [("A", "W", 1)])
            _ = try await deployment.reserve([("A", "", 1)])
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("orders that begin to wait while supply comes never wait beside free stock")
    func besideSupply() async throws {
        try await BackorderBench.with(cap: 1_000) { bench in
            let deployment = bench.deployment
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<40 {
                    group.addTask { try await bench.place(Int64(index % 3 + 1), at: index % 2 == 0 ? "W" : "") }
                    group.addTask { try await deployment.change(.receive, [("A", "W", 1)]) }
                }
                try await group.waitForAll()
            }
            // 79 units were ordered and 40 came.
            #expect(try await bench.waiting() == 39)
            #expect(try await deployment.available("A") == 0)
            try await bench.takeOver()
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    // MARK: - Cancelling

    @Test("cancelling takes waiting units first; what it gives back goes to the next line that waits, not to the same")
    func cancel() async throws {
        try await BackorderBench.with(cap: 100, stock: 3) { bench in
            let deployment = bench.deployment
            let first = try await bench.place(5)
            let second = try await bench.place(2)
            _ = try await deployment.cancel(first, [(1, 1)])
            #expect(try await bench.units(first, .backordered) == 1)
            #expect(try await bench.waiting() == 3)
            _ = try await deployment.cancel(first)
            #expect(try await bench.units(first, .cancelled) == 5)
            #expect(try await deployment.available("A") == 1)
            try await bench.takeOver()
            #expect(try await bench.units(second, .allocated) == 2)
            #expect(try await bench.waiting() == 0)
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("supply that was set aside for units which were cancelled meanwhile goes to the next line")
    func cancelledMeanwhile() async throws {
        try await BackorderBench.with(cap: 100) { bench in
            let deployment = bench.deployment
            let first = try await bench.place(3)
            let second = try await bench.place(3)
            try await deployment.change(.receive, [("A", "W", 2)])
            // The server that would let the order take it over has died, and the customer changes their mind.
            _ = try await deployment.cancel(first, [(1, 2)])
            #expect(try await bench.units(first, .backordered) == 1)
            try await bench.takeOver()
            #expect(try await bench.units(first, .allocated) == 1)
            #expect(try await bench.units(second, .allocated) == 1)
            #expect(try await deployment.available("A") == 0)
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("stock that reservations give back is asked for, for lines that wait")
    func freeStock() async throws {
        try await BackorderBench.with(cap: 100, stock: 5) { bench in
            let deployment = bench.deployment
            let held = try await deployment.reserve([("A", "W", 5)])
            let id = try await bench.place(3)
            #expect(try await bench.units(id, .backordered) == 3)
            #expect(try await bench.backorders.askForFreeStock() == 0)
            _ = try await deployment.promising.release(held.id, by: .anonymous)
            #expect(try await eventually { try await deployment.available("A") == 5 })
            #expect(try await bench.backorders.askForFreeStock() == 1)
            #expect(try await bench.units(id, .allocated) == 3)
            #expect(try await deployment.available("A") == 2)
            #expect(
                try await deployment.ledger.order(id)?.events.map(\.kind)
                    == [.placed, .backordered, .backorderFilled])
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("Articles take turns: however many have lines that cannot be served, the one with free stock comes round")
    func turns() async throws {
        try await BackorderBench.with(cap: 0) { bench in
            let deployment = bench.deployment
            let skus = (0..<450).map { "N\(1_000 + $0)" }
            try await deployment.catalogue(skus: skus, locations: ["W", "X"])
            _ = try await deployment.ledger.setBackorderPolicies(
                BackorderPolicyChange(
                    id: .fresh,
                    policies: skus.map { BackorderPolicy(sku: $0, channel: TestDeployment.channel, cap: 10) },
                    body: [1], caller: .anonymous)
            ) { _ in [1] }
            try await deployment.change(.receive, skus.map { ($0, "W", 1) })
            // All of it is held by reservations: the rows have stock, and nothing can be promised.
            _ = try await deployment.reserve(skus.dropLast().map { ($0, "W", 1) })
            let last = try await deployment.reserve([(skus[449], "W", 1)])
            let request = try bench.order(skus.map { ($0, "", 1) })
            _ = try await deployment.place(request)
            for _ in 0..<3 { #expect(try await bench.backorders.askForFreeStock() == 0) }
            _ = try await deployment.promising.release(last.id, by: .anonymous)
            #expect(try await eventually { try await deployment.available(skus[449]) == 1 })
            var served = 0
            for _ in 0..<3 where served == 0 { served = try await bench.backorders.askForFreeStock() }
            #expect(served == 1)
            #expect(try await bench.units(request.id, .allocated, line: 449) == 1)
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("Lines that only a location without free stock may serve do not stand in the way of others of their article")
    func inTheWay() async throws {
        try await BackorderBench.with(cap: 1_000, stock: 1) { bench in
            let deployment = bench.deployment
            try await deployment.change(.receive, [("A", "X", 5)])
            _ = try await deployment.reserve([("A", "W", 1)])
            let held = try await deployment.reserve([("A", "X", 5)])
            for _ in 0..<30 { try await bench.place(1, at: "W") }
            let other = try await bench.place(2, at: "X")
            let single = try await bench.place(4, split: false)
            _ = try await deployment.promising.release(held.id, by: .anonymous)
            #expect(try await eventually { try await deployment.available("A", "X") == 5 })
            #expect(try await bench.backorders.askForFreeStock() == 2)
            #expect(try await bench.units(other, .allocated) == 2)
            #expect(try await bench.units(single, .allocated) == 3)
            // Its rest waits for the location that serves it.
            let waiting = try #require(try await bench.queue().first { $0.order == single })
            #expect(waiting.locations == ["X"])
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("Orders whose books are broken do not keep free stock from the lines behind them")
    func broken() async throws {
        try await BackorderBench.with(cap: 1_000, stock: 5) { bench in
            let deployment = bench.deployment
            let held = try await deployment.reserve([("A", "W", 5)])
            var bad: [EntityID] = []
            for _ in 0..<25 { bad.append(try await bench.place(5)) }
            let good = try await bench.place(3)
            let next = try await bench.place(4)
            try await bench.setWaiting(7, of: bad)
            _ = try await deployment.promising.release(held.id, by: .anonymous)
            #expect(try await eventually { try await deployment.available("A") == 5 })
            #expect(try await bench.backorders.askForFreeStock() == 2)
            #expect(try await bench.units(good, .allocated) == 3)
            #expect(try await bench.units(next, .allocated) == 2)
            try await bench.setWaiting(5, of: bad)
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    // MARK: - Trouble

    @Test("supply that was set aside survives: the books are exact before and after an order takes it over, once")
    func between() async throws {
        try await BackorderBench.with(cap: 100) { bench in
            let deployment = bench.deployment
            let id = try await bench.place(3)
            try await deployment.change(.receive, [("A", "W", 5)])
            #expect(try await bench.units(id, .backordered) == 3)
            #expect(try await bench.queue().map(\.granted) == [3])
            #expect(try await deployment.booksAgree())
            #expect(try await bench.queueAgrees())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = try await bench.backorders.takeOver() } }
                try await group.waitForAll()
            }
            #expect(try await bench.units(id, .allocated) == 3)
            #expect(
                try await deployment.ledger.order(id)?.events.map(\.kind)
                    == [.placed, .backordered, .backorderFilled])
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("Servers that take supply over at once leave one line in the audit log for each order")
    func losers() async throws {
        try await BackorderBench.with(cap: 100) { bench in
            let deployment = bench.deployment
            let ledger = deployment.ledger
            for _ in 0..<5 { try await bench.place(1) }
            try await deployment.change(.receive, [("A", "W", 5)])
            let grants = try await ledger.grants(after: 0, limit: 100)
            #expect(grants.count == 5)
            let done = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var done = 0
                        for grant in grants {
                            if try await ledger.takeOverGrants(of: grant.order, as: .random(), caller: .system) != nil {
                                done += 1
                            }
                        }
                        return done
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(done == 5)
            #expect(try await bench.fills() == 5)
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("One server has orders take their supply over; the others leave it the work")
    func oneServer() async throws {
        try await BackorderBench.with(cap: 100) { bench in
            let ledger = bench.deployment.ledger
            let id = try await bench.place(100)
            let other = EntityID.random()
            var isLeft = false
            for units in 0..<100 where !isLeft {
                try await bench.deployment.change(.receive, [("A", "W", 1)])
                _ = try await ledger.holdLease(.backorders, holder: other, milliseconds: 5_000)
                let done = try await bench.backorders.takeOver()
                // On a slow machine the other's time was over.
                guard try await bench.leaseHolder() == other else { continue }
                isLeft = true
                #expect(done == 0)
                #expect(try await bench.units(id, .allocated) == Int64(units))
            }
            #expect(isLeft)
            try await ledger.dropLease(.backorders, holder: other)
            #expect(try await bench.backorders.takeOver() == 1)
        }
    }

    @Test("Orders whose books are broken do not keep those behind them from taking their supply over")
    func brokenGrants() async throws {
        try await BackorderBench.with(cap: 1_000) { bench in
            let deployment = bench.deployment
            // One order has more parts than are looked at together.
            let bad = try bench.order((0..<120).map { _ in ("A", "", 1) })
            _ = try await deployment.place(bad)
            let good = try await bench.place(1)
            try await deployment.change(.receive, [("A", "W", 121)])
            try await bench.setWaiting(7, of: [bad.id])
            #expect(try await bench.backorders.takeOver() == 1)
            #expect(try await bench.units(good, .allocated) == 1)
            try await bench.setWaiting(1, of: [bad.id])
            #expect(try await bench.backorders.takeOver() == 1)
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("all of it holds while Redis is away and PostgreSQL decides alone")
    func ledgerMode() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("waiting"))
        try await TestDeployment.with(stack: stack) { configuration in
            configuration.breakerDelay = .milliseconds(200)
            configuration.returnDelay = .milliseconds(300)
            configuration.watchInterval = .milliseconds(50)
        } _: { deployment in
            let bench = BackorderBench(deployment)
            try await bench.prepare(cap: 12, stock: 4)
            let before = try await bench.place(6)
            stack.redis.kill9()
            #expect(try await eventually { deployment.promising.status.ledgerVShards == 16 })
            let during = try await bench.place(5, priority: 1)
            #expect(try await bench.waiting() == 7)
            let refused = try await shortage { try await deployment.place(bench.order([("A", "", 6)])) }
            #expect(refused.map(\.backorderLeft) == [5])
            let captured = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do {
                            try await bench.place(1)
                            return 1
                        } catch Refusal.shortage {
                            return 0
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(captured == 5)
            let stolen = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        do {
                            _ = try await deployment.reserve([("A", "", 1)])
                            return 1
                        } catch Refusal.shortage {
                            return 0
                        }
                    }
                }
                for _ in 0..<6 {
                    group.addTask {
                        try await deployment.change(.receive, [("A", "W", 1)])
                        return 0
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(stolen == 0)
            try await bench.takeOver()
            #expect(try await bench.units(during, .allocated) == 5)
            #expect(try await bench.units(before, .allocated) == 5)
            #expect(try await bench.queueAgrees())
            #expect(try await deployment.promising.books().agree)
            try await stack.redis.restart()
            #expect(
                try await eventually(within: 60) {
                    let status = deployment.promising.status
                    return status.openVShards == 16 && status.ledgerVShards == 0
                })
            try await deployment.change(.receive, [("A", "W", 7)])
            #expect(try await deployment.available("A") == 1)
            try await bench.takeOver()
            #expect(try await bench.waiting() == 0)
            #expect(try await deployment.booksAgree())
        }
        await stack.stop()
    }
}
