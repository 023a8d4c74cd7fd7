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

/// All the ways in which an order gives back what it took: refunds, store credit, outside, exchanges and goodwill together.
@Suite("Given back in all ways, never more than was taken")
struct GivingBackTests {
    private static let ways: [Holdfast_V1_ReturnSettlement] = [.original, .storeCredit, .outside]

    /// Ten units at 1.00, paid in cash.
    private func sale(_ shop: ReturnBench) async throws -> EntityID {
        let order = try await shop.sell([("A", 10, 1, 0)], customer: "C-1")
        #expect(try await shop.pay(order) == 1_000)
        return order
    }

    private func goodwill(_ shop: ReturnBench, _ order: EntityID, _ minor: Int64) async throws {
        _ = try await shop.bench.payments.refundOrder(
            request: .with {
                $0.refundID = EntityID.fresh.description
                $0.orderID = order.description
                $0.amount.currencyCode = "GBP"
                $0.amount.amountMinor = minor
                $0.goodwill = true
            }, context: shop.context)
    }

    /// A return of so many units that is decided.
    private func decided(
        _ shop: ReturnBench, _ order: EntityID, _ units: Int64
    ) async throws -> Holdfast_V1_Return {
        let made = try await shop.create(order, [(1, units)])
        try await shop.receive(made, [("A", units)])
        return try await shop.inspect(made, [(1, units, .restock)])
    }

    /// What an order gave: by its tenders, and in other ways as its returns say.
    private func given(_ shop: ReturnBench, _ order: EntityID) async throws -> Int64 {
        let money = try await shop.payments(order)
        return money.givenBack.amountMinor
            + money.refunds.filter { $0.settlement != .original }.reduce(0) { $0 + $1.amount.amountMinor }
    }

    private func memos(_ shop: ReturnBench, _ order: EntityID) async throws -> [Holdfast_V1_Document] {
        let listed = try await shop.bench.payments.listDocuments(
            request: .with {
                $0.orderID = order.description
                $0.kind = .creditMemo
            }, context: shop.context
        ).documents
        var memos: [Holdfast_V1_Document] = []
        for document in listed {
            memos.append(
                try await shop.bench.payments.getDocument(
                    request: .with { $0.document = document.number }, context: shop.context
                ).document)
        }
        return memos
    }

    private func expectExact(_ shop: ReturnBench, _ location: SourceLocation = #_sourceLocation) async throws {
        #expect(try await shop.moneyIsExact(), sourceLocation: location)
        #expect(try await shop.booksAreExact(), sourceLocation: location)
        #expect(try await shop.bench.deployment.ledger.books().moneyMismatches == 0, sourceLocation: location)
    }

    // MARK: - Paid elsewhere

