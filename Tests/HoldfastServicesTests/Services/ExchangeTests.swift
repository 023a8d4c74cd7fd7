import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import SwiftProtobuf
import Testing

@testable import HoldfastServices
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
}
