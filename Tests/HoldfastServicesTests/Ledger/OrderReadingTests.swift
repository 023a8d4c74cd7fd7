import Domain
import HoldfastTesting
import OrderPromising
import PostgresClient
import Testing

@testable import Ledger

@Suite("Orders and reservations in the ledger")
struct OrderReadingTests {
    @Test("An order is read with its lines, taxes, quantities, allocations and events")
    func order() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A", "B"], untracked: ["POST"], locations: ["DC", "LDN"])
            try await deployment.change(.receive, [("A", "DC", 10), ("B", "DC", 1), ("B", "LDN", 5)])
            let pounds = try #require(Currency(code: "GBP"))
            var request = try deployment.order([("A", "DC", 3), ("B", "", 6), ("POST", "", 1)], number: "536365")
            request.lines[0].taxes = [
                Tax(name: "VAT", amountMinor: 60, included: false), Tax(name: "Levy", amountMinor: 1, included: true),
            ]
            request.lines[0].description = "Heart"
            request.lines[0].unitPrice = try #require(UnitPrice(units: 2, nanos: 550_000_000))
            request.lines[0].amount = Money(765, pounds)
            request.lines[1].demand.allowSplit = true
            request.subtotal = 765 + 600 + 100
            request.addedTax = 60
            request.customer = Customer(id: "17850", name: "Ada", email: "ada@example.org", country: "UK")
            request.orderedAt = Instant(microseconds: 1_291_190_760_000_000)
            let captured = try await deployment.place(request)

