import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Logging
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

@Suite("Orders that are held until they are paid")
struct HeldForPaymentTests {
    /// Has the channel hold orders that are not paid, and what else the body sets.
    private func hold(
        _ bench: PaymentBench, _ more: (inout Holdfast_V1_ReviewRules) -> Void = { _ in }
    ) async throws {
        var rules = Holdfast_V1_ReviewRules.with { $0.payment = true }
        more(&rules)
        let catalog = CatalogService(promising: bench.deployment.promising, logger: Logger(label: "test"))
        _ = try await catalog.upsertChannels(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.channels = [
                    .with {
                        $0.code = "shop"
                        $0.name = "Shop"
                        $0.currencyCode = "GBP"
                        $0.review = rules
                    }
                ]
            }, context: bench.context)
    }

    /// An order of two units at 5.00 whose review has held it.
    private func held(_ bench: PaymentBench) async throws -> EntityID {
        let order = try await bench.place([(2, 500)])
        try await look(bench)
        return order
    }

    private func look(_ bench: PaymentBench) async throws {
        while try await bench.processing.reviewPass() > 0 {}
    }

    private func order(_ bench: PaymentBench, _ id: EntityID) async throws -> Holdfast_V1_Order {
        try await bench.orders.getOrder(request: .with { $0.orderID = id.description }, context: bench.context).order
    }

    private func open(_ bench: PaymentBench, _ id: EntityID) async throws -> [Holdfast_V1_HoldReason] {
        try await order(bench, id).holds.filter { !$0.hasLiftedAt }.map(\.reason)
    }

    private func release(_ bench: PaymentBench, _ id: EntityID) async throws -> Holdfast_V1_ReleaseOrderResponse {
        try await FulfilmentService(processing: bench.processing, logger: Logger(label: "test")).releaseOrder(
            request: .with {
                $0.releaseID = EntityID.fresh.description
                $0.orderID = id.description
            }, context: bench.context)
    }

    private func validationDue(_ bench: PaymentBench, _ id: EntityID) async throws -> [Int64] {
        try await bench.numbers(
            "SELECT extract(epoch FROM release_due - now())::int8 FROM order_review WHERE order_id = '\(id)'")
    }

    @Test("Who has paid, in whatever way, releases the order at once: the hold goes with the payment")
    func ways() async throws {
        try await PaymentBench.with(works: false, limit: .milliseconds(300)) { bench in
            try await hold(bench)
            let cash = try await held(bench)
            let refused = try await status { try await release(bench, cash) }
            #expect(refused.code == .failedPrecondition)
            _ = try await bench.add(cash, .cash)
            #expect(try await open(bench, cash).isEmpty)
            #expect(try await release(bench, cash).fulfilments.count == 1)

            let approved = try await held(bench)
            _ = try await bench.add(approved, .cardGateway)
            #expect(try await release(bench, approved).fulfilments.count == 1)

            let later = try await held(bench)
            _ = try await bench.add(later, .cardGateway, authorize: false)
            #expect(try await open(bench, later) == [.paymentMissing])
            _ = try await bench.service.authorizeTender(
                request: .with {
                    $0.authorizationID = EntityID.fresh.description
                    $0.orderID = later.description
                    $0.tenderNumber = 1
                }, context: bench.context)
            #expect(try await release(bench, later).fulfilments.count == 1)

            // The gateway's answer is lost: it is no payment yet. Then it calls back.
            bench.scripted.script(.authorize, .dropDone)
            let called = try await held(bench)
            let id = EntityID.fresh
            #expect(try await bench.add(called, .cardGateway, id: id).attempts.map(\.state) == [.unknown])
            #expect(try await open(bench, called) == [.paymentMissing])
            _ = try await bench.service.reportGatewayEvent(
                request: .with { $0.attemptID = id.description }, context: bench.context)
            #expect(try await release(bench, called).fulfilments.count == 1)

            // Nobody calls back; somebody looks into the gateway's books.
            bench.scripted.script(.authorize, .dropUnseen)
            let resolved = try await held(bench)
            let attempt = EntityID.fresh
            _ = try await bench.add(resolved, .cardGateway, id: attempt)
            _ = try await bench.service.resolveAttempt(
                request: .with {
                    $0.resolutionID = EntityID.fresh.description
                    $0.attemptID = attempt.description
                    $0.resolution = .done
                    $0.reference = "gw-1"
                    $0.reason = "seen there"
                }, context: bench.context)
            #expect(try await release(bench, resolved).fulfilments.count == 1)

            for id in [cash, approved, later, called, resolved] {
                let told = try await bench.events(id)
                #expect(told.count { $0 == "hold_lifted" } == 1)
                #expect(told.count { $0 == "validated" } == 1)
                let lifted = try await order(bench, id).holds.map(\.liftedBy)
                #expect(lifted == [Caller.review.id])
                try await look(bench)
                #expect(try await bench.events(id).count { $0 == "released" } == 1)
            }
        }
    }

    @Test("A part is no payment: the hold stays until the last tender covers the order")
    func parts() async throws {
        try await PaymentBench.with(works: false) { bench in
            try await hold(bench)
            let order = try await held(bench)
            _ = try await bench.add(order, .cash, 999)
            #expect(try await open(bench, order) == [.paymentMissing])
            #expect(try await status { try await release(bench, order) }.code == .failedPrecondition)
            _ = try await bench.add(order, .cash)
            #expect(try await open(bench, order).isEmpty)
            _ = try await release(bench, order)
        }
    }

    @Test("What else holds the order stands, and its remorse period is not cut short")
    func otherReasons() async throws {
        try await PaymentBench.with(works: false) { bench in
            try await hold(bench) {
                $0.maximumAmount = PaymentBench.money(800)
                $0.remorseSeconds = 3_600
            }
            let order = try await held(bench)
            #expect(try await open(bench, order) == [.paymentMissing, .amountTooHigh])
            _ = try await bench.add(order, .cash)
            #expect(try await open(bench, order) == [.amountTooHigh])
            #expect(try await self.order(bench, order).review.state == .held)
            #expect(try await status { try await release(bench, order) }.code == .failedPrecondition)

            let reviews = OrderReviewService(processing: bench.processing, logger: Logger(label: "test"))
            _ = try await reviews.approveOrder(
                request: .with {
                    $0.approvalID = EntityID.fresh.description
                    $0.orderID = order.description
                }, context: bench.context)
            #expect(try await self.order(bench, order).review.state == .validated)

            try await hold(bench) { $0.remorseSeconds = 3_600 }
            let waiting = try await held(bench)
            _ = try await bench.add(waiting, .cash)
            #expect(try await self.order(bench, waiting).review.state == .validated)
            let due = try #require(try await validationDue(bench, waiting).first)
            #expect((3_000...3_600).contains(due))
            try await look(bench)
            #expect(try await !bench.events(waiting).contains("released"))
        }
    }

    @Test("A payment between the claim of a look and the look itself stands")
    func claimed() async throws {
        try await PaymentBench.with(works: false) { bench in
            try await hold(bench)
            let order = try await held(bench)
            try await bench.run("UPDATE order_review SET due_at = now()")
            let ledger = bench.deployment.ledger
            let claim = try #require(try await ledger.claimReviews(limit: 1, leaseSeconds: 60).first)
            _ = try await bench.add(order, .cash)
            try await ledger.look(claim, verdict: nil)
            #expect(try await open(bench, order).isEmpty)
            #expect(try await self.order(bench, order).review.state == .validated)
            try await look(bench)
            #expect(try await bench.events(order).count { $0 == "released" } == 1)
        }
    }

    @Test("An order that was changed and is to be looked at anyway takes its payment; the look says what holds it")
    func amended() async throws {
        try await PaymentBench.with(works: false) { bench in
            try await hold(bench) { $0.maximumAmount = PaymentBench.money(800) }
            let order = try await held(bench)
            let amendments = OrderAmendmentService(processing: bench.processing, logger: Logger(label: "test"))
            _ = try await amendments.amendOrder(
                request: .with {
                    $0.amendmentID = EntityID.fresh.description
                    $0.orderID = order.description
                    $0.change = [
                        .with {
                            $0.lineNumber = 1
                            $0.quantity = 1
                        }
                    ]
                    $0.reason = "called"
                }, context: bench.context)
            #expect(try await self.order(bench, order).review.state == .due)
            #expect(try await open(bench, order) == [.paymentMissing, .amountTooHigh])
            _ = try await bench.add(order, .cash)
            #expect(try await open(bench, order) == [.amountTooHigh])
            try await look(bench)
            #expect(try await open(bench, order).isEmpty)
            #expect(try await bench.events(order).count { $0 == "released" } == 1)
        }
    }

    @Test("An order whose cover is let go before it is released is held again, also where something else holds it")
    func voided() async throws {
        try await PaymentBench.with(works: false) { bench in
            try await hold(bench) { $0.remorseSeconds = 3_600 }
            let id = try await held(bench)
            _ = try await bench.add(id, .cardGateway)
            #expect(try await order(bench, id).review.state == .validated)
            try await void(bench, id, 1)
            #expect(try await open(bench, id) == [.paymentMissing])
            try await bench.run("UPDATE order_review SET due_at = now(), release_due = now()")
            try await look(bench)
            #expect(try await order(bench, id).review.state == .held)
            let refused = try await status { try await release(bench, id) }
            #expect(refused.code == .failedPrecondition)

            // Another reason is approved later: that lets nobody off paying.
            let other = try await held(bench)
            _ = try await bench.add(other, .cardGateway)
            let review = OrderReviewService(processing: bench.processing, logger: Logger(label: "test"))
            _ = try await review.holdOrder(
                request: .with {
                    $0.holdID = EntityID.fresh.description
                    $0.orderID = other.description
                    $0.detail = "a call is awaited"
                }, context: bench.context)
            try await void(bench, other, 1)
            #expect(Set(try await open(bench, other)) == [.manual, .paymentMissing])
            _ = try await bench.add(other, .cash)
            #expect(try await open(bench, other) == [.manual])
        }
    }

    private func void(_ bench: PaymentBench, _ id: EntityID, _ tender: Int32) async throws {
        _ = try await bench.service.voidTender(
            request: .with {
                $0.voidID = EntityID.fresh.description
                $0.orderID = id.description
                $0.tenderNumber = tender
            }, context: bench.context)
    }
}
