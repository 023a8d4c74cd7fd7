import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Logging
import OrderPromising
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

@Suite("The work of reviews")
struct ReviewWorkTests {
    private static let asking = Holdfast_V1_ReviewRules.with {
        $0.remorseSeconds = 60
        $0.fraudCheck = .with { $0.timeLimitMs = 1_000 }
    }

    @Test("The fraud check is told the order, once; what it says holds the order or lets it pass")
    func verdicts() async throws {
        for (verdict, reason): (FraudVerdict, Holdfast_V1_HoldReason?) in [
            (.accepted, nil), (.suspected("new card"), .fraudSuspected), (.rejected("stolen"), .fraudRejected),
        ] {
            try await ReviewBench.with(Self.asking) { bench in
                bench.fraud.verdict = verdict
                let id = try await bench.place([("A", 2, 250), ("POST", 1, 350)])
                try await bench.settle()
                #expect(try await bench.open(id) == (reason.map { [$0] } ?? []))
                let asked = try #require(bench.fraud.asked.first)
                #expect(bench.fraud.asked.count == 1)
                #expect(asked.order == id)
                #expect(asked.owedMinor == 850)
                #expect(asked.lines.map(\.sku) == ["A", "POST"])
                #expect(asked.delivery?.shipTo?.postcode == "LS1 4DY")
                _ = try await bench.validate(id)
                #expect(bench.fraud.asked.count == 1)
                if reason != nil {
                    _ = try await bench.approve(id)
                    #expect(try await bench.validate(id).review.state == .validated)
                }
            }
        }
    }

    @Test("The fraud check is told what is owed after a line was cancelled")
    func owedNow() async throws {
        try await ReviewBench.with(Self.asking) { bench in
            bench.fraud.verdict = .unavailable("it did not answer within 1000 ms")
            let id = try await bench.place([("A", 2, 250), ("POST", 1, 350)])
            try await bench.settle()
            _ = try await bench.deployment.cancel(id, [(1, 1)])
            try await bench.passTime()
            try await bench.settle()
            #expect(bench.fraud.asked.map(\.owedMinor) == [850, 600])
        }
    }

    @Test("While it does not answer the order is held, and asked about again under the same id until it does")
    func unavailable() async throws {
        try await ReviewBench.with(Self.asking) { bench in
            bench.fraud.verdict = .unavailable("it did not answer within 1000 ms")
            let id = try await bench.place()
            try await bench.settle()
            #expect(try await bench.open(id) == [.fraudCheckUnavailable])
            try await bench.passTime()
            try await bench.settle()
            #expect(try await bench.open(id) == [.fraudCheckUnavailable])
            bench.fraud.verdict = .suspected("velocity")
            try await bench.passTime()
            try await bench.settle()
            #expect(try await bench.open(id) == [.fraudSuspected])
            #expect(bench.fraud.asked.count == 3)
            #expect(Set(bench.fraud.asked.map(\.id)).count == 1)
            #expect(try await bench.events(id) == ["placed", "held", "held", "hold_lifted"])
        }
        var passing = Self.asking
        passing.fraudCheck.passWhenUnavailable = true
        try await ReviewBench.with(passing) { bench in
            bench.fraud.verdict = .unavailable("late")
            let id = try await bench.place()
            try await bench.settle()
            #expect(try await bench.order(id).review.state == .validated)
        }
    }

    @Test("A server without a fraud check holds what its channel wants checked")
    func notSetUp() async throws {
        try await ReviewBench.with(Self.asking) { bench in
            let bare = OrderProcessing(
                promising: bench.deployment.promising, logger: Logger(label: "test"))
            let id = try await bench.place()
            #expect(try await bare.reviewPass() == 1)
            #expect(try await bench.open(id) == [.fraudCheckUnavailable])
            #expect(try await bench.order(id).holds[0].detail.contains("without a fraud check"))
        }
    }

