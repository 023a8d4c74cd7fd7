import FramedTransport
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import PrivateStores
import Replay
import Testing

@testable import ReplayDriver

@Suite("A replay against a server", .serialized)
struct ReplayRunTests {
    /// Books to replay; each plan is made once.
    enum Shop: CaseIterable {
        /// Six invented weeks, with little in stock.
        case weeks
        /// The first 300 invoices of the sample, with next to nothing in stock.
        case sample

        private static let scarce = Replenishment(openingPercent: 40)
        private static let weeksRead = Result { try Books.plan(Books.weeks(), replenishment: scarce) }
        private static let sampleRead = Result {
            try ReplaySource.sample.plan(
                ReplayOptions(scope: ReplayScope(limit: 300), replenishment: Replenishment(openingPercent: 5)))
        }

        func read() throws -> (plan: ReplayPlan, offered: OfferedReport) {
            switch self {
            case .weeks: try Self.weeksRead.get()
            case .sample: try Self.sampleRead.get()
            }
        }

        /// The same books up to the invoice with this number.
        static func weeks(limit: Int) throws -> (plan: ReplayPlan, offered: OfferedReport) {
            try Books.plan(Books.weeks(), scope: ReplayScope(limit: limit), replenishment: scarce)
        }
    }

    private func run(
        _ stack: ReplayStack, _ shop: Shop = .weeks, workers: Int = 16
    ) throws -> ReplayRun<FramedClientTransport> {
        let (plan, offered) = try shop.read()
        return ReplayRun(plan: plan, offered: offered, client: stack.client, options: ReplayOptions(workers: workers))
    }

    private func expectSound(_ report: ReplayReport, _ comment: Comment) {
        #expect(report.books.agree, comment)
        #expect(report.books.unitsAgree, comment)
        #expect(report.books.oversold == 0, comment)
        #expect(report.books.differingCells == 0, comment)
        #expect(report.books.liveReservations == 0, comment)
    }

