import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Ledger
import Logging
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("Refunds ahead of the goods that a gateway declines")
struct DeclinedRefundAheadTests {
    /// A paid order of three units at 10.00 of which some are to come back, and whose refund ahead was declined, or is still to
    /// be answered.
    private struct Sale {
        let bench: PaymentBench
        let returns: ReturnService
        let order: EntityID
        let made: Holdfast_V1_Return

        init(
            _ bench: PaymentBench, units: Int64 = 1, cards: [Int64?] = [nil], isAnswered: Bool = true,
            share: Int32 = 4_000
        ) async throws {
            self.bench = bench
            returns = ReturnService(processing: bench.processing, logger: Logger(label: "test"))
            let order = try await bench.place([(3, 1_000)], goodsInHand: true, customer: "C-1")
            self.order = order
            for part in cards { _ = try await bench.add(order, .cardGateway, part) }
            try await bench.becomes(order) { $0.standing == .paid }
            _ = try await returns.upsertReturnRules(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.timeZone = "Europe/London"
                    $0.rules = [
                        .with {
                            $0.name = "all"
                            $0.terms.windowDays = 30
                            $0.terms.refundAhead = true
                            $0.terms.shares = [
                                .with {
                                    $0.disposition = .scrap
                                    $0.basisPoints = share
                                }
                            ]
                        }
                    ]
                }, context: bench.context)
            made =
                try await returns.createReturn(
                    request: ReturnBench.request(order, [(1, units)]), context: bench.context
                ).returnOrder
            guard isAnswered else {
                #expect(try await settle(ahead: true).refundedAhead.amountMinor == units * 1_000)
                return
            }
            bench.scripted.script(.refund, .decline("account closed"))
            #expect(try await settle(ahead: true).refundedAhead.amountMinor == 1_000)
            try await bench.becomes(order) { $0.attempts.last?.state == .declined }
            #expect(try await bench.payments(order).dueBack.amountMinor == 1_000)
        }

        private init(_ sale: Sale, _ made: Holdfast_V1_Return) {
            (bench, returns, order, self.made) = (sale.bench, sale.returns, sale.order, made)
        }

        /// The same order with another return, of one unit.
        func another() async throws -> Sale {
            Sale(
                self,
                try await returns.createReturn(
                    request: ReturnBench.request(order, [(1, 1)]), context: bench.context
                ).returnOrder)
        }

        func settle(
            ahead: Bool, _ way: Holdfast_V1_ReturnSettlement = .original
        ) async throws -> Holdfast_V1_Return {
            try await returns.settleReturn(
                request: .with {
                    $0.settlementID = EntityID.fresh.description
                    $0.returnID = made.returnID
                    $0.settlement = way
                    if way == .outside { $0.reference = "till 7" }
                    $0.ahead = ahead
                }, context: bench.context
            ).returnOrder
        }

        /// The gateway answers what it was asked, each refund by a behaviour.
        func answer(_ behaviours: ScriptedGateway.Behaviour...) async throws {
            for behaviour in behaviours { bench.scripted.script(.refund, behaviour) }
            try await bench.makeDue()
            while try await bench.processing.payments.clearDue() > 0 {}
        }

        func get() async throws -> Holdfast_V1_Return {
            try await returns.getReturn(
                request: .with { $0.returnID = made.returnID }, context: bench.context
            ).returnOrder
        }

        /// What went ahead was declined, and is asked for again: the gateway does not answer.
        func askInPlace() async throws {
            try await answer(.decline("account closed"))
            try await refundUnanswered()
        }

        /// Gives 10.00 back that the gateway does not answer for; returns the attempt.
        @discardableResult
        func refundUnanswered(leaving due: Int64 = 0) async throws -> Holdfast_V1_PaymentAttempt {
            bench.scripted.script(.refund, .failUnseen)
            let id = EntityID.fresh
            _ = try await bench.refund(order, 1_000, id: id)
            let money = try await bench.payments(order)
            let attempt = try #require(money.attempts.first { $0.attemptID == id.description })
            #expect(attempt.state == .unknown)
            #expect(money.dueBack.amountMinor == due)
            return attempt
        }

