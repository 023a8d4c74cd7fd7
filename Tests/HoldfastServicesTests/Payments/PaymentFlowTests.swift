import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger

@Suite("Payments through the service")
struct PaymentFlowTests {
    @Test("What is held is taken when goods leave, part by part, and the last part lets the rest go")
    func captureAtShipment() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(4, 250)], tax: 100)
            let added = try await bench.add(order, .cardGateway)
            #expect(added.amount.amountMinor == 1_100)
            #expect(added.attempts.map(\.state) == [.approved])
            #expect(try await bench.payments(order).standing == .covered)
            try await bench.ship(order, 1)
            try await bench.becomes(order) { $0.taken.amountMinor == 275 }
            #expect(try await bench.payments(order).tenders.map(\.state) == [.partlyCaptured])
            _ = try await bench.deployment.cancel(order, [(1, 1)])
            try await bench.ship(order, 2)
            try await bench.becomes(order) { $0.standing == .paid }
            let paid = try await bench.payments(order)
            #expect(paid.taken.amountMinor == 825)
            #expect(paid.held.amountMinor == 0)
            #expect(paid.tenders.map(\.state) == [.captured])
            #expect(bench.scripted.kept == 825)
            #expect(bench.scripted.held == 0)
            #expect(
                try await bench.events(order).filter { $0.hasPrefix("payment") } == [
                    "payment_added", "payment_authorized", "payment_captured", "payment_captured",
                ])
        }
    }

    @Test("A till sale with two tenders is taken at once, and more tenders are refused")
    func tillSale() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(1, 2_000)], goodsInHand: true)
            #expect(try await bench.payments(order).standing == .untracked)
            let cash = try await bench.add(order, .cash, 500)
            #expect(cash.attempts.map(\.action) == [.charge])
            #expect(try await bench.payments(order).standing == .partlyCovered)
            let terminal = try await bench.add(order, .terminal)
            #expect(terminal.tenderNumber == 2)
            #expect(terminal.amount.amountMinor == 1_500)
            let payments = try await bench.payments(order)
            #expect(payments.standing == .paid)
            #expect(payments.tenders.map(\.state) == [.captured, .captured])
            let refused = try await status { try await bench.add(order, .cash, 1) }
            #expect(refused.code == .failedPrecondition)
            #expect(bench.scripted.requestCount == 0)
        }
    }

    @Test("A card at the counter is charged in one step")
    func chargedAtOnce() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(1, 2_000)], goodsInHand: true)
            let added = try await bench.add(order, .cardGateway)
            #expect(added.attempts.map(\.action) == [.charge])
            #expect(added.attempts.map(\.state) == [.approved])
            #expect(bench.scripted.kept == 2_000)
            let refund = try await bench.refund(order, 500, goodwill: true)
            #expect(refund.attempts.map(\.state) == [.approved])
            #expect(bench.scripted.kept == 1_500)
            let payments = try await bench.payments(order)
            #expect(payments.owed.amountMinor == 1_500)
            #expect(payments.standing == .paid)
        }
    }

    @Test("The same id again changes nothing, another body is refused with the field")
    func onceOnly() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(1, 1_000)])
            let id = EntityID.fresh
            let first = try await bench.add(order, .cardGateway, 600, id: id)
            #expect(try await bench.add(order, .cardGateway, 600, id: id) == first)
            #expect(bench.scripted.entries.count == 1)
            let other = try await status { try await bench.add(order, .cardGateway, 601, id: id) }
            #expect(other.code == .alreadyExists)
            #expect(other.message.contains("amount.amount_minor differs"))
            // Another call's id, also of another method, is no new one.
            let reused = try await status { try await bench.refund(order, 1, id: id) }
            #expect(reused.code == .alreadyExists)
            #expect(try await bench.numbers("SELECT count(*) FROM tender") == [1])
        }
    }

    @Test("A declined card is declined, may be tried again, and another tender may take its place")
    func declined() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(1, 1_000)])
            bench.scripted.script(.authorize, .decline("insufficient funds"))
            let added = try await bench.add(order, .cardGateway)
            #expect(added.attempts.map(\.state) == [.declined])
            #expect(added.attempts.map(\.reason) == ["insufficient funds"])
            let declined = try await bench.payments(order)
            #expect(declined.tenders.map(\.state) == [.declined])
            #expect(declined.uncovered.amountMinor == 1_000)
            let again = try await bench.service.authorizeTender(
                request: .with {
                    $0.authorizationID = EntityID.fresh.description
                    $0.orderID = order.description
                    $0.tenderNumber = 1
                }, context: bench.context)
            #expect(again.attempts.map(\.state) == [.approved])
            #expect(try await bench.payments(order).standing == .covered)
            #expect(
                try await bench.events(order).suffix(3) == [
                    "payment_added", "payment_declined", "payment_authorized",
                ])
        }
    }

    @Test("A cancellation lets go what is held, and gives back what was taken beyond what is owed")
    func cancelled() async throws {
        try await PaymentBench.with { bench in
            let held = try await bench.place([(2, 500)])
            _ = try await bench.add(held, .cardGateway)
            _ = try await bench.deployment.cancel(held)
            try await bench.becomes(held) { $0.tenders.map(\.state) == [.voided] }
            #expect(bench.scripted.held == 0)

            let taken = try await bench.place([(2, 500)])
            _ = try await bench.add(taken, .cash, 700)
            _ = try await bench.add(taken, .cardGateway)
            _ = try await bench.deployment.cancel(taken, [(1, 1)])
            // 500 are owed, 700 were taken in cash and 300 are held.
            try await bench.becomes(taken) { $0.standing == .paid && $0.held.amountMinor == 0 }
            let payments = try await bench.payments(taken)
            #expect(payments.tenders.map(\.state) == [.captured, .voided])
            #expect(payments.givenBack.amountMinor == 200)
            #expect(bench.scripted.kept == 0)
        }
    }

    @Test("A lower price keeps the hold and takes less; a second tender covers only the difference of a higher one")
    func amended() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(2, 500), (1, 300)])
            _ = try await bench.add(order, .cardGateway)
            _ = try await bench.deployment.cancel(order, [(2, 1)])
            try await bench.settles(order)
            #expect(bench.scripted.sum(.authorize) == 1_300)
            #expect(bench.scripted.sum(.void) == 0)
            try await bench.ship(order, 2)
            try await bench.becomes(order) { $0.standing == .paid }
            #expect(bench.scripted.kept == 1_000)
            #expect(bench.scripted.held == 0)
            // A fee, as an amendment would: only the difference is asked for.
            try await bench.change(order) { work in
                var book = try work.payments()
                book.adjust(250)
                try work.write(&book)
            }
            #expect(try await bench.payments(order).uncovered.amountMinor == 250)
            let more = try await bench.add(order, .cardGateway)
            #expect(more.amount.amountMinor == 250)
            try await bench.becomes(order) { $0.standing == .paid }
            #expect(bench.scripted.kept == 1_250)
        }
    }

    @Test("Refunds go back by refund sequence, to a named tender, and never beyond what was taken")
    func refunds() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(10, 100)])
            _ = try await bench.add(order, .cardGateway, 600, charge: 1, refund: 1)
            _ = try await bench.add(order, .cardGateway, 400, charge: 2, refund: 2)
            try await bench.ship(order, 10)
            try await bench.becomes(order) { $0.standing == .paid }
            let nothing = try await status { try await bench.refund(order) }
            #expect(nothing.code == .failedPrecondition)
            try await bench.takeBack(order, 7)
            try await bench.becomes(order) { $0.dueBack.amountMinor == 700 }
            let named = try await bench.refund(order, 100, tender: 2)
            #expect(named.attempts.map(\.tenderNumber) == [2])
            let rest = try await bench.refund(order)
            #expect(rest.attempts.map(\.tenderNumber) == [1])
            #expect(rest.attempts.map(\.amount.amountMinor) == [600])
            let beyond = try await status { try await bench.refund(order, 301, goodwill: true) }
            #expect(beyond.code == .failedPrecondition)
            let plain = try await status { try await bench.refund(order, 300) }
            #expect(plain.code == .failedPrecondition)
            _ = try await bench.refund(order, 300, goodwill: true)
            let payments = try await bench.payments(order)
            #expect(payments.tenders.map(\.state) == [.refunded, .refunded])
            #expect(payments.owed.amountMinor == 0)
            #expect(bench.scripted.kept == 0)
        }
    }

    @Test("A capture by hand is held to what is held and owed")
    func captures() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(10, 100)])
            _ = try await bench.add(order, .cardGateway, 600)
            func capture(_ minor: Int64?) async throws -> Holdfast_V1_CaptureTenderResponse {
                try await bench.service.captureTender(
                    request: .with {
                        $0.captureID = EntityID.fresh.description
                        $0.orderID = order.description
                        $0.tenderNumber = 1
                        if let minor { $0.amount = PaymentBench.money(minor) }
                    }, context: bench.context)
            }
            #expect(try await status { try await capture(601) }.code == .failedPrecondition)
            #expect(try await capture(200).attempts.map(\.state) == [.approved])
            _ = try await bench.deployment.cancel(order, [(1, 7)])
            #expect(try await status { try await capture(101) }.code == .failedPrecondition)
            #expect(try await capture(nil).attempts.map(\.amount.amountMinor) == [100])
            #expect(try await status { try await capture(nil) }.code == .failedPrecondition)
            #expect(bench.scripted.kept == 300)
        }
    }

    @Test("Amounts of 0, 2 and 3 decimals are taken and given back to the last unit", arguments: ["JPY", "GBP", "KWD"])
    func decimals(currency: String) async throws {
        try await PaymentBench.with(currency: currency) { bench in
            let order = try await bench.place([(3, 333)], currency: currency, tax: 1)
            _ = try await bench.add(order, .cardGateway, 500, currency: currency)
            _ = try await bench.add(order, .cardGateway)
            for _ in 0..<3 {
                try await bench.ship(order, 1)
                try await bench.settles(order)
            }
            var payments = try await bench.payments(order)
            #expect(payments.standing == .paid)
            #expect(payments.taken == PaymentBench.money(1_000, currency))
            #expect(bench.scripted.kept == 1_000)
            for _ in 0..<3 {
                try await bench.takeBack(order, 1)
                let back = try await bench.refund(order)
                #expect(back.attempts.allSatisfy { $0.state == .approved && $0.amount.currencyCode == currency })
            }
            payments = try await bench.payments(order)
            #expect(payments.givenBack == PaymentBench.money(1_000, currency))
            #expect(payments.tenders.map(\.state) == [.refunded, .refunded])
            #expect(bench.scripted.kept == 0)
            let wrong = try await status { try await bench.add(order, .cash, 1, currency: "USD") }
            #expect(wrong.code == .invalidArgument)
        }
    }

    @Test("An order that costs nothing has nothing to be paid")
    func nothing() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(2, 0)])
            let refused = try await status { try await bench.add(order, .cash) }
            #expect(refused.code == .failedPrecondition)
            try await bench.ship(order, 2)
            #expect(try await bench.payments(order).standing == .untracked)
            #expect(try await bench.documents(order).isEmpty)
            let zero = try await status { try await bench.add(order, .cash, 0) }
            #expect(zero.code == .invalidArgument)
        }
    }

    @Test("An order that awaits payment or owes a refund says so, alone and in lists")
    func orderStatus() async throws {
        try await PaymentBench.with { bench in
            func order(_ id: EntityID) async throws -> Holdfast_V1_OrderStatus {
                try await bench.orders.getOrder(
                    request: .with { $0.orderID = id.description }, context: bench.context
                ).order.status
            }
            func list(_ status: Holdfast_V1_OrderStatus, channel: String = "") async throws -> [String] {
                try await bench.orders.listOrders(
                    request: .with {
                        $0.status = status
                        $0.channel = channel
                    }, context: bench.context
                ).orders.map(\.orderID)
            }
            let paid = try await bench.place([(1, 1_000)])
            #expect(try await order(paid) == .open)
            _ = try await bench.add(paid, .cardGateway, 400, authorize: false)
            #expect(try await order(paid) == .awaitingPayment)
            #expect(try await list(.awaitingPayment) == [paid.description])
            #expect(try await list(.awaitingPayment, channel: "shop") == [paid.description])
            #expect(try await list(.open).isEmpty)
            _ = try await bench.service.authorizeTender(
                request: .with {
                    $0.authorizationID = EntityID.fresh.description
                    $0.orderID = paid.description
                    $0.tenderNumber = 1
                }, context: bench.context)
            #expect(try await order(paid) == .awaitingPayment)
            _ = try await bench.add(paid, .cardGateway)
            #expect(try await order(paid) == .open)
            #expect(try await list(.open) == [paid.description])
            try await bench.ship(paid, 1)
            try await bench.becomes(paid) { $0.standing == .paid }
            try await bench.takeBack(paid, 1)
            #expect(try await order(paid) == .refundDue)
            #expect(try await list(.refundDue) == [paid.description])
            _ = try await bench.refund(paid)
            #expect(try await order(paid) == .returned)
            #expect(try await list(.returned, channel: "shop") == [paid.description])
        }
    }
}