    @Test("An order that changes while the check is asked is looked at as it is then")
    func changed() async throws {
        var rules = Self.asking
        rules.maximumUnits = 5
        try await ReviewBench.with(rules) { bench in
            let id = try await bench.place([("A", 9, 100)])
            bench.fraud.whenAsked { _ in
                await #expect(throws: Never.self) {
                    _ = try await bench.deployment.cancel(id, [(number: 1, quantity: 5)])
                }
            }
            try await bench.settle()
            #expect(try await bench.open(id).isEmpty)
            #expect(try await bench.order(id).review.state == .validated)
        }
    }

    @Test("A hold that comes while the check is asked is not passed over")
    func heldMeanwhile() async throws {
        try await ReviewBench.with(Self.asking) { bench in
            let id = try await bench.place()
            let held = Box(false)
            bench.fraud.whenAsked { _ in
                if held.value { return }
                held.value = true
                await #expect(throws: Never.self) {
                    _ = try await bench.deployment.ledger.hold(
                        OrderChange(
                            id: .fresh, order: id, kind: .review, body: [1], caller: .anonymous, reason: "wait")
                    ) { _ in [] }
                }
            }
            try await bench.settle()
            #expect(try await bench.open(id) == [.manual])
            try await bench.passTime()
            try await bench.settle()
            #expect(try await bench.open(id) == [.manual])
            #expect(bench.release.released.isEmpty)
            _ = try await bench.approve(id)
            try await bench.passTime()
            try await bench.settle()
            try await bench.passTime()
            try await bench.settle()
            #expect(bench.release.released == [id])
        }
    }

    @Test("Two servers share the work: each order is looked at, asked about and released once")
    func shared() async throws {
        var rules = Self.asking
        rules.remorseSeconds = 0
        try await ReviewBench.with(rules) { bench in
            var ids: Set<EntityID> = []
            for _ in 0..<50 { ids.insert(try await bench.place()) }
            let other = OrderProcessing(
                promising: bench.deployment.promising, fraudCheck: bench.fraud, releasing: bench.release,
                logger: Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for processing in [bench.processing, other] {
                    group.addTask { while try await processing.reviewPass() > 0 {} }
                }
                try await group.waitForAll()
            }
            try await bench.settle()
            #expect(bench.fraud.asked.count == 50)
            #expect(bench.release.released.count == 50)
            #expect(Set(bench.release.released) == ids)
            #expect(
                try await bench.deployment.numbers("SELECT count(*) FROM order_review WHERE state = 4") == [50])
        }
    }

    @Test("Whatever a server that died had begun, the next one goes on, and nothing happens twice")
    func crashes() async throws {
        var rules = Self.asking
        rules.remorseSeconds = 0
        try await ReviewBench.with(rules) { bench in
            let ledger = bench.deployment.ledger
            // It died after it took the review.
            let id = try await bench.place()
            #expect(try await ledger.claimReviews(limit: 10, leaseSeconds: 60).count == 1)
            try await bench.settle()
            #expect(bench.fraud.asked.isEmpty)
            try await bench.passTime()
            // It died after it had asked.
            let asked = try await ledger.claimReviews(limit: 10, leaseSeconds: 60)
            let question = try #require(try await ledger.fraudQuestionDue(id))
            _ = await bench.fraud.verdict(on: question.order, within: 1_000)
            try await bench.passTime()
            // A second one took over, and the first comes back to life and writes late.
            let second = try await ledger.claimReviews(limit: 10, leaseSeconds: 60)
            #expect(second == asked)
            try await ledger.look(second[0], verdict: .accepted)
            try await ledger.look(asked[0], verdict: .rejected("another answer"))
            #expect(try await bench.order(id).review.state == .validated)
            #expect(try await bench.open(id).isEmpty)
            // It died after the release, before that was noted.
            let claim = try #require(
                try await ledger.claimReviews(limit: 10, leaseSeconds: 60).first)
            #expect(claim.state == .validated)
            try await bench.release.releaseReviewed(id, cause: claim.step)
            try await bench.passTime()
            try await bench.settle()
            #expect(bench.release.released == [id])
            #expect(try await bench.order(id).review.state == .released)
            #expect(try await bench.events(id) == ["placed", "validated"])
        }
    }

    @Test("Where a release is refused the order waits and is tried again; the others go on")
    func refusedRelease() async throws {
        try await ReviewBench.with(.with { $0.zeroPrice = true }) { bench in
            bench.release.refusal = .unavailable("nobody picks today", retryAfterMilliseconds: 1)
            let id = try await bench.place()
            try await bench.settle()
            #expect(try await bench.order(id).review.state == .validated)
            bench.release.refusal = nil
            let other = try await bench.place()
            try await bench.settle()
            #expect(bench.release.released == [other])
            try await bench.passTime()
            try await bench.settle()
            #expect(Set(bench.release.released) == [id, other])
        }
    }

    @Test("One order whose books are broken is put off, longer each time; the others go on")
    func broken() async throws {
        try await ReviewBench.with(.with { $0.zeroPrice = true }) { bench in
            let bad = try await bench.place()
            try await bench.deployment.run(
                "UPDATE line_quantity SET quantity = 7 WHERE order_id = '\(bad)'")
            var good: Set<EntityID> = []
            for _ in 0..<5 { good.insert(try await bench.place()) }
            for _ in 0..<3 {
                try await bench.passTime()
                try await bench.settle()
            }
            #expect(Set(bench.release.released) == good)
            let failures = try await bench.deployment.numbers(
                "SELECT failures FROM order_review WHERE order_id = '\(bad)'")
            #expect(failures == [3])
        }
    }

    @Test("Units that wait for supply keep a validated order in view")
    func waiting() async throws {
        try await ReviewBench.with(.with { $0.zeroPrice = true }) { bench in
            let id = try await bench.place([("A", 5, 100)])
            _ = try await bench.deployment.ledger.changeOrder(
                OrderChange(id: .fresh, order: id, kind: .reviewStep, body: [1], caller: .anonymous)
            ) { work in
                _ = try work.move(.backorder, 2, line: 1, from: .allocated)
                return []
            }
            try await bench.settle()
            #expect(bench.release.released == [id])
            #expect(try await bench.order(id).review.state == .validated)
            // Nothing but supply moves them, and what brings it has the order looked at.
            #expect(try await Self.looksAhead(bench) == 0)
        }
    }

    /// Reviews that a server is to look at, now or later.
    private static func looksAhead(_ bench: ReviewBench) async throws -> Int64 {
        try await bench.deployment.numbers("SELECT count(*) FROM order_review WHERE due_at < 'infinity'")[0]
    }

    /// Lines that the audit log has of steps of reviews.
    private static func steps(_ bench: ReviewBench) async throws -> Int64 {
        try await bench.deployment.numbers("SELECT count(*) FROM idempotency WHERE kind = 21")[0]
    }

    @Test("A look that changes nothing leaves no line in the audit log")
    func noTrace() async throws {
        try await ReviewBench.with(Self.asking) { bench in
            bench.fraud.verdict = .unavailable("late")
            let id = try await bench.place()
            try await bench.settle()
            #expect(try await Self.steps(bench) == 1)
            for _ in 0..<3 {
                try await bench.passTime()
                try await bench.settle()
            }
            #expect(bench.fraud.asked.count == 4)
            #expect(try await Self.steps(bench) == 1)
            bench.fraud.verdict = .accepted
            try await bench.passTime()
            try await bench.settle()
            #expect(try await bench.order(id).review.state == .validated)
            #expect(try await Self.steps(bench) == 2)
        }
    }

    @Test("Postage that is left to people is not looked at; when they release it the review ends its wait")
    func postage() async throws {
        try await Self.releasing { bench, processing, service in
            let id = try await bench.place([("A", 1, 500), ("POST", 1, 350)])
            _ = try await bench.deployment.cancel(id, [(1, 1)])
            while try await processing.reviewPass() > 0 {}
            #expect(try await bench.order(id).review.state == .validated)
            #expect(try await Self.looksAhead(bench) == 0)
            _ = try await service.releaseOrder(
                request: .with {
                    $0.releaseID = EntityID.fresh.description
                    $0.orderID = id.description
                }, context: bench.context)
            #expect(try await processing.reviewPass() == 1)
            #expect(try await bench.order(id).review.state == .released)
        }
    }

    @Test("What a location gives up while other units of the order wait is released again")
    func givenUp() async throws {
        try await Self.releasing { bench, processing, service in
            let id = try await place(7, bench)
            while try await processing.reviewPass() > 0 {}
            #expect(try await units(id, bench) == "backordered 2, released 5")
            #expect(try await Self.looksAhead(bench) == 0)
            let one = try #require(try await fulfilments(id, service, bench).first?.fulfilmentID)
            _ = try await service.declineFulfilment(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = one
                }, context: bench.context)
            #expect(try await units(id, bench) == "allocated 5, backordered 2")
            while try await processing.reviewPass() > 0 {}
            #expect(try await units(id, bench) == "backordered 2, released 5")
            try await bench.deployment.change(.receive, [("A", "DC", 2)])
            while try await processing.backorders.takeOver() > 0 {}
            while try await processing.reviewPass() > 0 {}
            #expect(try await units(id, bench) == "released 7")
            #expect(try await bench.order(id).review.state == .released)
        }
    }

    @Test("Supply that comes between a release and its note is not forgotten")
    func supplyBetween() async throws {
        try await Self.releasing { bench, processing, service in
            let id = try await place(7, bench)
            #expect(try await processing.reviewPass() == 1)
            let claim = try #require(
                try await bench.deployment.ledger.claimReviews(limit: 1, leaseSeconds: 3_600).first)
            try await processing.releaseReviewed(id, cause: claim.step)
            try await bench.deployment.change(.receive, [("A", "DC", 2)])
            while try await processing.backorders.takeOver() > 0 {}
            try await bench.deployment.ledger.noteRelease(claim, pauseSeconds: 0)
            while try await processing.reviewPass() > 0 {}
            #expect(try await units(id, bench) == "released 7")
        }
    }

    /// Places an order of units of A that may wait.
    private func place(_ units: Int64, _ bench: ReviewBench) async throws -> EntityID {
        let id = EntityID.fresh
        _ = try await bench.orders.placeOrder(
            request: .with {
                $0.orderID = id.description
                $0.channel = TestDeployment.channel
                $0.externalID = id.description
                $0.lines = [OrderRequestsTests.line(quantity: units, units: 1, nanos: 0)]
                $0.lines[0].sku = "A"
                $0.lines[0].allowBackorder = true
                $0.delivery = DeliveryFieldsTests.shipment
            }, context: bench.context)
        return id
    }

    /// A shop of reviewed orders whose releases are real, with 5 A in DC and a cap that lets 10 wait.
    private static func releasing(
        _ body: @Sendable (ReviewBench, OrderProcessing, FulfilmentService) async throws -> Void
    ) async throws {
        try await ReviewBench.with(.with { $0.zeroPrice = true }) { bench in
            let processing = OrderProcessing(
                promising: bench.deployment.promising, logger: Logger(label: "test"))
            try await bench.deployment.change(.count, [("A", "DC", 5)])
            let policy = BackorderPolicy(sku: "A", channel: TestDeployment.channel, cap: 10)
            _ = try await bench.deployment.ledger.setBackorderPolicies(
                BackorderPolicyChange(id: .fresh, policies: [policy], body: [1], caller: .anonymous)
            ) { _ in [1] }
            try await body(bench, processing, FulfilmentService(processing: processing, logger: Logger(label: "test")))
        }
    }

    private func fulfilments(
        _ id: EntityID, _ service: FulfilmentService, _ bench: ReviewBench
    ) async throws -> [Holdfast_V1_Fulfilment] {
        try await service.listFulfilments(request: .with { $0.orderID = id.description }, context: bench.context)
            .fulfilments.sorted { $0.number < $1.number }
    }

    private func units(_ id: EntityID, _ bench: ReviewBench) async throws -> String {
        try await bench.order(id).lines[0].quantities.map { "\($0.status) \($0.quantity)" }.sorted()
            .joined(separator: ", ")
    }

    /// Picks 3 A of the order's only fulfilment; the others wait for supply.
    private func pickShort(_ id: EntityID, _ service: FulfilmentService, _ bench: ReviewBench) async throws {
        let one = try #require(try await fulfilments(id, service, bench).first?.fulfilmentID)
        _ = try await service.startPicking(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = one
            }, context: bench.context)
        _ = try await service.confirmPick(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = one
                $0.scans = [
                    .with {
                        $0.code = "A"
                        $0.quantity = 3
                    }
                ]
                $0.shortRule = .backorder
                $0.correctCount = true
            }, context: bench.context)
    }

    @Test("Units that a released order gets later, from a short pick's backorder, are released by themselves")
    func releasedLater() async throws {
        try await Self.releasing { bench, processing, service in
            let id = try await bench.place([("A", 5, 500)])
            while try await processing.reviewPass() > 0 {}
            #expect(try await bench.order(id).review.state == .released)
            try await pickShort(id, service, bench)
            #expect(try await units(id, bench) == "backordered 2, picked 3")
            try await bench.deployment.change(.receive, [("A", "DC", 2)])
            while try await processing.backorders.takeOver() > 0 {}
            #expect(try await units(id, bench) == "allocated 2, picked 3")
            #expect(try await processing.releaseDue() == 1)
            #expect(try await processing.releaseDue() == 0)
            #expect(try await units(id, bench) == "picked 3, released 2")
            #expect(try await fulfilments(id, service, bench).map(\.state) == ["picked", "released"])
            #expect(try await bench.deployment.booksAgree())
        }
    }

    @Test("A released order can be held for what it gets later: that is released when somebody approves it")
    func heldLater() async throws {
        try await Self.releasing { bench, processing, service in
            let id = try await bench.place([("A", 5, 500)])
            while try await processing.reviewPass() > 0 {}
            let nothing = try await status { try await bench.hold(id) }
            #expect(nothing.code == .failedPrecondition)
            try await pickShort(id, service, bench)
            #expect(try await units(id, bench) == "backordered 2, picked 3")
            #expect(try await bench.order(id).review.state == .released)
            let call = EntityID.fresh
            let held = try await bench.hold(id, as: call)
            #expect(held.review.state == .held)
            #expect(try await bench.hold(id, as: call) == held)
            #expect(try await bench.open(id) == [.manual])
            try await bench.deployment.change(.receive, [("A", "DC", 2)])
            while try await processing.backorders.takeOver() > 0 {}
            // A server that began before the hold has noted that more is to be released.
            try await bench.deployment.run(
                "INSERT INTO release_due (order_id, cause_id) VALUES ('\(id)', gen_random_uuid()) ON CONFLICT DO NOTHING"
            )
            for _ in 0..<2 {
                try await bench.passTime()
                while try await processing.reviewPass() > 0 {}
                #expect(try await processing.releaseDue() == 0)
            }
            #expect(try await units(id, bench) == "allocated 2, picked 3")
            #expect(try await bench.open(id) == [.manual])
            #expect(try await bench.approve(id).review.state == .validated)
            while try await processing.reviewPass() > 0 {}
            _ = try await processing.releaseDue()
            #expect(try await units(id, bench) == "picked 3, released 2")
            #expect(try await bench.deployment.numbers("SELECT count(*) FROM release_due") == [0])
            #expect(try await fulfilments(id, service, bench).map(\.state) == ["picked", "released"])
            #expect(try await bench.deployment.booksAgree())
        }
    }

    @Test("Units that free stock fills of a validated order are released at once")
    func releasedAfterAsking() async throws {
        try await Self.releasing { bench, processing, service in
            let held = try await bench.deployment.reserve([("A", "DC", 5)])
            let id = try await place(2, bench)
            while try await processing.reviewPass() > 0 {}
            #expect(try await bench.order(id).review.state == .validated)
            _ = try await bench.deployment.promising.release(held.id, by: .anonymous)
            #expect(try await eventually { try await bench.deployment.available("A", "DC") == 5 })
            #expect(try await processing.backorders.askForFreeStock() == 1)
            // What brings supply has made it due.
            #expect(try await processing.reviewPass() == 1)
            #expect(try await units(id, bench) == "released 2")
            while try await processing.reviewPass() > 0 {}
            #expect(try await bench.order(id).review.state == .released)
        }
    }

    @Test("What an unreviewed order gets later waits for somebody to release it")
    func unreviewed() async throws {
        try await Self.releasing { bench, processing, service in
            try await bench.setRules(.init())
            let id = EntityID.fresh
            _ = try await bench.orders.placeOrder(
                request: .with {
                    $0.orderID = id.description
                    $0.channel = TestDeployment.channel
                    $0.externalID = id.description
                    $0.lines = [OrderRequestsTests.line(quantity: 7, units: 1, nanos: 0)]
                    $0.lines[0].sku = "A"
                    $0.lines[0].allowBackorder = true
                }, context: bench.context)
            try await bench.deployment.run("DELETE FROM order_review")
            try await bench.deployment.change(.receive, [("A", "DC", 2)])
            while try await processing.backorders.takeOver() > 0 {}
            #expect(try await processing.releaseDue() == 0)
            #expect(try await units(id, bench) == "allocated 7")
        }
    }
}
