import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import OrderPromising
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

@Suite("Exchanges and their money")
struct ExchangeTests {
    /// Scrapped goods are refunded by half, and everything else in full.
    private static let half = [
        ReturnBench.rule {
            $0.terms.shares = [
                .with {
                    $0.disposition = .scrap
                    $0.basisPoints = 5_000
                }
            ]
        }
    ]

    /// A sale of three units at 3.00, of which one is to come back.
    private func sale(_ shop: ReturnBench, customer: String = "", paid: Bool = true) async throws -> (
        order: EntityID, made: Holdfast_V1_Return
    ) {
        let order = try await shop.sell([("A", 3, 3, 0)], customer: customer)
        if paid { #expect(try await shop.pay(order) == 900) }
        return (order, try await shop.create(order, [(1, 1)]))
    }

    // MARK: - While it stands

    @Test("A return does not end without its goods while an order takes the place of them")
    func stands() async throws {
        try await ReturnBench.with { shop in
            let (order, made) = try await sale(shop)
            let id = EntityID.fresh
            _ = try await shop.exchange(made, [("C", 2, 4)], id: id)
            let cancelled = try await status { try await shop.change(made, .cancel) }
            #expect(cancelled.code == .failedPrecondition)
            #expect(try RefusalDetails.state(of: cancelled) == "exchanged")
            #expect(cancelled.message.contains(id.description))
            // Nor does it expire.
            try await shop.bench.deployment.run("UPDATE return_order SET expires_at = now() - interval '1 second'")
            #expect(try await shop.bench.processing.expireReturns() == 0)
            // Goods that came cannot be refused either.
            let received = try await shop.receive(made, [("A", 1)])
            let refused = try await status { try await shop.change(received, .refuse) }
            #expect(try RefusalDetails.state(of: refused) == "exchanged")
            #expect(try await shop.get(made).state == .received)
            // A part of the order is not all of it.
            try await shop.cancel(id, [(1, 1)])
            let still = try await status { try await shop.change(received, .refuse) }
            #expect(try RefusalDetails.state(of: still) == "exchanged")
            try await shop.cancel(id)
            #expect(try await shop.change(received, .refuse).state == .refused)
            #expect(try await shop.order(order).events.map(\.type).last == "return_refused")
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("An exchange that is being placed stands too")
    func beingPlaced() async throws {
        try await ReturnBench.with { shop in
            let (_, made) = try await sale(shop)
            let request = ReturnBench.exchange(made, [("C", 1, 4)], id: .fresh)
            let asked = try ReturnRequests.exchange(
                request, body: IdempotentBody(.exchangeReturn, request).bytes, by: .anonymous)
            _ = try await shop.bench.deployment.ledger.beginExchange(asked)
            let cancelled = try await status { try await shop.change(made, .cancel) }
            #expect(try RefusalDetails.state(of: cancelled) == "exchanging")
            try await shop.bench.deployment.run("UPDATE return_order SET expires_at = now() - interval '1 second'")
            #expect(try await shop.bench.processing.expireReturns() == 0)
            #expect(try await shop.bench.processing.resumeExchanges(afterSeconds: 0) == 1)
            let placed = try await status { try await shop.change(made, .cancel) }
            #expect(try RefusalDetails.state(of: placed) == "exchanged")
            // When the new order is cancelled whole, the return may end as any other.
            try await shop.cancel(asked.id)
            #expect(try await shop.bench.processing.expireReturns() == 1)
        }
    }

    @Test("Of a cancellation and an exchange at once one wins, and the other one is told the state")
    func race() async throws {
        try await ReturnBench.with { shop in
            for _ in 0..<8 {
                let (_, made) = try await sale(shop, paid: false)
                async let cancelling = outcome { try await shop.change(made, .cancel) }
                async let exchanging = outcome { try await shop.exchange(made, [("C", 1, 4)]) }
                let (cancelled, exchanged) = (await cancelling, await exchanging)
                switch (cancelled, exchanged) {
                case (nil, let state?): #expect(state == "cancelled")
                case (let state?, nil): #expect(["exchanging", "exchanged"].contains(state))
                default: Issue.record("\(String(describing: cancelled)), \(String(describing: exchanged))")
                }
                let stands = try await shop.get(made)
                #expect(stands.state == (cancelled == nil ? .cancelled : .approved))
                #expect(stands.hasExchange == (exchanged == nil))
            }
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    /// Nil where a call was answered; else the state that it was refused with.
    private func outcome(_ call: @Sendable () async throws -> Holdfast_V1_Return) async -> String? {
        do {
            _ = try await CallerContext.$current.withValue(.anonymous) { try await call() }
            return nil
        } catch {
            return (error as? RPCError).flatMap { try? RefusalDetails.state(of: $0) } ?? "\(error)"
        }
    }

    @Test("When the new order is cancelled whole, the refund is settled as usual")
    func cancelledOrder() async throws {
        try await ReturnBench.with { shop in
            let (order, made) = try await sale(shop)
            let id = EntityID.fresh
            _ = try await shop.exchange(made, [("C", 2, 4)], id: id)
            try await shop.cancel(id)
            #expect(try await shop.payments(id).tenders.map(\.state) == [.voided])
            #expect(try await shop.get(made).exchange.toPay.amountMinor == 0)
            try await shop.receive(made, [("A", 1)])
            let decided = try await shop.inspect(made, [(1, 1, .restock)])
            #expect(decided.state == .decided)
            #expect(decided.exchange.toRefund.amountMinor == 300)
            #expect(decided.exchange.credited.amountMinor == 0)
            let settled = try await shop.settle(made, .original)
            #expect(settled.settledAmount.amountMinor == 300)
            #expect(try await shop.payments(order).givenBack.amountMinor == 300)
            #expect(try await shop.moneyIsExact())
        }
    }

    @Test("New goods that came back do not take the place of anything: the return ends as any other")
    func cameBack() async throws {
        try await ReturnBench.with { shop in
            func exchangedAndBack() async throws -> (id: EntityID, made: Holdfast_V1_Return) {
                let (_, made) = try await sale(shop)
                let id = EntityID.fresh
                _ = try await shop.exchange(made, [("C", 1, 3)], id: id)
                let change = OrderChange(id: .fresh, order: id, kind: .cancellation, body: [1], caller: .anonymous)
                let (_, settlement) = try await shop.bench.deployment.ledger.changeOrder(change) { work in
                    try work.move(.release, 1, line: 1, from: .allocated)
                    try work.move(.pick, 1, line: 1, from: .released)
                    try work.move(.pack, 1, line: 1, from: .picked)
                    try work.move(.ship, 1, line: 1, from: .packed)
                    try work.move(.takeBack, 1, line: 1, from: .shipped)
                    return []
                }
                await shop.bench.deployment.promising.settle(settlement)
                try await shop.follow(id)
                return (id, made)
            }
            let (_, cancelled) = try await exchangedAndBack()
            #expect(try await shop.change(cancelled, .cancel).state == .cancelled)
            let (_, late) = try await exchangedAndBack()
            try await shop.bench.deployment.run("UPDATE return_order SET expires_at = now() - interval '1 second'")
            #expect(try await shop.bench.processing.expireReturns() == 1)
            #expect(try await shop.get(late).state == .expired)
            let (id, made) = try await exchangedAndBack()
            try await shop.receive(made, [("A", 1)])
            let decided = try await shop.inspect(made, [(1, 1, .restock)])
            #expect(decided.state == .decided)
            #expect(decided.exchange.credited.amountMinor == 0)
            #expect(decided.exchange.toRefund.amountMinor == 300)
            #expect(try await shop.settle(decided, .original).settledAmount.amountMinor == 300)
            #expect(try await shop.payments(id).tenders.map(\.state) == [.voided])
            #expect(try await shop.moneyIsExact())
        }
    }

    // MARK: - Two that make it at once

    /// Writes an exchange down, as the call does before its order is placed.
    private func begin(_ shop: ReturnBench, _ request: Holdfast_V1_ExchangeReturnRequest) async throws
        -> StandingExchange
    {
        let asked = try ReturnRequests.exchange(
            request, body: IdempotentBody(.exchangeReturn, request).bytes, by: .anonymous)
        return try await shop.bench.deployment.ledger.beginExchange(asked)
    }

    @Test("An exchange whose order is placed after it was given up takes its place again, also after a crash")
    func placedAfterGivenUp() async throws {
        try await ReturnBench.with { shop in
            let (_, made) = try await sale(shop)
            let request = ReturnBench.exchange(made, [("C", 2, 4)], id: .fresh)
            let asked = try await begin(shop, request)
            #expect(try await shop.bench.deployment.ledger.giveUpExchange(asked))
            #expect(try await shop.bench.deployment.ledger.giveUpExchange(asked))
            #expect(!(try await shop.get(made).hasExchange))
            _ = try await shop.bench.deployment.place(shop.bench.processing.order(for: asked))
            // Here the one that placed it dies.
            #expect(try await shop.bench.processing.resumeExchanges(afterSeconds: 0) == 1)
            #expect(try await shop.bench.processing.resumeExchanges(afterSeconds: 0) == 0)
            let told = try await shop.get(made)
            #expect(told.exchange.orderID == asked.request.id.description)
            #expect(told.exchange.toPay.amountMinor == 500)
            #expect(try await shop.payments(asked.request.id).tenders.map(\.kind) == [.exchange])
            let repeated = try await shop.bench.returns.exchangeReturn(request: request, context: shop.context)
            #expect(repeated.returnOrder.exchange == told.exchange)
            #expect(try await shop.bench.deployment.available("C") == 98)
            #expect(try await shop.booksAreExact())
        }
    }

    @Test(
        "Where another exchange has its place, or the return is over, the order is cancelled", arguments: [true, false])
    func calledOff(isOver: Bool) async throws {
        try await ReturnBench.with { shop in
            let (_, made) = try await sale(shop)
            let request = ReturnBench.exchange(made, [("C", 2, 4)], id: .fresh)
            let asked = try await begin(shop, request)
            #expect(try await shop.bench.deployment.ledger.giveUpExchange(asked))
            let other = EntityID.fresh
            if isOver {
                _ = try await shop.change(made, .cancel)
            } else {
                _ = try await shop.exchange(made, [("C", 1, 3)], id: other)
            }
            _ = try await shop.bench.deployment.place(shop.bench.processing.order(for: asked))
            let refused = try await status {
                try await shop.bench.returns.exchangeReturn(request: request, context: shop.context)
            }
            #expect(try RefusalDetails.state(of: refused) == "given_up")
            #expect(try await shop.order(asked.request.id).status == .cancelled)
            #expect(try await shop.payments(asked.request.id).tenders.isEmpty)
            #expect(try await shop.bench.processing.resumeExchanges(afterSeconds: 0) == 0)
            #expect(try await shop.get(made).exchange.orderID == (isOver ? "" : other.description))
            #expect(try await shop.bench.deployment.available("C") == (isOver ? 100 : 99))
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("An exchange whose order was placed is not given up")
    func placedBefore() async throws {
        try await ReturnBench.with { shop in
            let (_, made) = try await sale(shop)
            let request = ReturnBench.exchange(made, [("C", 1, 4)], id: .fresh)
            let asked = try await begin(shop, request)
            _ = try await shop.bench.deployment.place(shop.bench.processing.order(for: asked))
            #expect(!(try await shop.bench.deployment.ledger.giveUpExchange(asked)))
            let told = try await shop.bench.returns.exchangeReturn(request: request, context: shop.context)
            #expect(told.returnOrder.exchange.orderID == asked.request.id.description)
        }
    }

    @Test("Calls of one exchange while its goods come free: it is placed and told, or given up without an order")
    func shortAndFree() async throws {
        try await ReturnBench.with { shop in
            _ = try await shop.sell([("C", 100, 1, 0)])
            for _ in 0..<8 {
                let (_, made) = try await sale(shop)
                let id = EntityID.fresh
                let outcomes = try await withThrowingTaskGroup(of: String??.self) { group in
                    for _ in 0..<4 {
                        group.addTask { .some(await outcome { try await shop.exchange(made, [("C", 1, 4)], id: id) }) }
                    }
                    group.addTask {
                        try await shop.bench.deployment.change(.receive, [("C", "DC", 1)])
                        return nil
                    }
                    return try await group.reduce(into: [String?]()) { if let outcome = $1 { $0.append(outcome) } }
                }
                _ = try await shop.bench.processing.resumeExchanges(afterSeconds: 0)
                let orders = try await shop.bench.deployment.numbers("SELECT count(*) FROM orders WHERE id = '\(id)'")
                let placed = orders == [1]
                let told = try await shop.get(made)
                #expect(told.hasExchange == placed, "\(outcomes)")
                if placed {
                    #expect(told.exchange.toPay.amountMinor == 100)
                } else {
                    #expect(!outcomes.contains(nil))
                    _ = try await shop.sell([("C", 1, 1, 0)])
                }
            }
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    // MARK: - Its money

    @Test("The refund is a tender of the new order: held until the return is decided, and the rest is paid otherwise")
    func tender() async throws {
        try await ReturnBench.with(rules: Self.half) { shop in
            let (order, made) = try await sale(shop)
            let id = EntityID.fresh
            let exchanged = try await shop.exchange(made, [("C", 2, 4)], id: id)
            #expect(exchanged.exchange.toPay.amountMinor == 500)
            var money = try await shop.payments(id)
            #expect(money.tenders.map(\.kind) == [.exchange])
            #expect(money.tenders.map(\.label) == [made.number])
            #expect(money.owed.amountMinor == 800)
            #expect(money.held.amountMinor == 300)
            #expect(money.uncovered.amountMinor == 500)
            #expect(money.standing == .partlyCovered)
            // Nobody but the return takes it.
            let taken = try await status {
                try await shop.bench.payments.captureTender(
                    request: .with {
                        $0.captureID = EntityID.fresh.description
                        $0.orderID = id.description
                        $0.tenderNumber = 1
                    }, context: shop.context)
            }
            #expect(try RefusalDetails.state(of: taken) == "authorized")
            let named = try await status { try await shop.pay(id, .exchange) }
            #expect(named.code == .invalidArgument)
            #expect(try await shop.pay(id, .terminal) == 500)
            #expect(try await shop.get(made).exchange.toPay.amountMinor == 0)
            #expect(try await shop.order(id).status == .open)
            try await shop.follow(id)
            #expect(try await shop.payments(id).held.amountMinor == 300)

            // Less is decided than was expected: more is to be paid.
            try await shop.receive(made, [("A", 1)])
            let decided = try await shop.inspect(made, [(1, 1, .scrap)])
            #expect(decided.state == .settled)
            #expect(decided.settlement == .exchange)
            #expect(decided.refund.amountMinor == 150)
            #expect(decided.settledAmount.amountMinor == 0)
            #expect(decided.exchange.credited.amountMinor == 150)
            #expect(decided.exchange.toPay.amountMinor == 150)
            #expect(decided.exchange.toRefund.amountMinor == 0)
            #expect(try await shop.get(made) == decided)
            money = try await shop.payments(id)
            #expect(money.taken.amountMinor == 650)
            #expect(money.held.amountMinor == 0)
            #expect(money.uncovered.amountMinor == 150)
            #expect(try await shop.pay(id) == 150)
            #expect(try await shop.payments(id).standing == .paid)
            #expect(try await shop.get(made).exchange.toPay.amountMinor == 0)

            // The old order keeps what it gave to the new one, and owes it no more.
            let old = try await shop.payments(order)
            #expect(old.owed.amountMinor == 900)
            #expect(old.standing == .paid)
            #expect(old.dueBack.amountMinor == 0)
            #expect(old.refunds.map(\.settlement) == [.exchange])
            #expect(old.refunds.map(\.amount.amountMinor) == [150])
            let again = try await status { try await shop.refund(order, 1) }
            #expect(again.code == .failedPrecondition)
            let settled = try await status { try await shop.settle(made, .original) }
            #expect(settled.code == .failedPrecondition)
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("A refund above the new goods goes into them as far as they cost, and the rest is settled as usual")
    func cheaper() async throws {
        try await ReturnBench.with { shop in
            let (order, made) = try await sale(shop)
            let id = EntityID.fresh
            _ = try await shop.exchange(made, [("C", 2, 1)], id: id)
            #expect(try await shop.payments(id).standing == .covered)
            // One of the two is not wanted any more: less of the refund goes into the order.
            try await shop.cancel(id, [(1, 1)])
            try await shop.receive(made, [("A", 1)])
            let decided = try await shop.inspect(made, [(1, 1, .restock)])
            #expect(decided.state == .decided)
            #expect(decided.exchange.credited.amountMinor == 100)
            #expect(decided.exchange.toRefund.amountMinor == 200)
            #expect(try await shop.payments(id).standing == .paid)
            let over = try await status { try await shop.refund(order, 201) }
            #expect(over.code == .failedPrecondition)
            let settled = try await shop.settle(made, .original)
            #expect(settled.settledAmount.amountMinor == 200)
            let old = try await shop.payments(order)
            #expect(old.givenBack.amountMinor == 200)
            #expect(old.refunds.map(\.amount.amountMinor) == [200, 100])
            #expect(old.refunds.map(\.settlement) == [.original, .exchange])
            #expect(try await shop.moneyIsExact())
        }
    }

    @Test("Of goods that are cancelled later, what the exchange brought is the customer's credit")
    func givenBackAsCredit() async throws {
        try await ReturnBench.with { shop in
            let (order, made) = try await sale(shop, customer: "C-1")
            let id = EntityID.fresh
            _ = try await shop.exchange(made, [("C", 2, 2)], id: id)
            #expect(try await shop.pay(id) == 100)
            try await shop.receive(made, [("A", 1)])
            #expect(try await shop.inspect(made, [(1, 1, .restock)]).settlement == .exchange)
            #expect(try await shop.credit("C-1") == 0)
            // 2.00 are not owed any more: first what was paid beside the refund, then the refund.
            try await shop.cancel(id, [(1, 1)])
            #expect(try await shop.payments(id).tenders.map(\.givenBack.amountMinor) == [100, 100])
            #expect(try await shop.credit("C-1") == 100)
            try await shop.cancel(id)
            #expect(try await shop.credit("C-1") == 300)
            #expect(try await shop.payments(id).dueBack.amountMinor == 0)
            let more = try await status { try await shop.refund(id, 1) }
            #expect(more.code == .failedPrecondition)
            let old = try await status { try await shop.refund(order, 1) }
            #expect(old.code == .failedPrecondition)
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("Where the order names nobody, it stays due until somebody says that it was given")
    func givenBackOutside() async throws {
        try await ReturnBench.with { shop in
            let (_, made) = try await sale(shop)
            let id = EntityID.fresh
            _ = try await shop.exchange(made, [("C", 1, 3)], id: id)
            try await shop.receive(made, [("A", 1)])
            _ = try await shop.inspect(made, [(1, 1, .restock)])
            try await shop.cancel(id)
            var money = try await shop.payments(id)
            #expect(money.standing == .refundDue)
            #expect(money.dueBack.amountMinor == 300)
            #expect(try await shop.order(id).status == .refundDue)
            try await shop.refund(id)
            money = try await shop.payments(id)
            #expect(money.standing == .paid)
            #expect(money.tenders.map(\.state) == [.refunded])
            let again = try await status { try await shop.refund(id, 1) }
            #expect(again.code == .failedPrecondition)
            #expect(try await shop.moneyIsExact())
        }
    }

    @Test("An order that nobody has paid brings nothing into another one")
    func unpaid() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 3, 0)])
            #expect(try await shop.pay(order, .cash, 600) == 600)
            let made = try await shop.create(order, [(1, 3)])
            let id = EntityID.fresh
            #expect(try await shop.exchange(made, [("C", 2, 5)], id: id).exchange.toPay.amountMinor == 400)
            try await shop.receive(made, [("A", 3)])
            let decided = try await shop.inspect(made, [(1, 3, .restock)])
            #expect(decided.exchange.credited.amountMinor == 600)
            #expect(decided.state == .decided)
            // Of what was never paid nothing is given.
            #expect(try await shop.settle(made, .original).settledAmount.amountMinor == 0)
            #expect(try await shop.payments(order).givenBack.amountMinor == 0)
            #expect(try await shop.moneyIsExact())
        }
    }

    @Test("A refund above a cheaper exchange that is cancelled later: each part is given once, and what is due shows")
    func cancelledLater() async throws {
        try await ReturnBench.with { shop in
            for customer in ["C-1", ""] {
                let order = try await shop.sell([("A", 10, 1, 0)], customer: customer)
                #expect(try await shop.pay(order) == 1_000)
                let made = try await shop.create(order, [(1, 10)])
                let id = EntityID.fresh
                _ = try await shop.exchange(made, [("C", 1, 4)], id: id)
                try await shop.receive(made, [("A", 10)])
                let decided = try await shop.inspect(made, [(1, 10, .restock)])
                #expect(decided.exchange.credited.amountMinor == 400)
                #expect(decided.exchange.toRefund.amountMinor == 600)
                #expect(try await shop.order(order).status == .refundDue)
                try await shop.cancel(id)
                // The rest of the return is not more for it.
                #expect(try await shop.payments(order).dueBack.amountMinor == 600)
                #expect(try await shop.settle(made, .original).settledAmount.amountMinor == 600)
                #expect(try await shop.payments(order).standing == .paid)
                if customer.isEmpty {
                    #expect(try await shop.order(id).status == .refundDue)
                    #expect(try await shop.payments(id).dueBack.amountMinor == 400)
                    try await shop.refund(id)
                } else {
                    #expect(try await shop.credit(customer) == 400)
                }
                #expect(try await shop.payments(id).dueBack.amountMinor == 0)
                for one in [order, id] {
                    let more = try await status { try await shop.refund(one, 1) }
                    #expect(more.code == .failedPrecondition)
                }
            }
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("Dearer goods: the difference is charged, no rule about payment holds them, and all of it comes back")
    func dearer() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 1, 10, 0)], customer: "C-1")
            #expect(try await shop.pay(order) == 1_000)
            let made = try await shop.create(order, [(1, 1)])
            _ = try await shop.bench.catalog.upsertChannels(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.channels = [
                        .with {
                            $0.code = TestDeployment.channel
                            $0.name = "Web"
                            $0.currencyCode = "GBP"
                            $0.review = .with { $0.payment = true }
                        }
                    ]
                }, context: shop.context)
            let id = EntityID.fresh
            #expect(try await shop.exchange(made, [("C", 1, 15)], id: id).exchange.toPay.amountMinor == 500)
            while try await shop.bench.processing.reviewPass() > 0 {}
            #expect(try await shop.order(id).holds.filter { $0.liftedBy.isEmpty }.map(\.reason) == [.paymentMissing])
            #expect(try await shop.pay(id) == 500)
            #expect(try await shop.payments(id).standing == .covered)
            // What waits for a payment is looked at again from time to time: now.
            try await shop.bench.deployment.run("UPDATE order_review SET due_at = now() WHERE due_at < 'infinity'")
            while try await shop.bench.processing.reviewPass() > 0 {}
            #expect(try await shop.order(id).holds.allSatisfy { !$0.liftedBy.isEmpty })
            try await shop.receive(made, [("A", 1)])
            #expect(try await shop.inspect(made, [(1, 1, .restock)]).settlement == .exchange)
            #expect(try await shop.payments(id).standing == .paid)

            try await fulfil(shop, id, "C", 1)
            let back = try await shop.create(id, [(1, 1)])
            try await shop.receive(back, [("C", 1)])
            #expect(try await shop.inspect(back, [(1, 1, .restock)]).refund.amountMinor == 1_500)
            #expect(try await shop.settle(back, .original).settledAmount.amountMinor == 1_500)
            let money = try await shop.payments(id)
            #expect(money.tenders.map(\.givenBack.amountMinor) == [1_000, 500])
            #expect(money.standing == .paid)
            #expect(try await shop.credit("C-1") == 1_000)
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    /// Takes an order from release to delivery.
    private func fulfil(_ shop: ReturnBench, _ order: EntityID, _ sku: String, _ quantity: Int64) async throws {
        let floor = Shop(bench: shop.bench, context: shop.context)
        var made = try await floor.fulfilments(of: order)
        if made.isEmpty { made = try await floor.release(order) }
        let id = try #require(made.first).fulfilmentID
        try await floor.start(id)
        try await floor.pick(id, [(sku, quantity)])
        try await floor.pack(id)
        try await floor.ship(id)
        _ = try await shop.bench.fulfilment.confirmDelivery(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = id
            }, context: shop.context)
    }

    // MARK: - Its delivery

    @Test("It is delivered as the order whose goods come back, unless the request says other")
    func delivery() async throws {
        try await ReturnBench.with { shop in
            let order = EntityID.fresh
            _ = try await shop.bench.orders.placeOrder(
                request: .with {
                    $0.orderID = order.description
                    $0.channel = TestDeployment.channel
                    $0.externalID = order.description
                    $0.lines = [OrderRequestsTests.line(quantity: 4, units: 1, nanos: 0)]
                    $0.lines[0].sku = "A"
                    $0.delivery = DeliveryFieldsTests.shipment
                    $0.delivery.service = ""
                }, context: shop.context)
            #expect(try await shop.pay(order) == 400)
            try await fulfil(shop, order, "A", 4)
            let old = try await shop.order(order).delivery
            #expect(old.shipTo.postcode == "LS1 4DY")

            let id = EntityID.fresh
            let made = try await shop.create(order, [(1, 1)])
            _ = try await shop.exchange(made, [("C", 1, 1)], id: id)
            #expect(try await shop.order(id).delivery == old)

            var other = ReturnBench.exchange(try await shop.create(order, [(1, 1)]), [("C", 1, 1)], id: .fresh)
            other.delivery.method = .pickup
            other.delivery.pickupLocation = "LDN-1"
            let wanted = other
            let asked = try ReturnRequests.exchange(
                wanted, body: IdempotentBody(.exchangeReturn, wanted).bytes, by: .anonymous)
            // What was said is not lost where another server goes on with it.
            _ = try await shop.bench.deployment.ledger.beginExchange(asked)
            #expect(try await shop.bench.processing.resumeExchanges(afterSeconds: 0) == 1)
            let placed = try await shop.bench.returns.exchangeReturn(request: wanted, context: shop.context)
            #expect(placed.returnOrder.exchange.orderID == wanted.exchangeID)
            #expect(try await shop.order(asked.id).delivery == wanted.delivery)
            var differs = wanted
            differs.delivery.pickupLocation = "DC"
            let changed = differs
            let refused = try await status {
                try await shop.bench.returns.exchangeReturn(request: changed, context: shop.context)
            }
            #expect(refused.code == .alreadyExists)
            #expect(try Details(refused).info?.metadata["field"] == "delivery.pickup_location")

            var nowhere = ReturnBench.exchange(try await shop.create(order, [(1, 1)]), [("C", 1, 1)], id: .fresh)
            nowhere.delivery.method = .pickup
            nowhere.delivery.pickupLocation = "NOWHERE"
            let lost = nowhere
            let unknown = try await status {
                try await shop.bench.returns.exchangeReturn(request: lost, context: shop.context)
            }
            #expect(unknown.code == .invalidArgument)
            #expect(try Details(unknown).badRequest?.violations.map(\.field) == ["delivery.pickup_location"])
            #expect(try await shop.booksAreExact())
        }
    }
}