    @Test("An order whose return was settled before its first tender stays paid elsewhere", arguments: [false, true])
    func paidElsewhere(isOutside: Bool) async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 2, 10, 0)])
            let made = try await shop.create(order, [(1, 1)])
            try await shop.receive(made, [("A", 1)])
            _ = try await shop.inspect(made, [(1, 1, .restock)])
            _ = try await shop.settle(made, isOutside ? .outside : .original)
            let refused = try await status { try await shop.pay(order) }
            #expect(refused.code == .failedPrecondition)
            #expect(try RefusalDetails.state(of: refused) == "paid_elsewhere")
            #expect(try await shop.payments(order).standing == .untracked)
            try await expectExact(shop)
            // What is not settled yet hinders nobody.
            let open = try await shop.sell([("A", 2, 10, 0)])
            _ = try await shop.create(open, [(1, 1)])
            _ = try await shop.pay(open)
        }
    }

    // MARK: - One after the other

    @Test("Goodwill, then two returns that are settled in two ways", arguments: ways, ways)
    func goodwill(first: Holdfast_V1_ReturnSettlement, second: Holdfast_V1_ReturnSettlement) async throws {
        try await ReturnBench.with { shop in
            let order = try await sale(shop)
            try await goodwill(shop, order, 600)
            let (some, rest) = (try await decided(shop, order, 3), try await decided(shop, order, 7))
            #expect(try await shop.payments(order).dueBack.amountMinor == 400)
            #expect(try await shop.settle(some, first).settledAmount.amountMinor == 300)
            #expect(try await shop.payments(order).dueBack.amountMinor == 100)
            #expect(try await shop.settle(rest, second).settledAmount.amountMinor == 100)
            let money = try await shop.payments(order)
            #expect(money.dueBack.amountMinor == 0)
            #expect(money.standing == .paid)
            #expect(try await given(shop, order) == 1_000)
            let credits = [first, second].enumerated().filter { $0.element == .storeCredit }
            #expect(try await shop.credit("C-1") == credits.reduce(0) { $0 + [300, 100][$1.offset] })
            let more = try await status { try await goodwill(shop, order, 1) }
            #expect(more.code == .failedPrecondition)
            let again = try await status { try await shop.refund(order) }
            #expect(again.code == .failedPrecondition)
            // Each reversal has a memo, and what is not given back is what was earned.
            #expect(try await memos(shop, order).reduce(0) { $0 + $1.total.amountMinor } == 1_000)
            try await expectExact(shop)
        }
    }

    @Test(
        "Ten returns that are decided first, and ten claims, beside goodwill: the last bring nothing",
        arguments: ways)
    func many(way: Holdfast_V1_ReturnSettlement) async throws {
        try await ReturnBench.with { shop in
            let returned = try await sale(shop)
            try await goodwill(shop, returned, 600)
            var made: [Holdfast_V1_Return] = []
            for _ in 0..<10 { made.append(try await decided(shop, returned, 1)) }
            var settled: [Int64] = []
            for one in made { settled.append(try await shop.settle(one, way).settledAmount.amountMinor) }
            #expect(settled == Array(repeating: 100, count: 4) + Array(repeating: 0, count: 6))
            #expect(try await given(shop, returned) == 1_000)

            let claimed = try await sale(shop)
            try await goodwill(shop, claimed, 900)
            made = []
            for _ in 0..<10 { made.append(try await shop.claim(claimed)) }
            settled = []
            for one in made { settled.append(try await shop.settle(one, way).settledAmount.amountMinor) }
            #expect(settled == [100] + Array(repeating: 0, count: 9))
            #expect(try await given(shop, claimed) == 1_000)
            #expect(try await shop.credit("C-1") == (way == .storeCredit ? 500 : 0))
            try await expectExact(shop)
        }
    }

    @Test("A return above what is due gives the smaller sum, in every way, and nothing stays due", arguments: ways)
    func whole(way: Holdfast_V1_ReturnSettlement) async throws {
        try await ReturnBench.with { shop in
            let order = try await sale(shop)
            try await goodwill(shop, order, 600)
            let made = try await decided(shop, order, 10)
            let settled = try await shop.settle(made, way)
            #expect(settled.settledAmount.amountMinor == 400)
            #expect(settled.settlement == way)
            #expect(try await shop.payments(order).dueBack.amountMinor == 0)
            #expect(try await shop.order(order).status != .refundDue)
            let more = try await status { try await shop.refund(order) }
            #expect(more.code == .failedPrecondition)
            try await expectExact(shop)
        }
    }

    @Test("What was given otherwise is not there for goodwill", arguments: ways)
    func afterwards(way: Holdfast_V1_ReturnSettlement) async throws {
        try await ReturnBench.with { shop in
            let order = try await sale(shop)
            _ = try await shop.settle(try await decided(shop, order, 7), way)
            let more = try await status { try await goodwill(shop, order, 301) }
            #expect(more.code == .failedPrecondition)
            try await goodwill(shop, order, 300)
            #expect(try await given(shop, order) == 1_000)
            try await expectExact(shop)
        }
    }

    @Test("Beside goodwill no more goes into an exchange than is left, before the return is decided and after it")
    func exchanged() async throws {
        try await ReturnBench.with { shop in
            for decidesFirst in [false, true] {
                let order = try await sale(shop)
                try await goodwill(shop, order, 600)
                var made = try await shop.create(order, [(1, 10)])
                let id = EntityID.fresh
                if !decidesFirst { made = try await shop.exchange(made, [("C", 1, 10)], id: id) }
                try await shop.receive(made, [("A", 10)])
                made = try await shop.inspect(made, [(1, 10, .restock)])
                if decidesFirst { made = try await shop.exchange(made, [("C", 1, 10)], id: id) }
                #expect(made.exchange.credited.amountMinor == 400)
                #expect(made.exchange.toPay.amountMinor == 600)
                #expect(try await shop.payments(order).dueBack.amountMinor == 0)
                let more = try await status { try await goodwill(shop, order, 1) }
                #expect(more.code == .failedPrecondition)
                // Of the rest nothing is there to be settled.
                #expect(try await shop.settle(made, .storeCredit).settledAmount.amountMinor == 0)
                #expect(try await given(shop, order) == 1_000)
                #expect(try await shop.credit("C-1") == 0)
            }
            try await expectExact(shop)
        }
    }

    // MARK: - At once

    @Test("However many ask at once, in whichever ways: all of it together is what was taken")
    func atOnce() async throws {
        try await ReturnBench.with { shop in
            let order = try await sale(shop)
            try await goodwill(shop, order, 150)
            var made: [Holdfast_V1_Return] = []
            for _ in 0..<10 { made.append(try await decided(shop, order, 1)) }
            let returns = made
            await withTaskGroup(of: Void.self) { group in
                for (index, one) in returns.enumerated() {
                    group.addTask {
                        _ = try? await CallerContext.$current.withValue(.anonymous) {
                            try await shop.settle(one, Self.ways[index % Self.ways.count])
                        }
                    }
                    group.addTask {
                        _ = try? await CallerContext.$current.withValue(.anonymous) {
                            try await goodwill(shop, order, 75)
                        }
                    }
                }
            }
            #expect(try await given(shop, order) == 1_000)
            let money = try await shop.payments(order)
            #expect(money.dueBack.amountMinor == 0)
            #expect(money.standing == .paid)
            #expect(try await memos(shop, order).reduce(0) { $0 + $1.total.amountMinor } == 1_000)
            try await expectExact(shop)
        }
    }

    // MARK: - Documents and books

    @Test("Every way has its credit memo: the money outside with its reference, the exchange with its order")
    func documents() async throws {
        try await ReturnBench.with { shop in
            let order = try await sale(shop)
            for way in Self.ways { _ = try await shop.settle(try await decided(shop, order, 2), way) }
            let made = try await shop.create(order, [(1, 3)])
            let id = EntityID.fresh
            _ = try await shop.exchange(made, [("C", 1, 3)], id: id)
            try await shop.receive(made, [("A", 3)])
            #expect(try await shop.inspect(made, [(1, 3, .restock)]).settlement == .exchange)
            let documents = try await memos(shop, order)
            #expect(documents.map(\.total.amountMinor).sorted() == [200, 200, 200, 300])
            let texts = documents.map(\.text)
            #expect(texts.filter { $0.contains("given back outside (4711)  2.00 GBP") }.count == 1)
            #expect(texts.filter { $0.contains("given back by exchange (\(id))  3.00 GBP") }.count == 1)
            #expect(texts.filter { $0.contains("given back by store_credit  2.00 GBP") }.count == 1)
            #expect(texts.filter { $0.contains("given back by cash  2.00 GBP") }.count == 1)
            #expect(documents.filter { $0.json.contains(#""kind":"outside","label":"4711""#) }.count == 1)
            // Documents add up to what the order has for good.
            let all = try await shop.bench.payments.listDocuments(
                request: .with { $0.orderID = order.description }, context: shop.context
            ).documents
            let net = all.reduce(0) { $0 + ($1.kind == .creditMemo ? -1 : 1) * $1.total.amountMinor }
            #expect(net == 100)
            try await expectExact(shop)
        }
    }

    @Test("The books find an order that gave back what no return says")
    func books() async throws {
        try await ReturnBench.with { shop in
            let order = try await sale(shop)
            _ = try await shop.settle(try await decided(shop, order, 4), .outside)
            #expect(try await shop.bench.deployment.ledger.books().moneyMismatches == 0)
            try await shop.bench.deployment.run(
                "UPDATE order_money SET given_otherwise = 401 WHERE order_id = '\(order)'")
            let answer = try await shop.bench.operations.checkBooks(request: .init(), context: shop.context)
            #expect(answer.moneyMismatches == 1)
            #expect(!answer.agree)
            // PostgreSQL itself keeps more from being given than was taken.
            await #expect(throws: (any Error).self) {
                try await shop.bench.deployment.run(
                    "UPDATE order_money SET given_otherwise = 1001 WHERE order_id = '\(order)'")
            }
        }
    }
}
