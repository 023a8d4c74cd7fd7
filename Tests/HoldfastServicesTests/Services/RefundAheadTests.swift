import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("Refunds ahead of the goods")
struct RefundAheadTests {
    private static let rules = [
        ReturnBench.rule {
            $0.terms.refundAhead = true
            $0.terms.fee = .with {
                $0.currencyCode = "GBP"
                $0.amountMinor = 50
            }
            $0.terms.shares = [
                .with {
                    $0.disposition = .scrap
                    $0.basisPoints = 5_000
                }
            ]
        }
    ]

    /// A paid sale of three units at 3.00 of which two are to come back.
    private func sale(_ shop: ReturnBench, customer: String = "C-1", paid: Bool = true) async throws -> (
        order: EntityID, made: Holdfast_V1_Return
    ) {
        let order = try await shop.sell([("A", 3, 3, 0)], customer: customer)
        if paid { #expect(try await shop.pay(order) == 900) }
        return (order, try await shop.create(order, [(1, 2)]))
    }

    @Test(
        "What was given ahead is set off: nothing is given twice, in whichever way",
        arguments: [Holdfast_V1_ReturnSettlement.original, .storeCredit, .outside], [true, false])
    func whole(way: Holdfast_V1_ReturnSettlement, paid: Bool) async throws {
        try await ReturnBench.with(rules: Self.rules) { shop in
            let (order, made) = try await sale(shop, paid: paid)
            let id = EntityID.fresh
            let ahead = try await shop.settle(made, way, ahead: true, id: id)
            #expect(ahead.state == .approved)
            #expect(ahead.refundedAhead.amountMinor == 550)
            #expect(!ahead.hasCustomerOwes)
            #expect(try await shop.settle(made, way, ahead: true, id: id) == ahead)
            let given: Int64 = way == .original && paid ? 550 : 0
            #expect(try await shop.payments(order).givenBack.amountMinor == given)
            #expect(try await shop.credit("C-1") == (way == .storeCredit ? 550 : 0))
            #expect(try await shop.payments(order).refunds.map(\.ahead) == [true])
            #expect(try await shop.order(order).events.map(\.type).last == "return_refunded_ahead")
            let twice = try await status { try await shop.settle(made, way, ahead: true) }
            #expect(try RefusalDetails.state(of: twice) == "refunded_ahead")
            let exchange = try await status { try await shop.exchange(made, [("C", 1, 1)]) }
            #expect(try RefusalDetails.state(of: exchange) == "refunded_ahead")
            if paid {
                let more = try await status { try await shop.refund(order, 1) }
                #expect(more.code == .failedPrecondition)
                #expect(try await shop.moneyIsExact())
            }
            try await shop.receive(made, [("A", 2)])
            let decided = try await shop.inspect(made, [(1, 2, .restock)])
            #expect(decided.state == .settled)
            #expect(decided.settlement == way)
            #expect(decided.refund.amountMinor == 550)
            #expect(decided.settledAmount.amountMinor == 0)
            #expect(!decided.hasCustomerOwes)
            #expect(try await shop.payments(order).givenBack.amountMinor == given)
            #expect(try await shop.credit("C-1") == (way == .storeCredit ? 550 : 0))
            if paid {
                #expect(try await shop.payments(order).dueBack.amountMinor == 0)
                let more = try await status { try await shop.refund(order, 1) }
                #expect(more.code == .failedPrecondition)
                #expect(try await shop.moneyIsExact())
            }
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("More is decided than was given: the rest is due, and is settled; a closed receipt counts what came")
    func more() async throws {
        try await ReturnBench.with(rules: Self.rules) { shop in
            let (order, made) = try await sale(shop)
            try await shop.receive(made, [("A", 1)], last: true)
            // Only one came: so much is given ahead.
            #expect(try await shop.settle(made, .original, ahead: true).refundedAhead.amountMinor == 250)
            #expect(try await shop.inspect(made, [(1, 1, .restock)]).state == .settled)
            #expect(try await shop.payments(order).givenBack.amountMinor == 250)

            // Somebody gives money for the rest by goodwill, so that less can be given ahead than is decided later.
            let rest = try await shop.create(order, [(1, 2)])
            _ = try await shop.bench.payments.refundOrder(
                request: .with {
                    $0.refundID = EntityID.fresh.description
                    $0.orderID = order.description
                    $0.amount.currencyCode = "GBP"
                    $0.amount.amountMinor = 200
                    $0.goodwill = true
                }, context: shop.context)
            let ahead = try await shop.settle(rest, .original, ahead: true).refundedAhead.amountMinor
            #expect(ahead == 450)
            try await shop.receive(rest, [("A", 2)])
            let decided = try await shop.inspect(rest, [(1, 2, .restock)])
            #expect(decided.state == .decided)
            #expect(decided.refund.amountMinor == 550)
            let settled = try await shop.settle(rest, .original)
            // Everything that was paid, and no more, has been given back.
            #expect(settled.settledAmount.amountMinor == 0)
            #expect(try await shop.payments(order).givenBack.amountMinor == 900)
            #expect(try await shop.moneyIsExact())
        }
    }

    @Test("Less is decided than was given: the customer owes the difference, and it is never paid again")
    func less() async throws {
        try await ReturnBench.with(rules: Self.rules) { shop in
            let (order, made) = try await sale(shop)
            _ = try await shop.change(made, .handIn)
            #expect(try await shop.settle(made, .original, ahead: true).refundedAhead.amountMinor == 550)
            try await shop.receive(made, [("A", 2)])
            let decided = try await shop.inspect(made, [(1, 1, .restock), (1, 1, .scrap)])
            #expect(decided.state == .settled)
            #expect(decided.refund.amountMinor == 400)
            #expect(decided.customerOwes.amountMinor == 150)
            #expect(try await shop.get(made).customerOwes.amountMinor == 150)
            let money = try await shop.payments(order)
            #expect(money.givenBack.amountMinor == 550)
            #expect(money.standing == .paid)
            #expect(money.dueBack.amountMinor == 0)
            let again = try await status { try await shop.refund(order, 1) }
            #expect(again.code == .failedPrecondition)
            // The other unit is worth what it was.
            #expect(try await shop.takeBack(order, [(1, 1)]) == 250)
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("Goods that never come are owed; when they come late after all, they are not")
    func expiry() async throws {
        try await ReturnBench.with(rules: Self.rules) { shop in
            let (order, made) = try await sale(shop)
            _ = try await shop.settle(made, .original, ahead: true)
            try await shop.bench.deployment.run("UPDATE return_order SET expires_at = now() - interval '1 second'")
            #expect(try await shop.bench.processing.expireReturns() == 1)
            #expect(try await shop.get(made).customerOwes.amountMinor == 550)
            #expect(try await shop.moneyIsExact())
            try await shop.receive(made, [("A", 2)])
            #expect(!(try await shop.get(made).hasCustomerOwes))
            let decided = try await shop.inspect(made, [(1, 2, .restock)])
            #expect(decided.state == .settled)
            #expect(!decided.hasCustomerOwes)
            #expect(try await shop.payments(order).givenBack.amountMinor == 550)
            #expect(try await shop.moneyIsExact())
        }
    }

    @Test("Where a rule does not say so, where nothing was paid, or where it is decided, no money goes ahead")
    func refused() async throws {
        try await ReturnBench.with { shop in
            let (_, made) = try await sale(shop)
            let rule = try await status { try await shop.settle(made, .original, ahead: true) }
            #expect(rule.code == .failedPrecondition)
            #expect(try RefusalDetails.state(of: rule) == "no_refund_ahead")
            #expect(rule.message.contains("all"))
        }
        try await ReturnBench.with(rules: Self.rules) { shop in
            let order = try await shop.sell([("A", 3, 3, 0)])
            #expect(try await shop.pay(order, .cash, 100) == 100)
            let made = try await shop.create(order, [(1, 1)])
            let anonymous = try await status { try await shop.settle(made, .storeCredit, ahead: true) }
            #expect(anonymous.code == .failedPrecondition)
            try await shop.receive(made, [("A", 1)])
            _ = try await shop.inspect(made, [(1, 1, .restock)])
            let late = try await status { try await shop.settle(made, .original, ahead: true) }
            #expect(late.code == .failedPrecondition)
            #expect(try RefusalDetails.state(of: late) == "decided")

            // Fees are as much as the goods are worth.
            let cheap = try await shop.create(try await shop.sell([("A", 1, 0, 100_000_000)]), [(1, 1)])
            let nothing = try await status { try await shop.settle(cheap, .outside, ahead: true) }
            #expect(try RefusalDetails.state(of: nothing) == "nothing_due")
            #expect(try await shop.moneyIsExact())
        }
    }

    @Test("Two at once: one gives money ahead, the other one is told that it was given")
    func twice() async throws {
        try await ReturnBench.with(rules: Self.rules) { shop in
            let (order, made) = try await sale(shop)
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        do {
                            return try await CallerContext.$current.withValue(.anonymous) {
                                try await shop.settle(made, .original, ahead: true).hasRefundedAhead
                            }
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(outcomes == 1)
            #expect(try await shop.payments(order).givenBack.amountMinor == 550)
            #expect(try await shop.moneyIsExact())
        }
    }

    // MARK: - What the customer owes

    /// Everything goes back at its price, scrapped goods for a half.
    private static let plain = [
        ReturnBench.rule {
            $0.terms.refundAhead = true
            $0.terms.shares = [
                .with {
                    $0.disposition = .scrap
                    $0.basisPoints = 5_000
                }
            ]
        }
    ]

    private func expire(_ shop: ReturnBench) async throws {
        try await shop.bench.deployment.run(
            "UPDATE return_order SET expires_at = now() - interval '1 second' WHERE state = 2")
        #expect(try await shop.bench.processing.expireReturns() == 1)
    }

    /// What returns of an order gave, in every way, in minor units.
    private func given(_ shop: ReturnBench, _ order: EntityID) async throws -> Int64 {
        try await shop.payments(order).refunds.reduce(0) { $0 + $1.amount.amountMinor }
    }

    @Test(
        "Of units that did not come no money goes a second time: what is owed is set off against the next refund",
        arguments: [Holdfast_V1_ReturnSettlement.original, .storeCredit, .outside], [true, false])
    func owed(way: Holdfast_V1_ReturnSettlement, paid: Bool) async throws {
        try await ReturnBench.with(rules: Self.plain) { shop in
            let (order, first) = try await sale(shop, paid: paid)
            #expect(try await shop.settle(first, way, ahead: true).refundedAhead.amountMinor == 600)
            try await shop.receive(first, [("A", 1)], last: true)
            #expect(try await shop.inspect(first, [(1, 1, .restock)]).customerOwes.amountMinor == 300)

            let second = try await shop.create(order, [(1, 1)])
            let ahead = try await status { try await shop.settle(second, way, ahead: true) }
            #expect(ahead.code == .failedPrecondition)
            #expect(try RefusalDetails.state(of: ahead) == "customer_owes")
            #expect(ahead.message.contains("300"))
            try await shop.receive(second, [("A", 1)])
            let decided = try await shop.inspect(second, [(1, 1, .restock)])
            #expect(decided.state == .settled)
            #expect(decided.refund.amountMinor == 300)
            #expect(decided.settledAmount.amountMinor == 0)
            #expect(!(try await shop.get(first).hasCustomerOwes))
            #expect(try await shop.get(first).refundedAhead.amountMinor == 600)
            #expect(try await given(shop, order) == 600)
            #expect(try await shop.credit("C-1") == (way == .storeCredit ? 600 : 0))
            if paid {
                #expect(try await shop.payments(order).dueBack.amountMinor == 0)
                let more = try await status { try await shop.refund(order, 1) }
                #expect(more.code == .failedPrecondition)
            }

            // Nothing is owed any more: the last unit is paid as every other one.
            let third = try await shop.create(order, [(1, 1)])
            try await shop.receive(third, [("A", 1)])
            #expect(try await shop.inspect(third, [(1, 1, .restock)]).state == .decided)
            #expect(try await shop.settle(third, way).settledAmount.amountMinor == 300)
            #expect(try await given(shop, order) == 900)
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("A part of what is owed is set off, and the rest stays owed", arguments: [true, false])
    func part(paid: Bool) async throws {
        try await ReturnBench.with(rules: Self.plain) { shop in
            let (order, first) = try await sale(shop, paid: paid)
            _ = try await shop.settle(first, .storeCredit, ahead: true)
            try await expire(shop)
            let second = try await shop.create(order, [(1, 1)])
            try await shop.receive(second, [("A", 1)])
            #expect(try await shop.inspect(second, [(1, 1, .scrap)]).state == .settled)
            #expect(try await shop.get(first).customerOwes.amountMinor == 450)
            let third = try await shop.create(order, [(1, 2)])
            try await shop.receive(third, [("A", 2)])
            let decided = try await shop.inspect(third, [(1, 2, .restock)])
            #expect(decided.state == .decided)
            #expect(decided.refund.amountMinor == 600)
            #expect(!(try await shop.get(first).hasCustomerOwes))
            #expect(try await shop.settle(third, .outside).settledAmount.amountMinor == 150)
            #expect(try await given(shop, order) == 750)
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("A claim sets off too; goods that come after that are paid again", arguments: [true, false])
    func claimed(paid: Bool) async throws {
        try await ReturnBench.with(rules: Self.plain) { shop in
            let order = try await shop.sell([("A", 3, 3, 0)], customer: "C-1")
            if paid { #expect(try await shop.pay(order) == 900) }
            let first = try await shop.create(order, [(1, 1)])
            #expect(try await shop.settle(first, .original, ahead: true).refundedAhead.amountMinor == 300)
            try await expire(shop)
            #expect(try await shop.get(first).customerOwes.amountMinor == 300)
            let claim = try await shop.claim(order)
            #expect(claim.state == .settled)
            #expect(claim.refund.amountMinor == 300)
            #expect(!(try await shop.get(first).hasCustomerOwes))
            #expect(try await given(shop, order) == 300)

            try await shop.receive(first, [("A", 1)])
            let late = try await shop.inspect(first, [(1, 1, .restock)])
            #expect(late.state == .decided)
            #expect(try await shop.settle(late, .original).settledAmount.amountMinor == 300)
            #expect(try await given(shop, order) == 600)
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("Money that went ahead is not followed by a cancellation, nor, after the return expired, by more of it")
    func cancelled() async throws {
        try await ReturnBench.with(rules: Self.plain) { shop in
            let (order, made) = try await sale(shop)
            _ = try await shop.settle(made, .storeCredit, ahead: true)
            let refused = try await status { try await shop.change(made, .cancel) }
            #expect(refused.code == .failedPrecondition)
            #expect(try RefusalDetails.state(of: refused) == "refunded_ahead")
            #expect(try await shop.get(made).state == .approved)
            try await expire(shop)
            let next = try await shop.create(order, [(1, 2)])
            let again = try await status { try await shop.settle(next, .storeCredit, ahead: true) }
            #expect(try RefusalDetails.state(of: again) == "customer_owes")
            // Nothing went ahead of this one.
            #expect(try await shop.change(next, .cancel).state == .cancelled)
            #expect(try await shop.credit("C-1") == 600)
            #expect(try await shop.moneyIsExact())
        }
    }

    @Test("An exchange takes what is left after what is owed", arguments: [true, false])
    func exchanged(paid: Bool) async throws {
        try await ReturnBench.with(rules: Self.plain) { shop in
            let order = try await shop.sell([("A", 3, 3, 0)], customer: "C-1")
            if paid { #expect(try await shop.pay(order) == 900) }
            let first = try await shop.create(order, [(1, 1)])
            _ = try await shop.settle(first, .storeCredit, ahead: true)
            try await expire(shop)
            let second = try await shop.create(order, [(1, 2)])
            let id = EntityID.fresh
            #expect(try await shop.exchange(second, [("C", 1, 4)], id: id).exchange.toPay.amountMinor == 100)
            #expect(try await shop.pay(id) == 100)
            try await shop.receive(second, [("A", 2)])
            let decided = try await shop.inspect(second, [(1, 2, .restock)])
            #expect(decided.state == .settled)
            #expect(decided.settlement == .exchange)
            #expect(decided.refund.amountMinor == 600)
            #expect(decided.exchange.credited.amountMinor == 300)
            #expect(decided.exchange.toRefund.amountMinor == 0)
            #expect(!(try await shop.get(first).hasCustomerOwes))
            #expect(try await shop.payments(id).standing == .paid)
            if paid { #expect(try await shop.payments(order).dueBack.amountMinor == 0) }
            #expect(try await shop.moneyIsExact())
            #expect(try await shop.booksAreExact())
        }
    }

    // MARK: - What is told of it

    @Test("Store credit of an order without tenders is told with the order's money")
    func creditWithoutTenders() async throws {
        try await ReturnBench.with { shop in
            let (order, made) = try await sale(shop, paid: false)
            try await shop.receive(made, [("A", 2)])
            _ = try await shop.inspect(made, [(1, 2, .restock)])
            let settled = try await shop.settle(made, .storeCredit)
            #expect(settled.settledAmount.amountMinor == 600)
            let money = try await shop.payments(order)
            #expect(money.standing == .untracked)
            #expect(money.tenders.isEmpty)
            let refund = try #require(money.refunds.first)
            #expect(money.refunds.count == 1)
            #expect(refund.returnID == made.returnID)
            #expect(refund.number == made.number)
            #expect(refund.settlement == .storeCredit)
            #expect(refund.amount.amountMinor == 600)
            #expect(!refund.ahead)
            #expect(try await shop.credit("C-1") == 600)
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("An order is returning while units of it are asked for, and come, and are not decided")
    func returning() async throws {
        try await ReturnBench.with { shop in
            let (order, made) = try await sale(shop, paid: false)
            func expect(_ status: Holdfast_V1_OrderStatus) async throws {
                #expect(try await shop.order(order).status == status)
                let listed = try await shop.bench.orders.listOrders(
                    request: .with { $0.status = status }, context: shop.context)
                #expect(listed.orders.map(\.orderID) == [order.description], "\(status)")
            }
            try await expect(.returning)
            #expect(
                try await shop.bench.deployment.numbers(
                    "SELECT status::int8 FROM order_advance WHERE order_id = '\(order)' ORDER BY sequence") == [9, 9])
            _ = try await shop.change(made, .cancel)
            try await expect(.delivered)
            let next = try await shop.create(order, [(1, 1)])
            try await shop.receive(next, [("A", 1)])
            try await expect(.returning)
            _ = try await shop.inspect(next, [(1, 1, .restock)])
            try await expect(.partiallyReturned)
            let last = try await shop.create(order, [(1, 2)])
            try await expect(.returning)
            try await shop.bench.deployment.run("UPDATE return_order SET expires_at = now() - interval '1 second'")
            #expect(try await shop.bench.processing.expireReturns() == 1)
            try await expect(.partiallyReturned)
            try await shop.receive(last, [("A", 2)])
            try await expect(.returning)
            _ = try await shop.inspect(last, [(1, 2, .restock)])
            try await expect(.returned)
            let claimed = try await shop.sell([("A", 1, 3, 0)])
            _ = try await shop.claim(claimed)
            // Of a claim no goods come back.
            #expect(try await shop.order(claimed).status == .delivered)
        }
    }
}