        /// The gateway answers what it did not of an attempt.
        func answer(_ attempt: Holdfast_V1_PaymentAttempt, _ behaviour: ScriptedGateway.Behaviour) async throws {
            bench.scripted.script(.refund, behaviour)
            _ = try await bench.service.reportGatewayEvent(
                request: .with { $0.attemptID = attempt.attemptID }, context: bench.context)
        }

        /// The unit comes, and is scrapped: 4.00 are refunded.
        func scrap() async throws -> Holdfast_V1_Return { try await come(1, .scrap) }

        /// Units come, and are dealt with as is said.
        func come(_ units: Int64, _ disposition: Holdfast_V1_Disposition) async throws -> Holdfast_V1_Return {
            _ = try await returns.receiveReturn(
                request: .with {
                    $0.receiptID = EntityID.fresh.description
                    $0.returnID = made.returnID
                    $0.location = "DC"
                    $0.lines = [
                        .with {
                            $0.sku = "A"
                            $0.quantity = units
                        }
                    ]
                }, context: bench.context)
            return try await returns.inspectReturn(
                request: .with {
                    $0.inspectionID = EntityID.fresh.description
                    $0.returnID = made.returnID
                    $0.lines = [
                        .with {
                            $0.lineNumber = 1
                            $0.quantity = units
                            $0.condition = .opened
                            $0.disposition = disposition
                        }
                    ]
                }, context: bench.context
            ).returnOrder
        }