            let read = try #require(try await deployment.ledger.order(request.id))
            #expect(read.channel == TestDeployment.channel)
            #expect(read.externalID == "536365")
            #expect(read.customer == request.customer)
            #expect(read.currency == pounds)
            #expect((read.subtotal, read.addedTax) == (1_465, 60))
            #expect(read.orderedAt == request.orderedAt)
            #expect(read.placedAt == captured.placedAt)
            #expect(read.status == .open)
            #expect(read.reservation == nil)
            #expect(read.goodsInHand == false)
            #expect(read.lines.map(\.number) == [1, 2, 3])
            #expect(read.lines.map(\.sku) == ["A", "B", "POST"])
            #expect(read.lines.map(\.quantity) == [3, 6, 1])
            #expect(read.lines.map(\.amountMinor) == [765, 600, 100])
            #expect(read.lines[0].description == "Heart")
            #expect(read.lines[0].unitPrice == request.lines[0].unitPrice)
            #expect(read.lines[0].taxes == request.lines[0].taxes)
            #expect(read.lines[0].allocations == [Allocation(location: "DC", quantity: 3)])
            #expect(
                read.lines[1].allocations == [
                    Allocation(location: "DC", quantity: 1), Allocation(location: "LDN", quantity: 5),
                ])
            #expect(read.lines[2].allocations.isEmpty)
            #expect(read.lines.map(\.quantities) == [[.allocated: 3], [.allocated: 6], [.allocated: 1]])
            #expect(read.events.map(\.kind) == [.placed])
            #expect(read.events.map(\.cause) == [request.id])
            #expect(try await deployment.ledger.order(channel: "web", externalID: "536365") == read)
            #expect(try await deployment.ledger.order(channel: "till", externalID: "536365") == nil)
            #expect(try await deployment.ledger.order(channel: "web", externalID: "536366") == nil)
            #expect(try await deployment.ledger.order(.fresh) == nil)

            let cancellation = EntityID.fresh
            _ = try await deployment.cancel(request.id, [(1, 3), (2, 1)], id: cancellation)
            let after = try #require(try await deployment.ledger.order(request.id))
            #expect(
                after.lines.map(\.quantities) == [[.cancelled: 3], [.allocated: 5, .cancelled: 1], [.allocated: 1]])
            #expect(after.lines[0].allocations.isEmpty)
            #expect(after.lines[1].allocations.reduce(0) { $0 + $1.quantity } == 5)
            #expect(after.events.map(\.sequence) == [1, 2])
            #expect(after.events.map(\.kind) == [.placed, .cancelled])
            #expect(after.events.map(\.cause) == [request.id, cancellation])
            #expect(after.status == .open)
        }
    }

    @Test("PostgreSQL derives the status of an order as the program does, whatever its units, payment and returns")
    func statuses() async throws {
        try await TestDeployment.with { deployment in
            let last = LineStatus.allCases.reduce(into: LineStatusSet()) { $0.insert(LineStatusSet($1)) }.rawValue
            for payment in PaymentStanding.allCases {
                for returns in ReturnStanding.allCases {
                    let status = OrderStatus.sql(
                        of: "s.present", payment: "\(payment.rawValue)", returns: "\(returns.rawValue)")
                    let derived = try await deployment.numbers(
                        "SELECT (\(status))::int8 FROM generate_series(0, \(last)) AS s(present)")
                    #expect(derived.count == Int(last) + 1)
                    #expect(
                        derived
                            == (0...last).map {
                                let present = LineStatusSet(rawValue: $0)
                                return Int64(OrderStatus(present, payment: payment, returns: returns).rawValue)
                            })
                }
            }
        }
    }

    @Test("PostgreSQL derives how a payment stands as the program does, whatever the sums")
    func standings() async throws {
        try await TestDeployment.with { deployment in
            let sums =
                "(SELECT o.owed, h.held, t.taken, g.given_back FROM generate_series(0, 3) o(owed), "
                + "generate_series(0, 3) h(held), generate_series(0, 3) t(taken), generate_series(0, t.taken) g(given_back) "
                + "ORDER BY 1, 2, 3, 4) m"
            let derived = try await deployment.numbers("SELECT (\(PaymentStanding.sql(of: "m")))::int8 FROM \(sums)")
            var expected: [Int64] = []
            for owed in Int64(0)...3 {
                for held in Int64(0)...3 {
                    for taken in Int64(0)...3 {
                        for givenBack in 0...taken {
                            let standing = PaymentStanding(owed: owed, held: held, taken: taken, givenBack: givenBack)
                            expected.append(Int64(standing.rawValue))
                        }
                    }
                }
            }
            #expect(derived == expected)
        }
    }

    @Test("Who may not cancel is told so, and nothing is cancelled")
    func mayNotCancel() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["DC"])
            try await deployment.change(.receive, [("A", "DC", 3)])
            let request = try deployment.order([("A", "DC", 3)])
            _ = try await deployment.place(request)
            let before = try await deployment.ledger.order(request.id)
            for role in Set(Role.allCases).subtracting([.pos, .backend, .support, .admin]) {
                await #expect(throws: Refusal.eventNotGranted(.orderLine, event: "cancel")) {
                    try await deployment.ledger.cancel(
                        CancellationRequest(
                            id: .fresh, order: request.id, lines: [], reason: "", body: [1],
                            caller: Caller(id: "test", name: "test", roles: [role], scope: .everything))
                    ) { _ in [] }
                }
            }
            #expect(try await deployment.ledger.order(request.id) == before)
        }
    }

    @Test("More units than are open are not cancelled, and the refusal names both")
    func tooMany() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["DC"])
            try await deployment.change(.receive, [("A", "DC", 5)])
            let request = try deployment.order([("A", "DC", 2), ("A", "DC", 3)])
            _ = try await deployment.place(request)
            _ = try await deployment.cancel(request.id, [(2, 1)])
            let before = try await deployment.ledger.order(request.id)
            await #expect(
                throws: Refusal.wrongState(
                    .orderLine, "\(request.id) line 2", state: "open=2",
                    explanation: "3 units were asked to be cancelled, 2 are open")
            ) {
                _ = try await deployment.cancel(request.id, [(1, 1), (2, 3)])
            }
            #expect(try await deployment.ledger.order(request.id) == before)
            _ = try await deployment.cancel(request.id)
            await #expect(
                throws: Refusal.wrongState(
                    .order, request.id.description, state: "cancelled", explanation: "no unit of the order is open")
            ) {
                _ = try await deployment.cancel(request.id)
            }
        }
    }

    @Test("Orders are listed newest first, by status, channel, customer and time")
    func lists() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["DC"])
            try await deployment.change(.receive, [("A", "DC", 100)])
            var orders: [EntityID] = []
            for index in 0..<9 {
                var request = try deployment.order([("A", "DC", 2)], goodsInHand: index == 8)
                request.customer.id = index.isMultiple(of: 3) ? "17850" : ""
                _ = try await deployment.place(request)
                orders.append(request.id)
            }
            _ = try await deployment.cancel(orders[0])
            _ = try await deployment.cancel(orders[1], [(1, 1)])
            // One order of which a part is with the customer: no call makes that yet, the statuses are made for it.
            try await deployment.run(
                """
                UPDATE line_quantity SET quantity = 1 WHERE order_id = '\(orders[2])';
                INSERT INTO line_quantity VALUES ('\(orders[2])', 1, 2, 1);
                """)

            func walk(_ filter: OrderFilter, limit: Int = 2, search: Int = 10_000) async throws -> [EntityID] {
                var found: [Order] = []
                var before: OrderKey?
                for _ in 0..<20 {
                    let page = try await deployment.ledger.orders(
                        filter, before: before, limit: limit, search: search)
                    #expect(page.orders.count <= limit)
                    found += page.orders
                    before = page.next
                    if before == nil { return found.map(\.id) }
                }
                throw TestFailure("the list does not end")
            }
            let newestFirst = Array(orders.reversed())
            for limit in [1, 2, 4, 100] { #expect(try await walk(OrderFilter(), limit: limit) == newestFirst) }
            #expect(try await walk(OrderFilter(status: .cancelled)) == [orders[0]])
            #expect(try await walk(OrderFilter(status: .delivered)) == [orders[8]])
            #expect(try await walk(OrderFilter(status: .partiallyDelivered)) == [orders[2]])
            #expect(
                try await walk(OrderFilter(status: .open))
                    == newestFirst.filter { ![0, 2, 8].map { orders[$0] }.contains($0) })
            #expect(try await walk(OrderFilter(customer: "17850")) == [orders[6], orders[3], orders[0]])
            #expect(try await walk(OrderFilter(customer: "17850", status: .open)) == [orders[6], orders[3]])
            #expect(try await walk(OrderFilter(customer: "nobody")) == [])
            #expect(try await walk(OrderFilter(channel: "web")) == newestFirst)
            #expect(try await walk(OrderFilter(channel: "till")) == [])

            // However few orders a call may look at, walking on finds all, also over empty pages.
            for search in 1...10 {
                #expect(try await walk(OrderFilter(status: .cancelled), search: search) == [orders[0]])
                #expect(
                    try await walk(OrderFilter(customer: "17850", status: .open), search: search) == [
                        orders[6], orders[3],
                    ])
            }
            let cut = try await deployment.ledger.orders(
                OrderFilter(status: .cancelled), before: nil, limit: 5, search: 3)
            #expect(cut.orders.isEmpty)
            #expect(cut.next?.id == orders[6])

            let times = try await deployment.ledger.orders(OrderFilter(), before: nil, limit: 100).orders
                .map(\.placedAt)
            let middle = times[4]
            #expect(try await walk(OrderFilter(placedFrom: middle)) == Array(newestFirst[...4]))
            #expect(try await walk(OrderFilter(placedBefore: middle)) == Array(newestFirst[5...]))
            #expect(
                try await walk(OrderFilter(placedFrom: times[6], placedBefore: times[2])) == Array(newestFirst[3...6]))
        }
    }

    @Test("Lists of some channels meet each of their orders once, however few a call may look at")
    func channels() async throws {
        try await TestDeployment.with { deployment in
            let pounds = try #require(Currency(code: "GBP"))
            _ = try await deployment.ledger.upsertChannels(
                .fresh, ["till", "app"].map { Channel(code: $0, name: $0, currency: pounds) }, body: [12],
                caller: .anonymous
            ) { _ in [] }
            try await deployment.catalogue(skus: ["A"], locations: ["DC"])
            try await deployment.change(.receive, [("A", "DC", 100)])
            var orders: [(id: EntityID, channel: String, isRegular: Bool, isCancelled: Bool)] = []
            for (index, channel) in ["web", "web", "till", "app", "web", "till", "web", "web", "app", "till"]
                .enumerated()
            {
                var request = try deployment.order([("A", "DC", 1)])
                request.channel = channel
                request.customer.id = index.isMultiple(of: 2) ? "17850" : ""
                _ = try await deployment.place(request)
                if index.isMultiple(of: 4) { _ = try await deployment.cancel(request.id) }
                orders.insert((request.id, channel, index.isMultiple(of: 2), index.isMultiple(of: 4)), at: 0)
            }
            func walk(_ filter: OrderFilter, limit: Int, search: Int) async throws -> [EntityID] {
                var found: [EntityID] = []
                var before: OrderKey?
                for _ in 0..<30 {
                    let page = try await deployment.ledger.orders(
                        filter, before: before, limit: limit, search: search)
                    #expect(page.orders.count <= limit)
                    found += page.orders.map(\.id)
                    before = page.next
                    if before == nil { return found }
                }
                throw TestFailure("the list does not end")
            }
            for channels: Set<String> in [
                ["web"], ["till", "app"], ["web", "till", "app", "nowhere"], ["nowhere"], [],
            ] {
                for (limit, search) in [(1, 1), (2, 3), (3, 2), (3, 10_000), (100, 7), (100, 10_000)] {
                    let mine = orders.filter { channels.contains($0.channel) }
                    let asked = "\(channels) \(limit) \(search)"
                    #expect(
                        try await walk(OrderFilter(channels: channels), limit: limit, search: search) == mine.map(\.id),
                        "\(asked)")
                    #expect(
                        try await walk(
                            OrderFilter(status: .cancelled, channels: channels), limit: limit, search: search)
                            == mine.filter(\.isCancelled).map(\.id), "\(asked)")
                    #expect(
                        try await walk(OrderFilter(customer: "17850", channels: channels), limit: limit, search: search)
                            == mine.filter(\.isRegular).map(\.id), "\(asked)")
                    #expect(
                        try await walk(
                            OrderFilter(customer: "17850", status: .open, channels: channels), limit: limit,
                            search: search) == mine.filter { $0.isRegular && !$0.isCancelled }.map(\.id), "\(asked)")
                    #expect(
                        try await walk(OrderFilter(channel: "web", channels: channels), limit: limit, search: search)
                            == mine.filter { $0.channel == "web" }.map(\.id), "\(asked)")
                }
            }
            // Where a call passed over another channel's order, the place it stopped at does not name it.
            let passed = try await deployment.ledger.orders(
                OrderFilter(customer: "17850", channels: ["till"]), before: nil, limit: 10, search: 1)
            #expect(passed.orders.isEmpty)
            #expect(passed.next?.id == EntityID(high: 0, low: 0))
        }
    }

    @Test("Orders of one moment are told apart by their ids")
    func sameMoment() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["DC"])
            try await deployment.change(.receive, [("A", "DC", 100)])
            var orders: [EntityID] = []
            for _ in 0..<7 {
                let request = try deployment.order([("A", "DC", 1)])
                _ = try await deployment.place(request)
                orders.append(request.id)
            }
            try await deployment.run("UPDATE orders SET placed_at = '2026-01-01 00:00:00.000001Z'")
            var found: [Order] = []
            var before: OrderKey?
            for _ in 0..<10 {
                let page = try await deployment.ledger.orders(OrderFilter(), before: before, limit: 2)
                found += page.orders
                before = page.next
                if before == nil { break }
            }
            #expect(found.map(\.id) == orders.sorted(by: >))
        }
    }

    @Test("A reservation is read with its lines in request order")
    func reservation() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A", "B"], locations: ["DC", "LDN"])
            try await deployment.change(.receive, [("A", "DC", 2), ("A", "LDN", 5), ("B", "LDN", 5)])
            let id = EntityID.fresh
            let held = try await deployment.reserve([("B", "LDN", 1), ("A", "", 4), ("B", "", 2)], id: id, split: true)
            let read = try #require(try await deployment.ledger.reservation(id)).reservation
            #expect(read == held)
            #expect(read.lines.map(\.quantity) == [1, 4, 2])
            #expect(try await deployment.ledger.reservation(.fresh) == nil)

            _ = try await deployment.promising.release(id, by: .anonymous)
            #expect(try await deployment.ledger.reservation(id)?.reservation.state == .released)
            #expect(try await deployment.ledger.reservation(id)?.reservation.lines == held.lines)
        }
    }

    @Test("A reservation whose time has passed is expired; one that an order took names it")
    func finalReservations() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["DC"])
            try await deployment.change(.receive, [("A", "DC", 10)])
            let taken = EntityID.fresh
            _ = try await deployment.reserve([("A", "DC", 1)], id: taken)
            let request = try deployment.order([("A", "DC", 1)], reservation: taken)
            _ = try await deployment.place(request)
            let confirmed = try #require(try await deployment.ledger.reservation(taken)).reservation
            #expect(confirmed.state == .confirmed)
            #expect(confirmed.order == request.id)
            #expect(try await deployment.ledger.order(request.id)?.reservation == taken)

            let short = EntityID.fresh
            let held = try await deployment.reserve([("A", "DC", 1)], id: short, ttl: 1_000)
            #expect(
                try await eventually { try await deployment.ledger.reservation(short)?.reservation.state == .expired })
            #expect(try await deployment.ledger.reservation(short)?.reservation.expiresAt == held.expiresAt)

            let abandoned = EntityID.fresh
            _ = try await deployment.ledger.void([(abandoned, 0)], kind: .reservation)
            let voided = try #require(try await deployment.ledger.reservation(abandoned)).reservation
            #expect(voided.state == .voided)
            #expect(voided.channel == "")
            #expect(voided.lines.isEmpty)
        }
    }
}
