import Domain
import GRPCCore
import HoldfastAPI
import HoldfastServices
import HoldfastTesting
import Logging
import SwiftProtobuf
import Testing

@Suite("Refunds ahead of the goods that a gateway declines")
struct DeclinedRefundAheadTests {
    /// A paid order of three units at 10.00 of which one is to come back, and whose refund ahead was declined.
    private struct Sale {
        let bench: PaymentBench
        let returns: ReturnService
        let order: EntityID
        let made: Holdfast_V1_Return

        init(_ bench: PaymentBench) async throws {
            self.bench = bench
            returns = ReturnService(processing: bench.processing, logger: Logger(label: "test"))
            let order = try await bench.place([(3, 1_000)], goodsInHand: true)
            self.order = order
            _ = try await bench.add(order, .cardGateway)
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
                                    $0.basisPoints = 4_000
                                }
                            ]
                        }
                    ]
                }, context: bench.context)
            made =
                try await returns.createReturn(
                    request: ReturnBench.request(order, [(1, 1)]), context: bench.context
                ).returnOrder
            bench.scripted.script(.refund, .decline("account closed"))
            #expect(try await settle(ahead: true).refundedAhead.amountMinor == 1_000)
            try await bench.becomes(order) { $0.attempts.last?.state == .declined }
            #expect(try await bench.payments(order).dueBack.amountMinor == 1_000)
        }

        func settle(ahead: Bool) async throws -> Holdfast_V1_Return {
            try await returns.settleReturn(
                request: .with {
                    $0.settlementID = EntityID.fresh.description
                    $0.returnID = made.returnID
                    $0.settlement = .original
                    $0.ahead = ahead
                }, context: bench.context
            ).returnOrder
        }

        /// The unit comes, and is scrapped: 4.00 are refunded.
        func scrap() async throws -> Holdfast_V1_Return {
            _ = try await returns.receiveReturn(
                request: .with {
                    $0.receiptID = EntityID.fresh.description
                    $0.returnID = made.returnID
                    $0.location = "DC"
                    $0.lines = [
                        .with {
                            $0.sku = "A"
                            $0.quantity = 1
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
                            $0.quantity = 1
                            $0.condition = .opened
                            $0.disposition = .scrap
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
}