        func cancel() async throws -> Holdfast_V1_Return {
            try await returns.changeReturn(
                request: .with {
                    $0.changeID = EntityID.fresh.description
                    $0.returnID = made.returnID
                    $0.action = .cancel
                }, context: bench.context
            ).returnOrder
        }
    }

    @Test("What was declined was not given: the inspection alone says what is due")
    func inspected() async throws {
        try await PaymentBench.with { bench in
            let sale = try await Sale(bench)
            let decided = try await sale.scrap()
            #expect(decided.state == .decided)
            #expect(decided.refund.amountMinor == 400)
            #expect(!decided.hasRefundedAhead)
            #expect(!decided.hasCustomerOwes)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 400)
            _ = try await bench.refund(sale.order)
            try await bench.becomes(sale.order) { $0.givenBack.amountMinor == 400 }
            #expect(try await sale.settle(ahead: false).settledAmount.amountMinor == 0)
            let more = try await status { try await bench.refund(sale.order, 1) }
            #expect(more.code == .failedPrecondition)
            #expect(bench.scripted.kept == 2_600)
        }
    }

    @Test("What somebody gave in place of it was given ahead: the customer owes what is refunded less")
    func givenSince() async throws {
        try await PaymentBench.with { bench in
            let sale = try await Sale(bench)
            _ = try await bench.refund(sale.order)
            try await bench.becomes(sale.order) { $0.givenBack.amountMinor == 1_000 }
            let decided = try await sale.scrap()
            #expect(decided.state == .settled)
            #expect(decided.customerOwes.amountMinor == 600)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 0)
            #expect(bench.scripted.kept == 2_000)
        }
    }

    @Test("A return of which nothing was given may be cancelled, and nothing is due then")
    func cancelled() async throws {
        try await PaymentBench.with { bench in
            let sale = try await Sale(bench)
            let cancelled = try await sale.cancel()
            #expect(cancelled.state == .cancelled)
            #expect(!cancelled.hasCustomerOwes)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 0)
            let more = try await status { try await bench.refund(sale.order, 1) }
            #expect(more.code == .failedPrecondition)
            #expect(bench.scripted.kept == 3_000)
        }
    }

    @Test(
        "What is declined after the decision is due as it was decided, and is given in whichever way",
        arguments: [Holdfast_V1_ReturnSettlement.original, .storeCredit, .outside], [true, false])
    func declinedAfterwards(way: Holdfast_V1_ReturnSettlement, isWhole: Bool) async throws {
        try await PaymentBench.with(works: false) { bench in
            let sale = try await Sale(bench, isAnswered: false)
            let refund: Int64 = isWhole ? 1_000 : 400
            // It is not known yet what was given: the return waits, and nobody settles it by hand meanwhile.
            let decided = try await sale.come(1, isWhole ? .restock : .scrap)
            #expect(decided.state == .decided)
            #expect(decided.refund.amountMinor == refund)
            #expect(decided.customerOwes.amountMinor == 1_000 - refund)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 0)
            let early = try await status { try await sale.settle(ahead: false, way) }
            #expect(early.code == .failedPrecondition)
            #expect(try RefusalDetails.state(of: early) == "refunding_ahead")

            try await sale.answer(.decline("account closed"))
            #expect(try await bench.payments(sale.order).attempts.last?.state == .declined)
            #expect(bench.scripted.kept == 3_000)
            let due = try await sale.get()
            #expect(due.state == .decided)
            #expect(!due.hasRefundedAhead)
            #expect(!due.hasCustomerOwes)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == refund)

            let settled = try await sale.settle(ahead: false, way)
            #expect(settled.state == .settled)
            #expect(settled.settledAmount.amountMinor == refund)
            if way == .original { try await sale.answer(.honest) }
            let money = try await bench.payments(sale.order)
            #expect(money.dueBack.amountMinor == 0)
            #expect(money.refunds.map(\.amount.amountMinor) == [refund])
            #expect(bench.scripted.kept == (way == .original ? 3_000 - refund : 3_000))
            let more = try await status { try await bench.refund(sale.order, 1) }
            #expect(more.code == .failedPrecondition)
            #expect(try await bench.deployment.ledger.books().moneyMismatches == 0)
        }
    }

    @Test("What is given after the decision settles the return then, once; the customer owes what is refunded less")
    func givenAfterwards() async throws {
        try await PaymentBench.with(works: false) { bench in
            for isWhole in [true, false] {
                let sale = try await Sale(bench, isAnswered: false)
                #expect(try await sale.come(1, isWhole ? .restock : .scrap).state == .decided)
                try await sale.answer(.honest)
                let settled = try await sale.get()
                #expect(settled.state == .settled)
                #expect(settled.settlement == .original)
                #expect(settled.refundedAhead.amountMinor == 1_000)
                #expect(settled.customerOwes.amountMinor == (isWhole ? 0 : 600))
                #expect(try await bench.payments(sale.order).dueBack.amountMinor == 0)
                #expect(try await bench.events(sale.order).count { $0 == "return_settled" } == 1)
            }
            #expect(bench.scripted.kept == 4_000)
            #expect(try await bench.deployment.ledger.books().moneyMismatches == 0)
        }
    }

    @Test("What another return gave ahead is set off once it is known, and before that nothing else is settled")
    func knownAfterAnotherDecision() async throws {
        try await PaymentBench.with(works: false) { bench in
            let first = try await Sale(bench, isAnswered: false)
            let other = try await first.another()
            #expect(try await first.come(1, .scrap).customerOwes.amountMinor == 600)
            #expect(try await other.come(1, .restock).refund.amountMinor == 1_000)
            let early = try await status { try await other.settle(ahead: false) }
            #expect(early.code == .failedPrecondition)
            #expect(try RefusalDetails.state(of: early) == "refunding_ahead")

            try await first.answer(.honest)
            let settled = try await other.settle(ahead: false)
            #expect(settled.settledAmount.amountMinor == 400)
            #expect(try await !first.get().hasCustomerOwes)
            try await first.answer(.honest)
            let money = try await bench.payments(first.order)
            #expect(money.dueBack.amountMinor == 0)
            #expect(money.givenBack.amountMinor == 1_400)
            #expect(bench.scripted.kept == 1_600)
            #expect(try await bench.deployment.ledger.books().moneyMismatches == 0)
        }
    }

    @Test(
        "Of two cards one declines after the decision: what the other gave is given, the rest is due",
        arguments: [true, false])
    func partly(isDeclinedFirst: Bool) async throws {
        try await PaymentBench.with(works: false) { bench in
            // 20.00 ahead, 15.00 of it by one card and 5.00 by the other.
            let sale = try await Sale(bench, units: 2, cards: [1_500, nil], isAnswered: false)
            #expect(try await sale.come(2, .restock).state == .decided)
            let open = try await bench.payments(sale.order).attempts.filter { $0.action == .refund }
            #expect(open.count == 2)
            let (declined, given) = isDeclinedFirst ? (open[0], open[1]) : (open[1], open[0])
            for attempt in isDeclinedFirst ? [declined, given] : [given, declined] {
                bench.scripted.script(.refund, attempt == declined ? .decline("account closed") : .honest)
                _ = try await bench.service.reportGatewayEvent(
                    request: .with { $0.attemptID = attempt.attemptID }, context: bench.context)
            }
            let rest = declined.amount.amountMinor
            let due = try await sale.get()
            #expect(due.state == .decided)
            #expect(due.refundedAhead.amountMinor == 2_000 - rest)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == rest)
            #expect(try await sale.settle(ahead: false, .outside).settledAmount.amountMinor == rest)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 0)
            #expect(bench.scripted.kept == 3_000 - (2_000 - rest))
            #expect(try await bench.deployment.ledger.books().moneyMismatches == 0)
        }
    }

    @Test("What the gateway never answers for is due like what was declined, once somebody has looked in its books")
    func abandonedAfterwards() async throws {
        try await PaymentBench.with(works: false, limit: .milliseconds(300)) { bench in
            let sale = try await Sale(bench, isAnswered: false)
            bench.scripted.scriptLookUps(.failDone)
            try await bench.makeDue()
            _ = try await bench.processing.payments.clearDue()
            _ = try await sale.scrap()
            let attempt = try #require(try await bench.payments(sale.order).attempts.last)
            #expect(attempt.state == .unknown)
            _ = try await bench.service.resolveAttempt(
                request: .with {
                    $0.resolutionID = EntityID.fresh.description
                    $0.attemptID = attempt.attemptID
                    $0.resolution = .notDone
                    $0.reason = "their support never had it"
                }, context: bench.context)
            let due = try await sale.get()
            #expect(due.state == .decided)
            #expect(!due.hasCustomerOwes)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 400)
            #expect(try await sale.settle(ahead: false, .storeCredit).settledAmount.amountMinor == 400)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 0)
        }
    }

    @Test("What is declined after the return has expired is neither due nor owed; goods that come late are refunded")
    func declinedAfterExpiry() async throws {
        try await PaymentBench.with(works: false) { bench in
            let sale = try await Sale(bench, isAnswered: false)
            try await bench.run("UPDATE return_order SET expires_at = now() - interval '1 second'")
            #expect(try await bench.processing.expireReturns() == 1)
            #expect(try await sale.get().customerOwes.amountMinor == 1_000)
            try await sale.answer(.decline("account closed"))
            let expired = try await sale.get()
            #expect(expired.state == .expired)
            #expect(!expired.hasCustomerOwes)
            #expect(!expired.hasRefundedAhead)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 0)
            let late = try await sale.scrap()
            #expect(late.state == .decided)
            #expect(!late.hasCustomerOwes)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 400)
            #expect(try await sale.settle(ahead: false, .outside).settledAmount.amountMinor == 400)
            #expect(bench.scripted.kept == 3_000)
        }
    }

    @Test("What a gateway may still decline is not set off against another return")
    func notSetOff() async throws {
        try await PaymentBench.with(works: false) { bench in
            let sale = try await Sale(bench, isAnswered: false)
            try await bench.run("UPDATE return_order SET expires_at = now() - interval '1 second'")
            #expect(try await bench.processing.expireReturns() == 1)
            let other = try await sale.another()
            let decided = try await other.scrap()
            #expect(decided.state == .decided)
            try await sale.answer(.decline("account closed"))
            #expect(try await !sale.get().hasCustomerOwes)
            #expect(try await other.settle(ahead: false, .outside).settledAmount.amountMinor == 400)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 0)
            #expect(bench.scripted.kept == 3_000)
            #expect(try await bench.deployment.booksAgree())
        }
    }

    @Test(
        "A return waits for what was asked for in place of its declined money; declined too, the inspection alone counts",
        arguments: [Int32(0), 4_000])
    func declinedInPlace(share: Int32) async throws {
        try await PaymentBench.with(works: false) { bench in
            let sale = try await Sale(bench, isAnswered: false, share: share)
            try await sale.askInPlace()
            let refund = Int64(share / 10)
            let decided = try await sale.scrap()
            #expect(decided.state == .decided)
            #expect(decided.refund.amountMinor == refund)
            #expect(decided.customerOwes.amountMinor == 1_000 - refund)
            let early = try await status { try await sale.settle(ahead: false, .outside) }
            #expect(try RefusalDetails.state(of: early) == "refunding_ahead")

            try await sale.answer(.decline("account closed"))
            #expect(try await bench.payments(sale.order).attempts.last?.state == .declined)
            let due = try await sale.get()
            #expect(due.state == (refund == 0 ? .settled : .decided))
            #expect(!due.hasRefundedAhead)
            #expect(!due.hasCustomerOwes)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == refund)
            if refund > 0 {
                #expect(try await sale.settle(ahead: false, .outside).settledAmount.amountMinor == refund)
            }
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 0)
            #expect(bench.scripted.kept == 3_000)
            // Nothing is owed, so another return may be given money ahead.
            #expect(try await sale.another().settle(ahead: true).refundedAhead.amountMinor == 1_000)
            #expect(try await bench.deployment.ledger.books().moneyMismatches == 0)
        }
    }

    @Test("What was asked for in place of declined money and is given settles the return, once")
    func givenInPlace() async throws {
        try await PaymentBench.with(works: false) { bench in
            let sale = try await Sale(bench, isAnswered: false)
            try await sale.askInPlace()
            #expect(try await sale.scrap().state == .decided)
            try await sale.answer(.honest)
            let settled = try await sale.get()
            #expect(settled.state == .settled)
            #expect(settled.settlement == .original)
            #expect(settled.refundedAhead.amountMinor == 1_000)
            #expect(settled.customerOwes.amountMinor == 600)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 0)
            #expect(try await bench.events(sale.order).count { $0 == "return_settled" } == 1)
            #expect(bench.scripted.kept == 2_000)
            #expect(try await bench.deployment.ledger.books().moneyMismatches == 0)
        }
    }

    @Test("What an expired return left owed falls by what was asked for in place of its money and is declined")
    func declinedInPlaceAfterExpiry() async throws {
        try await PaymentBench.with(works: false) { bench in
            let sale = try await Sale(bench, isAnswered: false)
            try await sale.askInPlace()
            try await bench.run("UPDATE return_order SET expires_at = now() - interval '1 second'")
            #expect(try await bench.processing.expireReturns() == 1)
            #expect(try await sale.get().customerOwes.amountMinor == 1_000)
            // It is not set off against another return meanwhile.
            let other = try await sale.another()
            #expect(try await other.scrap().state == .decided)
            try await sale.answer(.decline("account closed"))
            #expect(try await !sale.get().hasCustomerOwes)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 400)
            #expect(try await other.settle(ahead: false, .outside).settledAmount.amountMinor == 400)
            #expect(try await bench.payments(sale.order).dueBack.amountMinor == 0)
            #expect(bench.scripted.kept == 3_000)
            #expect(try await bench.deployment.booksAgree())
        }
    }

    @Test("Two returns wait for what was asked for in place of both their money: each follows it by its own part")
    func twoInPlace() async throws {
        try await PaymentBench.with(works: false) { bench in
            let first = try await Sale(bench, isAnswered: false)
            let second = try await first.another()
            #expect(try await second.settle(ahead: true).refundedAhead.amountMinor == 1_000)
            try await first.answer(.decline("account closed"), .decline("account closed"))
            #expect(try await bench.payments(first.order).dueBack.amountMinor == 2_000)
            let halves = [
                try await first.refundUnanswered(leaving: 1_000), try await first.refundUnanswered(),
            ]
            #expect(try await first.scrap().state == .decided)
            #expect(try await second.scrap().state == .decided)

            // The gateway gives one half: the older return goes without, the other one has it.
            try await first.answer(halves[0], .decline("account closed"))
            #expect(try await !first.get().hasRefundedAhead)
            #expect(try await second.get().customerOwes.amountMinor == 600)
            #expect(try await bench.payments(first.order).dueBack.amountMinor == 400)
            try await first.answer(halves[1], .honest)
            #expect(try await first.get().state == .decided)
            let settled = try await second.get()
            #expect(settled.state == .settled)
            #expect(settled.customerOwes.amountMinor == 600)
            // What is due of it is set off against what the other one left owed.
            #expect(try await first.settle(ahead: false, .outside).settledAmount.amountMinor == 0)
            #expect(try await second.get().customerOwes.amountMinor == 200)
            #expect(try await bench.payments(first.order).dueBack.amountMinor == 0)
            #expect(bench.scripted.kept == 2_000)
            #expect(try await bench.deployment.ledger.books().moneyMismatches == 0)
        }
    }
}
