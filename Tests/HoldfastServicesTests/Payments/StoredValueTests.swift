import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import OrderProcessing
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger

@Suite("Store credit and gift cards")
struct StoredValueTests {
    private func issue(
        _ bench: PaymentBench, _ minor: Int64, customer: String = "", id: EntityID = .fresh, currency: String = "GBP"
    ) async throws -> Holdfast_V1_IssueStoredValueResponse {
        try await bench.service.issueStoredValue(
            request: .with {
                $0.issueID = id.description
                $0.kind = customer.isEmpty ? .giftCard : .storeCredit
                $0.customerID = customer
                $0.amount = PaymentBench.money(minor, currency)
                $0.reason = "test"
            }, context: bench.context)
    }

    private func balance(_ bench: PaymentBench, _ account: String) async throws -> Int64 {
        try await bench.service.getStoredValue(
            request: .with { $0.accountID = account }, context: bench.context
        ).account.balance.amountMinor
    }

    @Test("A gift card's code is told once, found by what people type, and stored nowhere")
    func code() async throws {
        try await PaymentBench.with { bench in
            let id = EntityID.fresh
            let first = try await issue(bench, 5_000, id: id)
            #expect(GiftCardCode(first.giftCardCode)?.text == first.giftCardCode)
            #expect(first.account.balance.amountMinor == 5_000)
            let again = try await issue(bench, 5_000, id: id)
            #expect(again.giftCardCode.isEmpty)
            #expect(again.account == first.account)
            let other = try await status { try await issue(bench, 5_001, id: id) }
            #expect(other.code == .alreadyExists)
            let typed = first.giftCardCode.lowercased().replacing("-", with: " ")
            let found = try await bench.service.getStoredValue(
                request: .with { $0.giftCardCode = typed }, context: bench.context)
            #expect(found.account.accountID == id.description)
            let order = try await bench.place([(1, 1_000)], goodsInHand: true)
            _ = try await bench.add(order, .giftCard, code: typed)
            #expect(try await balance(bench, id.description) == 4_000)
            let plain = first.giftCardCode.replacing("-", with: "")
            for table in ["idempotency", "stored_value_account", "stored_value_entry", "tender", "payment_attempt"] {
                for text in [plain, first.giftCardCode, typed] {
                    let found = try await bench.numbers(
                        "SELECT count(*) FROM \(table) t WHERE position(convert_to('\(text)', 'UTF8') IN convert_to(t::text, 'UTF8')) > 0"
                    )
                    #expect(found == [0], "\(table)")
                }
            }
            #expect(
                try await bench.numbers(
                    "SELECT count(*) FROM idempotency WHERE position('\(typed)'::bytea IN request) > 0") == [0])
            let wrong = try await status {
                try await bench.service.getStoredValue(
                    request: .with { $0.giftCardCode = "0000-0000-0000-0000-0000" }, context: bench.context)
            }
            #expect(wrong.code == .notFound)
        }
    }

    @Test("A gift card that many spend at once is never overdrawn, and its entries add up")
    func doubleSpend() async throws {
        try await PaymentBench.with { bench in
            let card = try await issue(bench, 1_000)
            var orders: [EntityID] = []
            for _ in 0..<12 { orders.append(try await bench.place([(1, 300)], goodsInHand: true)) }
            let spent = await withTaskGroup(of: Int64.self) { [orders] group in
                for order in orders {
                    group.addTask {
                        do {
                            return try await bench.add(order, .giftCard, code: card.giftCardCode).amount.amountMinor
                        } catch {
                            return 0
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 }
            }
            #expect(spent == 900)
            #expect(try await balance(bench, card.account.accountID) == 100)
            #expect(
                try await bench.numbers("SELECT sum(amount)::int8 FROM stored_value_entry")
                    == bench.numbers("SELECT sum(balance)::int8 FROM stored_value_account"))
            // A refused one leaves no tender behind.
            #expect(try await bench.numbers("SELECT count(*) FROM tender") == [3])
            let refused = try await bench.place([(1, 300)], goodsInHand: true)
            let short = try await status { try await bench.add(refused, .giftCard, code: card.giftCardCode) }
            #expect(short.code == .failedPrecondition)
            #expect(short.message.contains("100 are there"))
            #expect(try await bench.payments(refused).standing == .untracked)
        }
    }

    @Test("Store credit pays its customer's orders in its currency, and refunds go back to it")
    func credit() async throws {
        try await PaymentBench.with { bench in
            let account = try await issue(bench, 700, customer: "C-17").account
            #expect(try await issue(bench, 300, customer: "C-17").account.accountID == account.accountID)
            let order = try await bench.place([(2, 400)], customer: "C-17")
            let added = try await bench.add(order, .storeCredit)
            #expect(added.amount.amountMinor == 800)
            #expect(try await balance(bench, account.accountID) == 200)
            _ = try await bench.deployment.cancel(order, [(1, 1)])
            try await bench.becomes(order) { $0.givenBack.amountMinor == 400 }
            #expect(try await balance(bench, account.accountID) == 600)
            let shown = try await bench.service.getStoredValue(
                request: .with {
                    $0.customerID = "C-17"
                    $0.currencyCode = "GBP"
                }, context: bench.context)
            #expect(shown.entries.map(\.amount.amountMinor) == [400, -800, 300, 700])
            #expect(shown.entries.map(\.sequence) == [4, 3, 2, 1])
            #expect(shown.entries.map(\.orderID) == [order.description, order.description, "", ""])
            // Who may not see the order sees what it did to the balance, not what it was.
            let clerk = Caller(
                id: "key:x", name: "", roles: [.support], scope: Scope(channels: ["other"], locations: nil))
            let outside = try await CallerContext.$current.withValue(clerk) {
                try await bench.service.getStoredValue(
                    request: .with { $0.accountID = account.accountID }, context: bench.context)
            }
            #expect(outside.entries.map(\.amount.amountMinor) == [400, -800, 300, 700])
            #expect(outside.entries.map(\.orderID) == ["", "", "", ""])
            #expect(outside.entries.map(\.causeID.isEmpty) == [true, true, false, false])
            let stranger = try await bench.place([(1, 100)], customer: "C-18")
            #expect(try await status { try await bench.add(stranger, .storeCredit) }.code == .notFound)
            let nobody = try await bench.place([(1, 100)])
            #expect(try await status { try await bench.add(nobody, .storeCredit) }.code == .failedPrecondition)
        }
    }

    @Test("What is due back can become store credit: the order keeps the money and owes nothing, with a memo")
    func creditedInstead() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(2, 400)], customer: "C-9")
            _ = try await bench.add(order, .cardGateway)
            try await bench.ship(order, 2)
            try await bench.becomes(order) { $0.standing == .paid }
            try await bench.takeBack(order, 1)
            await #expect(throws: Refusal.self) {
                try await bench.change(order) { work in
                    var book = try work.payments()
                    try book.credit(401, of: work)
                    try work.write(&book)
                }
            }
            try await bench.change(order) { work in
                var book = try work.payments()
                try book.credit(400, of: work)
                try work.write(&book)
            }
            let payments = try await bench.payments(order)
            #expect(payments.standing == .paid)
            #expect(payments.dueBack.amountMinor == 0)
            #expect(bench.scripted.kept == 800)
            let shown = try await bench.service.getStoredValue(
                request: .with {
                    $0.customerID = "C-9"
                    $0.currencyCode = "GBP"
                }, context: bench.context)
            #expect(shown.account.balance.amountMinor == 400)
            #expect(shown.entries.map(\.orderID) == [order.description])
            #expect(try await bench.documents(order).map(\.kind) == [.invoice, .creditMemo])
        }
    }

    @Test("A balance is changed by hand with a reason, and never falls below nothing")
    func adjusting() async throws {
        try await PaymentBench.with { bench in
            let account = try await issue(bench, 500, customer: "C-1").account
            func adjust(_ minor: Int64, id: EntityID = .fresh, currency: String = "GBP") async throws
                -> Holdfast_V1_AdjustStoredValueResponse
            {
                try await bench.service.adjustStoredValue(
                    request: .with {
                        $0.adjustmentID = id.description
                        $0.accountID = account.accountID
                        $0.amount = PaymentBench.money(minor, currency)
                        $0.reason = "counted"
                    }, context: bench.context)
            }
            let id = EntityID.fresh
            #expect(try await adjust(-200, id: id).account.balance.amountMinor == 300)
            #expect(try await adjust(-200, id: id).account.balance.amountMinor == 300)
            #expect(try await status { try await adjust(-301) }.code == .failedPrecondition)
            #expect(try await status { try await adjust(1, currency: "JPY") }.code == .failedPrecondition)
            #expect(try await status { try await adjust(0) }.code == .invalidArgument)
            #expect(try await balance(bench, account.accountID) == 300)
        }
    }

    @Test("What was issued or adjusted under an id is not booked again when its answer is forgotten")
    func forgotten() async throws {
        try await PaymentBench.with { bench in
            let (credit, card, adjustment) = (EntityID.fresh, EntityID.fresh, EntityID.fresh)
            let account = try await issue(bench, 700, customer: "C-17", id: credit).account
            let issued = try await issue(bench, 500, id: card).account
            let adjust = Holdfast_V1_AdjustStoredValueRequest.with {
                $0.adjustmentID = adjustment.description
                $0.accountID = account.accountID
                $0.amount = PaymentBench.money(-200)
                $0.reason = "counted"
            }
            _ = try await bench.service.adjustStoredValue(request: adjust, context: bench.context)
            // What is still remembered is answered.
            #expect(try await issue(bench, 700, customer: "C-17", id: credit).account == account)
            try await bench.run("UPDATE idempotency SET created_at = now() - interval '8 days'")
            while try await bench.deployment.ledger.prune(.idempotency, olderThan: 7 * 86_400, limit: 100) > 0 {}
            for refusal in [
                try await status { try await issue(bench, 700, customer: "C-17", id: credit) },
                try await status { try await issue(bench, 500, id: card) },
                try await status {
                    try await bench.service.adjustStoredValue(request: adjust, context: bench.context)
                },
            ] {
                #expect(refusal.code == .failedPrecondition)
                #expect(refusal.message.contains("already"))
            }
            #expect(try await balance(bench, account.accountID) == 500)
            #expect(try await balance(bench, issued.accountID) == 500)
            #expect(try await issue(bench, 300, customer: "C-17").account.balance.amountMinor == 800)
        }
    }
}