    @Test("accepts or refuses every line, the books agree, and a second run changes nothing", arguments: Shop.allCases)
    func runsTwice(shop: Shop) async throws {
        try await ReplayStack.with { stack in
            let first = try run(stack, shop)
            let done = Box(0)
            let report = try await first.run { done.value = $0.done }
            #expect(done.value == first.plan.operations.count)
            expectSound(report, "after the first run")
            let ordered = first.plan.operations.reduce(0) { sum, operation in
                if case .place(let order) = operation.action { sum + order.lines.count } else { sum }
            }
            let short = report.refused["shortage"] ?? RefusedFigures()
            #expect(report.accepted.lines + short.lines == ordered)
            #expect(report.accepted.lines > 0)
            #expect(short.lines > 0)
            #expect(
                Set(report.refused.keys).isSubset(of: [
                    "shortage", "cancellation_never_accepted", "correction_not_on_hand",
                ]))
            #expect(first.acknowledgements.orders.count == report.accepted.orders)
            #expect(try await first.missingAcknowledgements().isEmpty)

            let second = try await run(stack, shop).run()
            expectSound(second, "after the second run")
            #expect(second.pace.ordersPlaced == 0)
            #expect(second.accepted.ordersFound == report.accepted.orders)
            var expected = report.accepted
            expected.ordersFound = expected.orders
            #expect(second.accepted == expected)
            #expect(second.refused == report.refused)
            #expect(second.books.allocatedUnits == report.books.allocatedUnits)
            #expect(second.books.orders == report.books.orders)
            let sent = Set(second.latencies.map(\.kind))
            #expect(
                sent.isDisjoint(with: [
                    .upsertCatalogue, .receiveStock, .reserve, .placeOrder, .cancelOrder, .adjustStock,
                ]))
        }
    }

    @Test("carries on after a run that was broken off", arguments: [1, 60, 130, 200])
    func resumes(operations: Int) async throws {
        try await ReplayStack.with { stack in
            let broken = try run(stack)
            let begun = Task {
                try await broken.run { progress in
                    if progress.done == operations { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            await #expect(throws: (any Error).self) { try await begun.value }
            let report = try await run(stack).run()
            expectSound(report, "after the run that followed")
            #expect(try await broken.missingAcknowledgements().isEmpty)
            #expect(report.accepted.ordersFound >= broken.acknowledgements.orders.count)
            #expect(report.accepted.ordersFound + report.pace.ordersPlaced == report.accepted.orders)
            let second = try await run(stack).run()
            #expect(second.pace.ordersPlaced == 0)
            #expect(second.accepted.orders == report.accepted.orders)
            #expect(second.accepted.grossSales == report.accepted.grossSales)
            #expect(second.accepted.cancelled == report.accepted.cancelled)
        }
    }

    @Test("goes on over a larger part of the books where a smaller one was replayed")
    func extends() async throws {
        try await ReplayStack.with { stack in
            let (plan, offered) = try Shop.weeks(limit: 110)
            let part = try await ReplayRun(plan: plan, offered: offered, client: stack.client).run()
            expectSound(part, "after the part")
            let whole = try await run(stack).run()
            expectSound(whole, "after the whole")
            #expect(whole.accepted.ordersFound == part.accepted.orders)
            #expect(whole.pace.ordersPlaced > 0)
        }
    }

    @Test("takes over the goods that an earlier run held for an order and did not place")
    func takesOverReservations() async throws {
        try await ReplayStack.with { stack in
            let (part, offered) = try Shop.weeks(limit: 20)
            _ = try await ReplayRun(plan: part, offered: offered, client: stack.client).run()
            let run = try run(stack)
            let orders = run.plan.operations.dropFirst(part.operations.count).compactMap { operation in
                if case .place(let order) = operation.action, order.lines.count > 2 { order } else { nil }
            }
            let order = try #require(orders.first)
            let caller = ServiceCaller(patience: CallPatience(), log: CallLog())
            let terminal = ReplayTerminal(stack.client, caller: caller)
            let wanted = OrderFill.demand(of: order.lines)
            let available = try await terminal.available(wanted, fresh: true)
            let goods = try #require(
                order.lines.first { $0.isGoods && $0.quantity <= available[$0.sku] ?? 0 })
            let id = ReplayID.reservation(invoice: order.invoice, attempt: 0)
            let held = try await terminal.reserve(id, [OrderFill.Demand(sku: goods.sku, quantity: goods.quantity)])
            #expect(held.state == .held)

            let report = try await run.run()
            expectSound(report, "after the run")
            let placed = try #require(try await terminal.order(order.id))
            #expect(placed.reservationID == id.description)
            #expect(placed.lines.filter { $0.sku != "POST" }.map(\.sku) == [goods.sku])
        }
    }

    @Test("survives the server's end and restart, and everything acknowledged is there")
    func survivesTheServer() async throws {
        try await ReplayStack.with { stack in
            try await survives(stack) { try await stack.restartServer() }
        }
    }

    @Test("survives kill -9 of Redis and PostgreSQL, and everything acknowledged is there")
    func survivesTheStores() async throws {
        let stores = try await PrivateStack.start(directory: TestDirectory.make("replay"))
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await ReplayStack.with(stores: stores) { stack in
                    try await survives(stack) {
                        stores.redis.kill9()
                        stores.postgres.kill9()
                        try await stores.postgres.restart()
                        try await stores.redis.restart()
                    }
                })
        } catch {
            result = .failure(error)
        }
        await stores.stop()
        try result.get()
    }

    /// Runs the books while `strike` happens in the middle of them.
    private func survives(_ stack: ReplayStack, _ strike: @escaping @Sendable () async throws -> Void) async throws {
        let run = try run(stack)
        let middle = run.plan.operations.count / 3
        let (reached, announce) = AsyncStream<Void>.makeStream()
        let running = Task {
            defer { announce.finish() }
            return try await run.run { if $0.done == middle { announce.yield() } }
        }
        for await _ in reached { break }
        try await strike()
        let report = try await running.value
        expectSound(report, "after the strike")
        #expect(report.pace.repeated > 0)
        #expect(run.acknowledgements.orders.count == report.accepted.orders)
        #expect(try await run.missingAcknowledgements().isEmpty)
    }
}
