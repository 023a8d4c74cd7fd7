import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import PostgresClient
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("Returns")
struct ReturnTests {
    // MARK: - The way of a return

    @Test("Goods, decision and money are three steps, each told; what is restocked is sold again")
    func way() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 3, 330_000_000), ("POST", 1, 5, 0)])
            let made = try await shop.create(order, [(1, 2)])
            #expect(made.state == .approved)
            #expect(made.number == "R1")
            #expect(made.lines.map(\.rule) == ["all"])
            #expect(made.lines[0].terms.windowDays == 30)
            #expect(made.hasExpiresAt)
            #expect(made.events.map(\.type) == ["request", "approve"])
            #expect(try await shop.bench.deployment.available("A") == 97)

            // Goods: nothing is refunded, and nothing can be sold yet.
            let received = try await shop.receive(made, [("A", 2)], at: "LDN-1")
            #expect(received.state == .received)
            #expect(received.lines[0].received == 2)
            #expect(received.refund.amountMinor == 0)
            #expect(received.location == "LDN-1")
            #expect(try await shop.order(order).lines[0].quantities.map(\.status) == [.delivered])
            #expect(try await shop.bench.deployment.available("A") == 97)

            // Decision: stock and the amount that is due.
            let inspected = try await shop.inspect(
                received, [(1, 1, .restock), (1, 1, .restockSecondGrade)])
            #expect(inspected.state == .decided)
            #expect(inspected.refund.amountMinor == 666)
            #expect(inspected.inspections.map(\.refund.amountMinor) == [333, 333])
            let line = try await shop.order(order).lines[0]
            #expect(line.quantities.map(\.status.rawValue) == [2, 9])
            #expect(line.quantities.map(\.quantity) == [1, 2])
            #expect(try await shop.bench.deployment.available("A") == 98)
            #expect(try await shop.bench.deployment.available("A", "LDN-1") == 1)
            #expect(try await shop.bench.deployment.available("A-B", "LDN-1") == 1)
            #expect(try await shop.money(order) == [999, 666, 0])
            #expect(try await shop.booksAreExact())

            // Money.
            let settled = try await shop.settle(inspected)
            #expect(settled.state == .settled)
            #expect(settled.settlement == .outside)
            #expect(settled.settlementReference == "4711")
            #expect(settled.events.map(\.sequence) == [1, 2, 3, 4, 5, 6])
            #expect(
                settled.events.map(\.type) == ["request", "approve", "receive", "inspect", "dispose", "settle"])
            #expect(
                try await shop.order(order).events.map(\.type) == [
                    "placed", "return_requested", "return_approved", "return_received", "return_inspected",
                    "return_decided", "return_settled",
                ])
            let read = try await shop.bench.returns.getReturn(
                request: .with { $0.number = "R1" }, context: shop.context)
            #expect(read.returnOrder == settled)
            let listed = try await shop.bench.returns.listReturns(
                request: .with {
                    $0.state = .settled
                    $0.orderID = order.description
                }, context: shop.context)
            #expect(listed.returns.map(\.number) == ["R1"])
            #expect(listed.returns[0].lines.isEmpty)
        }
    }

    @Test(
        "Each disposition has its effect on stock, and the books are exact after it",
        arguments: [
            (Holdfast_V1_Disposition.restock, 98, 0), (.restockSecondGrade, 97, 1), (.refurbish, 97, 0),
            (.returnToVendor, 97, 0), (.scrap, 97, 0), (.donate, 97, 0), (.keep, 97, 0),
        ] as [(Holdfast_V1_Disposition, Int64, Int64)])
    func dispositions(what: Holdfast_V1_Disposition, first: Int64, second: Int64) async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 1, 0)])
            let made = try await shop.create(order, [(1, 1)])
            try await shop.receive(made, [("A", 1)])
            let inspected = try await shop.inspect(made, [(1, 1, what)])
            #expect(inspected.refund.amountMinor == 100)
            #expect(try await shop.bench.deployment.available("A") == first)
            #expect(try await shop.bench.deployment.available("A-B") == second)
            #expect(try await shop.booksAreExact())
            let kinds = try await shop.bench.deployment.numbers(
                "SELECT kind::int8 FROM stock_movement WHERE kind >= 20 ORDER BY sequence")
            let leaving: [Holdfast_V1_Disposition: [Int64]] = [
                .restock: [20], .restockSecondGrade: [20], .refurbish: [20, 21], .returnToVendor: [20, 22],
                .scrap: [20, 23], .donate: [20, 24], .keep: [],
            ]
            #expect(kinds == leaving[what])
        }
    }

    @Test("Without a product of its own, second grade lies in cells that are not sold")
    func secondGradePool() async throws {
        try await ReturnBench.with(suffix: "") { shop in
            let order = try await shop.sell([("C", 2, 1, 0)])
            let made = try await shop.create(order, [(1, 2)])
            try await shop.receive(made, [("C", 2)])
            _ = try await shop.inspect(made, [(1, 2, .restockSecondGrade)])
            #expect(try await shop.bench.deployment.available("C") == 98)
            #expect(try await shop.bench.deployment.numbers("SELECT on_hand FROM cell WHERE pool = 101") == [2])
            #expect(try await shop.booksAreExact())
        }
        // With a suffix and no such product, nothing is done.
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("C", 1, 1, 0)])
            let made = try await shop.create(order, [(1, 1)])
            try await shop.receive(made, [("C", 1)])
            let refused = try await status { try await shop.inspect(made, [(1, 1, .restockSecondGrade)]) }
            #expect(refused.code == .notFound)
            #expect(refused.message.contains("C-B"))
            #expect(try await shop.inspect(made, [(1, 1, .scrap)]).state == .decided)
        }
    }

    @Test("Articles that are not tracked come back without stock")
    func untracked() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("POST", 2, 5, 0)])
            #expect(try await shop.takeBack(order, [(1, 2)], sku: "POST") == 1_000)
            #expect(
                try await shop.bench.deployment.numbers("SELECT count(*) FROM stock_movement WHERE kind >= 20") == [0])
            #expect(try await shop.booksAreExact())
        }
    }

    // MARK: - Receiving

    @Test("Less, more and something else than was announced is told, and belongs to no line")
    func variances() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 1, 0), ("A", 2, 2, 0), ("C", 1, 5, 0)])
            let made = try await shop.create(order, [(1, 2), (2, 1), (3, 1)])
            let part = try await shop.receive(made, [("A", 1)])
            #expect(part.state == .partlyReceived)
            #expect(part.lines.map(\.received) == [1, 0, 0])
            let rest = try await shop.receive(
                part, [("A", 3), ("A-B", 1), ("NEVER-HEARD", 2)], at: "LDN-1", last: true)
            #expect(rest.state == .received)
            #expect(rest.lines.map(\.received) == [2, 1, 0])
            #expect(rest.variances.map(\.kind) == [.more, .wrongItem, .wrongItem, .less])
            #expect(rest.variances.map(\.sku) == ["A", "A-B", "NEVER-HEARD", "C"])
            #expect(rest.variances.map(\.quantity) == [1, 1, 2, 1])
            #expect(rest.variances.map(\.location) == ["LDN-1", "LDN-1", "LDN-1", ""])
            // What did not come may be asked for again at once.
            #expect(try await shop.create(order, [(3, 1)]).state == .approved)
            // Every unit that came must be inspected, and no other.
            let few = try await status { try await shop.inspect(rest, [(1, 2, .restock)]) }
            #expect(few.code == .failedPrecondition)
            let many = try await status {
                try await shop.inspect(rest, [(1, 2, .restock), (2, 1, .restock), (3, 1, .restock)])
            }
            #expect(many.code == .failedPrecondition)
            let none = try await status { try await shop.inspect(rest, [(4, 1, .restock)]) }
            #expect(none.code == .invalidArgument)
            let decided = try await shop.inspect(rest, [(1, 2, .restock), (2, 1, .restock)])
            #expect(decided.refund.amountMinor == 400)
            // Units went to the places where they came in.
            #expect(try await shop.bench.deployment.available("A", "DC") == 96)
            #expect(try await shop.bench.deployment.available("A", "LDN-1") == 2)
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("A receipt can be closed, and goods that came refused: units are the customer's again")
    func closing() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 1, 0)])
            let made = try await shop.create(order, [(1, 3)])
            try await shop.receive(made, [("A", 1)])
            let closed = try await shop.change(made, .closeReceipt)
            #expect(closed.state == .received)
            #expect(closed.variances.map(\.kind) == [.less])
            #expect(try await shop.create(order, [(1, 2)]).state == .approved)
            let taken = try await status { try await shop.create(order, [(1, 1)]) }
            #expect(taken.message.contains("0 are delivered and in no other return"))
            let refused = try await shop.change(made, .refuse)
            #expect(refused.state == .refused)
            #expect(try await shop.create(order, [(1, 1)]).state == .approved)
            #expect(try await shop.money(order).isEmpty)
        }
    }

    // MARK: - Rules

    @Test("The rules refuse by name, and a version stays what it was")
    func rules() async throws {
        let rules = [
            ReturnBench.rule("no c") {
                $0.articles = ["C*"]
                $0.clearTerms()
            },
            ReturnBench.rule("faulty") {
                $0.reasons = [.defective]
                $0.terms.windowDays = 730
            },
            ReturnBench.rule("new only") { $0.terms.conditions = [.unopened] },
        ]
        try await ReturnBench.with(rules: []) { shop in
            let order = try await shop.sell([("A", 2, 1, 0), ("C", 1, 1, 0)])
            func state(_ request: Holdfast_V1_CreateReturnRequest) async throws -> String? {
                let status = try await status { try await shop.create(request) }
                #expect(status.code == .failedPrecondition)
                return try RefusalDetails.state(of: status)
            }
            #expect(try await state(ReturnBench.request(order, [(1, 1)])) == "NO_RULE")
            let absent = try await status {
                try await shop.bench.returns.getReturnRules(request: .init(), context: shop.context)
            }
            #expect(absent.code == .notFound)
            #expect(try await shop.set(rules) == 1)
            #expect(try await state(ReturnBench.request(order, [(2, 1)])) == "EXCLUDED")
            #expect(try await state(ReturnBench.request(order, [(1, 1)])) == "CONDITION")
            // All lines or none.
            #expect(
                try await state(ReturnBench.request(order, [(1, 1), (2, 1)], condition: .unopened)) == "EXCLUDED")
            let made = try await shop.create(
                ReturnBench.request(order, [(1, 1)], reason: .defective, condition: .used))
            #expect(made.lines[0].rule == "faulty")
            #expect(made.lines[0].terms.windowDays == 730)
            #expect(try await shop.set([ReturnBench.rule("nothing") { $0.clearTerms() }]) == 2)
            #expect(try await state(ReturnBench.request(order, [(1, 1)])) == "EXCLUDED")
            let read = try await shop.bench.returns.getReturn(
                request: .with { $0.returnID = made.returnID }, context: shop.context)
            #expect(read.returnOrder == made)
            let first = try await shop.bench.returns.getReturnRules(
                request: .with { $0.version = 1 }, context: shop.context)
            #expect(first.rules == rules.map { Self.normal($0) })
            #expect(first.timeZone == "Europe/London")
            let zone = try await status { try await shop.set(rules, zone: "Europe/Atlantis") }
            #expect(zone.code == .invalidArgument)
        }
    }

    /// A rule as it is told: with the values that stand for what was left out.
    @Test("A rule for a channel that does not exist is refused: it would never apply")
    func unknownChannel() async throws {
        try await ReturnBench.with(rules: []) { shop in
            let refusal = try await status {
                try await shop.set([
                    ReturnBench.rule("first"), ReturnBench.rule("second") { $0.channels = ["web", "WBE"] },
                ])
            }
            #expect(refusal.code == .invalidArgument)
            let violations = try #require(try Details(refusal).badRequest?.violations)
            #expect(violations.map(\.field) == ["rules[1].channels"])
            #expect(violations[0].violationDescription == "no channel has the code WBE")
            #expect(try await shop.set([ReturnBench.rule("first") { $0.channels = ["web"] }]) == 1)
        }
    }

    private static func normal(_ rule: Holdfast_V1_ReturnRule) -> Holdfast_V1_ReturnRule {
        guard rule.hasTerms else { return rule }
        var rule = rule
        rule.terms.arrivalDays = 30
        rule.terms.labelPayer = .customer
        rule.terms.refundWay = .original
        return rule
    }

    @Test("A window counts days of the rules' zone: across midnight, and where clocks change")
    func window() async throws {
        // London's clocks went back on 25 October 2026: 23:30 UTC of the day before is half past midnight there.
        let late = Google_Protobuf_Timestamp(seconds: 1_792_884_600)
        try await ReturnBench.with(rules: []) { shop in
            func days(_ zone: String) async throws -> Int64 {
                try #require(
                    try await shop.bench.deployment.numbers(
                        "SELECT (now() AT TIME ZONE '\(zone)')::date - DATE '2026-10-24'"
                    ).first)
            }
            let order = try await shop.sell([("A", 9, 1, 0)], at: late)
            // The day in London is the 25th, in UTC the 24th, in Kiritimati, 14 hours ahead, the 25th.
            for (zone, first) in [("Europe/London", 1), ("UTC", 0), ("Pacific/Kiritimati", 1)] as [(String, Int64)] {
                let passed = try await days(zone) - first
                guard passed > 0 else { continue }
                _ = try await shop.set(
                    [ReturnBench.rule { $0.terms.windowDays = Int32(passed) }], zone: zone)
                #expect(try await shop.create(order, [(1, 1)]).state == .approved, "\(zone)")
                _ = try await shop.set(
                    [ReturnBench.rule { $0.terms.windowDays = Int32(passed - 1) }], zone: zone)
                let over = try await status { try await shop.create(order, [(1, 1)]) }
                #expect(try RefusalDetails.state(of: over) == "WINDOW_OVER", "\(zone)")
            }
        }
    }

    @Test("A return that must be approved waits, and may be declined")
    func approval() async throws {
        try await ReturnBench.with(rules: [ReturnBench.rule { $0.terms.needsApproval = true }]) { shop in
            let order = try await shop.sell([("A", 2, 1, 0)])
            let made = try await shop.create(order, [(1, 2)])
            #expect(made.state == .requested)
            let early = try await status { try await shop.receive(made, [("A", 2)]) }
            #expect(early.code == .failedPrecondition)
            let approved = try await shop.change(made, .approve)
            #expect(approved.state == .approved)
            #expect(approved.hasExpiresAt)
            let late = try await status { try await shop.change(made, .decline) }
            #expect(late.code == .failedPrecondition)
            #expect(try await shop.change(made, .cancel).state == .cancelled)
            let again = try await shop.create(order, [(1, 2)])
            #expect(try await shop.change(again, .decline).state == .declined)
            #expect(try await shop.create(order, [(1, 2)]).state == .requested)
        }
    }

    // MARK: - Money

    @Test(
        "Partial returns in any order add up to what was earned, in 0, 2 and 3 decimals",
        arguments: ["JPY", "GBP", "KWD"])
    func parts(currency: String) async throws {
        try await ReturnBench.with { shop in
            _ = try await shop.bench.catalog.upsertChannels(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.channels = [
                        .with {
                            $0.code = "money"
                            $0.currencyCode = currency
                        }
                    ]
                }, context: shop.context)
            // 7 units for a price that does not divide, and a tax of 1 that prices do not include.
            let decimals = try #require(Currency(code: currency)).decimals
            let order = try await shop.sell(
                [("A", 7, decimals == 0 ? 14 : 1, decimals == 0 ? 285_714_286 : 428_571_429)], channel: "money",
                currency: currency, tax: 1)
            let total = try await shop.order(order).total.amountMinor
            #expect(total == (decimals == 0 ? 101 : decimals == 2 ? 1_001 : 10_001))
            var parts: [Int64] = []
            for quantity in [2, 1, 3, 1] as [Int64] {
                parts.append(try await shop.takeBack(order, [(1, quantity)]))
            }
            #expect(parts.reduce(0, +) == total)
            #expect(try await shop.money(order) == [total, total, 0])
            #expect(try await shop.order(order).lines[0].quantities.map(\.status.rawValue) == [9])
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("Fees and shares are taken off, once, and never beyond the value")
    func fees() async throws {
        let rules = [
            ReturnBench.rule("goods") {
                $0.articles = ["A*"]
                $0.terms.fee = .with {
                    $0.currencyCode = "GBP"
                    $0.amountMinor = 295
                }
                $0.terms.shares = [
                    .with {
                        $0.disposition = .scrap
                        $0.basisPoints = 5_000
                    }
                ]
            },
            ReturnBench.rule("others") { $0.terms.feeBasisPoints = 1_000 },
        ]
        try await ReturnBench.with(rules: rules) { shop in
            let order = try await shop.sell([("A", 3, 3, 330_000_000), ("C", 1, 9, 990_000_000)])
            let made = try await shop.create(order, [(1, 2), (2, 1)])
            #expect(made.fee.amountMinor == 295)
            try await shop.receive(made, [("A", 2), ("C", 1)])
            let decided = try await shop.inspect(made, [(1, 1, .restock), (1, 1, .scrap), (2, 1, .restock)])
            // 333 − 295, half of 333 rounded up, nine tenths of 999.
            #expect(decided.inspections.map(\.refund.amountMinor) == [38, 167, 899])
            #expect(decided.refund.amountMinor == 1_104)
            #expect(decided.lines.map(\.value.amountMinor) == [666, 999])
            #expect(try await shop.money(order) == [999, 205, 461])
            #expect(try await shop.money(order, line: 2) == [999, 899, 100])
            // The last unit is worth what is left of the line, not more for what was withheld; the fee eats it up.
            let small = try await shop.create(order, [(1, 1)])
            try await shop.receive(small, [("A", 1)])
            let last = try await shop.inspect(small, [(1, 1, .scrap)])
            #expect(last.lines[0].value.amountMinor == 333)
            #expect(last.refund.amountMinor == 0)
            #expect(last.state == .settled)
            #expect(last.settlement == .nothingDue)
        }
    }

    @Test("An id that has given back to one order settles no return of another")
    func idOfRefund() async throws {
        try await ReturnBench.with { shop in
            let (other, order) = (
                try await shop.sell([("A", 1, 3, 0)]), try await shop.sell([("A", 1, 3, 0)])
            )
            try await shop.pay(other)
            try await shop.pay(order)
            let (id, unused) = (EntityID.fresh, EntityID.fresh)
            _ = try await shop.bench.payments.refundOrder(
                request: .with {
                    $0.refundID = id.description
                    $0.orderID = other.description
                    $0.amount.currencyCode = "GBP"
                    $0.amount.amountMinor = 100
                    $0.goodwill = true
                    $0.reason = "late"
                }, context: shop.context)
            let made = try await shop.create(order, [(1, 1)])
            try await shop.receive(made, [("A", 1)])
            let decided = try await shop.inspect(made, [(1, 1, .restock)])
            let refusal = try await status { try await shop.settle(decided, .original, id: id) }
            #expect(refusal.code == .alreadyExists)
            #expect(try Details(refusal).info?.reason == "ID_REUSED")
            #expect(try await shop.get(made).state == .decided)
            #expect(try await shop.settle(decided, .original, id: unused).state == .settled)
            // And the other way round.
            let back = try await status {
                try await shop.bench.payments.refundOrder(
                    request: .with {
                        $0.refundID = unused.description
                        $0.orderID = other.description
                        $0.amount.currencyCode = "GBP"
                        $0.amount.amountMinor = 50
                        $0.goodwill = true
                        $0.reason = "late"
                    }, context: shop.context)
            }
            #expect(back.code == .alreadyExists)
            #expect(try await shop.payments(other).givenBack.amountMinor == 100)
        }
    }

    @Test("Goods that were free come back for nothing, and are settled by themselves")
    func free() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 1, 0, 0)])
            let made = try await shop.create(order, [(1, 1)])
            try await shop.receive(made, [("A", 1)])
            let decided = try await shop.inspect(made, [(1, 1, .restock)])
            #expect(decided.state == .settled)
            #expect(decided.settlement == .nothingDue)
            #expect(try await shop.bench.deployment.available("A") == 100)
        }
    }

    @Test("A claim pays for goods that stay, once")
    func claims() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 3, 333_333_333)])
            let claim = try await shop.bench.returns.createClaim(
                request: .with {
                    $0.returnID = EntityID.fresh.description
                    $0.orderID = order.description
                    $0.reason = .damagedInTransit
                    $0.basisPoints = 4_000
                    $0.lines = [
                        .with {
                            $0.orderLineNumber = 1
                            $0.quantity = 1
                        }
                    ]
                }, context: shop.context
            ).returnOrder
            #expect(claim.state == .decided)
            #expect(claim.claim)
            #expect(claim.lines[0].value.amountMinor == 333)
            #expect(claim.refund.amountMinor == 133)
            #expect(try await shop.order(order).lines[0].quantities.map(\.status) == [.delivered])
            let more = try await status { try await shop.create(order, [(1, 3)]) }
            #expect(try RefusalDetails.state(of: more) == "returnable=2")
            #expect(try await shop.takeBack(order, [(1, 2)]) == 667)
            #expect(try await shop.money(order) == [1_000, 800, 200])
            #expect(try await shop.settle(claim).state == .settled)
            // What was claimed stays claimed.
            let again = try await status { try await shop.create(order, [(1, 1)]) }
            #expect(try RefusalDetails.state(of: again) == "returnable=0")
            #expect(try await shop.booksAreExact())
        }
    }

    // MARK: - Exchanges

    @Test("An exchange holds the new goods at once, and is settled by the refund where that goes into it whole")
    func exchange() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 3, 0)])
            let made = try await shop.create(order, [(1, 1)])
            let id = EntityID.fresh
            let exchanged = try await shop.exchange(made, [("C", 2, 4)], id: id)
            #expect(exchanged.state == .approved)
            #expect(exchanged.exchange.orderID == id.description)
            #expect(exchanged.exchange.total.amountMinor == 800)
            // The refund that is expected covers the rest.
            #expect(exchanged.exchange.toPay.amountMinor == 500)
            #expect(try await shop.bench.deployment.available("C") == 98)
            #expect(try await shop.order(id).status == .awaitingPayment)
            #expect(try await shop.order(id).channel == "web")
            #expect(try await shop.exchange(made, [("C", 2, 4)], id: id) == exchanged)
            #expect(try await shop.bench.deployment.available("C") == 98)
            let other = try await status { try await shop.exchange(made, [("C", 1, 4)], id: id) }
            #expect(other.code == .alreadyExists)
            let second = try await status { try await shop.exchange(made, [("C", 1, 4)]) }
            #expect(try RefusalDetails.state(of: second) == "exchanged")
            try await shop.receive(made, [("A", 1)])
            let decided = try await shop.inspect(made, [(1, 1, .restock)])
            #expect(decided.state == .settled)
            #expect(decided.settlement == .exchange)
            #expect(decided.settlementReference == id.description)
            #expect(decided.exchange.toPay.amountMinor == 500)
            #expect(decided.exchange.toRefund.amountMinor == 0)
            #expect(
                try await shop.order(order).events.map(\.type).suffix(5) == [
                    "return_exchanged", "return_received", "return_inspected", "return_decided", "return_settled",
                ])
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("What the refund is above the new goods is still to be settled; a decided return is settled at once")
    func cheaperExchange() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 3, 0)])
            let made = try await shop.create(order, [(1, 1)])
            try await shop.receive(made, [("A", 1)])
            _ = try await shop.inspect(made, [(1, 1, .restock)])
            let exchanged = try await shop.exchange(made, [("C", 1, 2)])
            #expect(exchanged.state == .decided)
            #expect(exchanged.exchange.toRefund.amountMinor == 100)
            #expect(try await shop.settle(exchanged).settlement == .outside)
            let even = try await shop.create(order, [(1, 1)])
            try await shop.receive(even, [("A", 1)])
            _ = try await shop.inspect(even, [(1, 1, .restock)])
            let done = try await shop.exchange(even, [("C", 1, 3)])
            #expect(done.state == .settled)
            #expect(done.settlement == .exchange)
            let late = try await status { try await shop.exchange(done, [("C", 1, 3)]) }
            #expect(late.code == .failedPrecondition)
        }
    }

    @Test("An exchange for goods that are short is given up, and another one may be asked for")
    func shortExchange() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 1, 3, 0)])
            let made = try await shop.create(order, [(1, 1)])
            let id = EntityID.fresh
            let short = try await status { try await shop.exchange(made, [("C", 101, 1)], id: id) }
            #expect(try Details(short).info?.reason == "STOCK_SHORTAGE")
            let again = try await status { try await shop.exchange(made, [("C", 101, 1)], id: id) }
            #expect(try RefusalDetails.state(of: again) == "given_up")
            let currency = try await status { try await shop.exchange(made, [("C", 1, 1)], currency: "EUR") }
            #expect(currency.code == .invalidArgument)
            let unknown = try await status { try await shop.exchange(made, [("NEVER-HEARD", 1, 1)]) }
            #expect(unknown.code == .invalidArgument)
            #expect(try await shop.exchange(made, [("C", 1, 1)]).hasExchange)
            #expect(try await shop.bench.deployment.available("C") == 99)
        }
    }

    @Test("An exchange that stopped before its order, or before its return was told, is gone on with, once")
    func stoppedExchange() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 2, 3, 0)])
            for placed in [false, true] {
                let made = try await shop.create(order, [(1, 1)])
                let id = EntityID.fresh
                if placed {
                    // Everything but the last step.
                    _ = try await shop.exchange(made, [("C", 1, 4)], id: id)
                    try await shop.bench.deployment.run(
                        """
                        UPDATE return_exchange SET state = 1 WHERE id = '\(id)';
                        DELETE FROM idempotency WHERE id = '\(id)' AND kind = 84;
                        """)
                } else {
                    // The first step alone.
                    let request = ReturnBench.exchange(made, [("C", 1, 4)], id: id)
                    let asked = try ReturnRequests.exchange(
                        request, body: IdempotentBody(.exchangeReturn, request).bytes, by: .anonymous)
                    #expect(try await shop.bench.deployment.ledger.beginExchange(asked).state == .asked)
                }
                #expect(try await shop.bench.processing.resumeExchanges() == 0)
                #expect(try await shop.bench.processing.resumeExchanges(afterSeconds: 0) == 1)
                #expect(try await shop.bench.processing.resumeExchanges(afterSeconds: 0) == 0)
                let told = try await shop.exchange(made, [("C", 1, 4)], id: id)
                #expect(told.exchange.orderID == id.description)
            }
            #expect(try await shop.bench.deployment.available("C") == 98)
            #expect(try await shop.booksAreExact())
        }
    }

    // MARK: - Without an order

    @Test("Goods of no known order are taken at a till by a rule for them: stock at once, credit less the fee")
    func blind() async throws {
        let rules = [
            ReturnBench.rule("till") {
                $0.withoutOrder = true
                $0.articles = ["A"]
                $0.terms.fee = .with {
                    $0.currencyCode = "GBP"
                    $0.amountMinor = 100
                }
                $0.terms.refundWay = .storeCredit
            },
            ReturnBench.rule(),
        ]
        try await ReturnBench.with(rules: rules) { shop in
            let request = Holdfast_V1_CreateBlindReturnRequest.with {
                $0.returnID = EntityID.fresh.description
                $0.channel = "web"
                $0.location = "LDN-1"
                $0.lines = [
                    .with {
                        $0.sku = "A"
                        $0.quantity = 2
                        $0.unitValue.currencyCode = "GBP"
                        $0.unitValue.units = 3
                        $0.reason = .unwanted
                        $0.condition = .opened
                        $0.disposition = .restock
                    }
                ]
            }
            let made = try await shop.bench.returns.createBlindReturn(request: request, context: shop.context)
                .returnOrder
            #expect(made.state == .decided)
            #expect(made.orderID.isEmpty)
            #expect(made.refund.amountMinor == 500)
            #expect(made.refundWay == .storeCredit)
            #expect(made.location == "LDN-1")
            #expect(made.events.map(\.type) == ["receive", "inspect", "dispose"])
            #expect(try await shop.bench.deployment.available("A", "LDN-1") == 2)
            #expect(
                try await shop.bench.returns.createBlindReturn(request: request, context: shop.context).returnOrder
                    == made)
            #expect(try await shop.bench.deployment.available("A", "LDN-1") == 2)
            #expect(try await shop.booksAreExact())
            #expect(
                try await shop.bench.deployment.numbers(
                    "SELECT count(*) FROM outbox WHERE topic = 'stock.changed' AND subject = '\(made.returnID)'") == [1]
            )
            #expect(try await shop.settle(made).state == .settled)

            var other = request
            other.returnID = EntityID.fresh.description
            other.lines[0].sku = "C"
            let refused = try await status {
                try await shop.bench.returns.createBlindReturn(request: other, context: shop.context)
            }
            #expect(try RefusalDetails.state(of: refused) == "NO_RULE")
            other.lines[0].sku = "NEVER-HEARD"
            let unknown = try await status {
                try await shop.bench.returns.createBlindReturn(request: other, context: shop.context)
            }
            #expect(unknown.code == .invalidArgument)
            other.lines[0].sku = "A"
            other.lines[0].unitValue.currencyCode = "EUR"
            let currency = try await status {
                try await shop.bench.returns.createBlindReturn(request: other, context: shop.context)
            }
            #expect(currency.code == .invalidArgument)
            other.location = "NOWHERE"
            let nowhere = try await status {
                try await shop.bench.returns.createBlindReturn(request: other, context: shop.context)
            }
            #expect(nowhere.code == .notFound)
        }
    }

    // MARK: - Together, and again

    @Test("The same units are returned by one of two that ask at once")
    func twice() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 1, 0)])
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        do {
                            return try await CallerContext.$current.withValue(.anonymous) {
                                try await shop.create(order, [(1, 2)]).state == .approved
                            }
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(outcomes == 1)
            #expect(try await shop.create(order, [(1, 1)]).state == .approved)
        }
    }

    @Test("Two inspections at once: one decides, the other one is told the state")
    func twoInspections() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 1, 0)])
            let made = try await shop.create(order, [(1, 2)])
            try await shop.receive(made, [("A", 2)])
            let outcomes = await withTaskGroup(of: RPCError.Code?.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        do {
                            _ = try await CallerContext.$current.withValue(.anonymous) {
                                try await shop.inspect(made, [(1, 2, .restock)])
                            }
                            return nil
                        } catch {
                            return (error as? RPCError)?.code ?? .unknown
                        }
                    }
                }
                return await group.reduce(into: [RPCError.Code?]()) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 == nil }.count == 1)
            #expect(outcomes.compactMap { $0 }.allSatisfy { $0 == .failedPrecondition })
            #expect(try await shop.bench.deployment.available("A") == 99)
            #expect(try await shop.money(order) == [300, 200, 0])
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("The same call again changes nothing and answers the same; another body is refused")
    func again() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 1, 0)])
            var request = ReturnBench.request(order, [(1, 2)])
            let made = try await shop.create(request)
            let (receipt, inspection) = (EntityID.fresh, EntityID.fresh)
            let received = try await shop.receive(made, [("A", 2)], id: receipt)
            let decided = try await shop.inspect(made, [(1, 2, .restock)], id: inspection)
            #expect(try await shop.create(request) == made)
            #expect(try await shop.receive(made, [("A", 2)], id: receipt, again: true) == received)
            #expect(try await shop.inspect(made, [(1, 2, .restock)], id: inspection) == decided)
            #expect(try await shop.bench.deployment.available("A") == 99)
            request.lines[0].quantity = 1
            let other = try await status { try await shop.create(request) }
            #expect(other.code == .alreadyExists)
            let scrapped = try await status {
                try await shop.inspect(made, [(1, 2, .scrap)], id: inspection)
            }
            #expect(scrapped.code == .alreadyExists)
            // When the stored replies are gone, the return still stands in the way of its id.
            try await shop.bench.deployment.run("DELETE FROM idempotency")
            let pruned = try await status { try await shop.create(request) }
            #expect(pruned.code == .alreadyExists)
        }
    }

    @Test("What is not there is refused by name")
    func unknown() async throws {
        try await ReturnBench.with { shop in
            let absent = try await status { try await shop.create(.fresh, [(1, 1)]) }
            #expect(absent.code == .notFound)
            let order = try await shop.sell([("A", 1, 1, 0)])
            let line = try await status { try await shop.create(order, [(2, 1)]) }
            #expect(line.code == .notFound)
            let many = try await status { try await shop.create(order, [(1, 2)]) }
            #expect(try RefusalDetails.state(of: many) == "returnable=1")
            let made = try await shop.create(order, [(1, 1)])
            let nowhere = try await status { try await shop.receive(made, [("A", 1)], at: "NOWHERE") }
            #expect(nowhere.code == .notFound)
            var none = made
            none.returnID = EntityID.fresh.description
            let nothing = try await status { try await shop.receive(none, [("A", 1)]) }
            #expect(nothing.code == .notFound)
            let number = try await status {
                try await shop.bench.returns.getReturn(request: .with { $0.number = "R999" }, context: shop.context)
            }
            #expect(number.code == .notFound)
            let early = try await status { try await shop.settle(made) }
            #expect(early.code == .failedPrecondition)
            // Units that are not delivered yet cannot come back.
            let open = EntityID.fresh
            _ = try await shop.bench.deployment.place(shop.bench.deployment.order([("A", "DC", 1)], id: open))
            let waiting = try await status { try await shop.create(open, [(1, 1)]) }
            #expect(try RefusalDetails.state(of: waiting) == "returnable=0")
        }
    }

    // MARK: - Ageing

    @Test("Goods that do not come expire once, their units are free, and may still come late")
    func ageing() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 2, 1, 0)])
            let made = try await shop.create(order, [(1, 2)])
            #expect(try await shop.bench.processing.expireReturns() == 0)
            try await shop.bench.deployment.run("UPDATE return_order SET expires_at = now() - interval '1 second'")
            // Two servers look at the same time.
            async let one = shop.bench.processing.expireReturns()
            async let two = shop.bench.processing.expireReturns()
            #expect(try await one + two >= 1)
            #expect(try await shop.bench.processing.expireReturns() == 0)
            let expired = try await shop.bench.returns.getReturn(
                request: .with { $0.returnID = made.returnID }, context: shop.context
            ).returnOrder
            #expect(expired.state == .expired)
            #expect(expired.events.map(\.type) == ["request", "approve", "expire"])
            #expect(try await shop.order(order).events.map(\.type).last == "return_expired")
            // Another return has one of the units: not all may come late.
            let other = try await shop.create(order, [(1, 1)])
            let late = try await status { try await shop.receive(expired, [("A", 2)]) }
            #expect(try RefusalDetails.state(of: late) == "returnable=1")
            _ = try await shop.change(other, .cancel)
            #expect(try await shop.receive(expired, [("A", 2)]).state == .received)
            #expect(try await shop.inspect(expired, [(1, 2, .restock)]).refund.amountMinor == 200)
        }
    }
}

/// What the details of a status say.
enum RefusalDetails {
    /// The state that an `ErrorInfo` tells; nil where there is none.
    static func state(of error: RPCError) throws -> String? {
        try error.unpackGoogleRPCStatus()?.details.compactMap { $0.errorInfo?.metadata["state"] }.first
    }
}
