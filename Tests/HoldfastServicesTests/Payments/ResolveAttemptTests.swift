import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Logging
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

@Suite("Attempts whose outcome stays unknown")
struct ResolveAttemptTests {
    private func resolve(
        _ bench: PaymentBench, _ attempt: EntityID, _ resolution: Holdfast_V1_AttemptResolution,
        id: EntityID = .fresh, reference: String = "", reason: String = "seen in their console"
    ) async throws -> Holdfast_V1_ResolveAttemptResponse {
        try await bench.service.resolveAttempt(
            request: .with {
                $0.resolutionID = id.description
                $0.attemptID = attempt.description
                $0.resolution = resolution
                $0.reference = reference
                $0.reason = reason
            }, context: bench.context)
    }

    private func open(_ bench: PaymentBench, olderThan: Int64 = 0) async throws -> [String] {
        try await bench.service.listOpenAttempts(
            request: .with { $0.olderThanSeconds = olderThan }, context: bench.context
        ).attempts.map(\.attempt.attemptID)
    }

    /// An order with a card whose hold is not known.
    private func unknown(
        _ bench: PaymentBench, _ behaviour: ScriptedGateway.Behaviour = .dropUnseen
    ) async throws -> (order: EntityID, attempt: EntityID) {
        bench.scripted.script(.authorize, behaviour)
        let (order, id) = (try await bench.place([(1, 1_000)]), EntityID.fresh)
        #expect(try await bench.add(order, .cardGateway, id: id).attempts.map(\.state) == [.unknown])
        return (order, id)
    }

    @Test("What was not done counts no longer, is told, and may be asked for again under another key")
    func notDone() async throws {
        try await PaymentBench.with(works: false, limit: .milliseconds(300)) { bench in
            let (order, attempt) = try await unknown(bench)
            #expect(try await open(bench) == [attempt.description])
            let id = EntityID.fresh
            let resolved = try await resolve(bench, attempt, .notDone, id: id)
            #expect(resolved.orderID == order.description)
            #expect(resolved.attempt.state == .abandoned)
            #expect(resolved.attempt.reason == "seen in their console")
            #expect(resolved.attempt.hasEndedAt)
            #expect(try await resolve(bench, attempt, .notDone, id: id) == resolved)
            #expect(try await status { try await resolve(bench, attempt, .notDone) }.code == .failedPrecondition)
            let other = try await status { try await resolve(bench, attempt, .notDone, id: id, reason: "other") }
            #expect(other.code == .alreadyExists)
            #expect(try await open(bench).isEmpty)
            let stands = try await bench.payments(order)
            #expect(stands.uncovered.amountMinor == 1_000)
            #expect(stands.tenders.map(\.state) == [.pending])
            let again = try await bench.service.authorizeTender(
                request: .with {
                    $0.authorizationID = EntityID.fresh.description
                    $0.orderID = order.description
                    $0.tenderNumber = 1
                }, context: bench.context)
            #expect(again.attempts.map(\.state) == [.approved])
            #expect(bench.scripted.sum(.authorize) == 1_000)
            // The key of the first one is never sent again.
            #expect(bench.scripted.requests(attempt) == 1)
            _ = try await bench.service.reportGatewayEvent(
                request: .with { $0.attemptID = attempt.description }, context: bench.context)
            #expect(bench.scripted.requests(attempt) == 1)
            #expect(try await bench.events(order).count { $0 == "payment_abandoned" } == 1)
        }
    }

    @Test("What was done after all is recorded when the gateway says so")
    func doneAfterAll() async throws {
        try await PaymentBench.with(works: false, limit: .milliseconds(300)) { bench in
            let (order, attempt) = try await unknown(bench, .dropDone)
            #expect(try await resolve(bench, attempt, .notDone).attempt.state == .abandoned)
            #expect(try await bench.payments(order).held.amountMinor == 0)
            let reported = try await bench.service.reportGatewayEvent(
                request: .with { $0.attemptID = attempt.description }, context: bench.context)
            #expect(reported.attempt.state == .approved)
            #expect(try await bench.payments(order).standing == .covered)
            #expect(bench.scripted.held == 1_000)
            #expect(try await bench.events(order).suffix(2) == ["payment_abandoned", "payment_authorized"])
        }
    }

    @Test("What was done has its effect, under the gateway's reference")
    func done() async throws {
        try await PaymentBench.with(limit: .milliseconds(300)) { bench in
            let order = try await bench.place([(2, 500)])
            _ = try await bench.add(order, .cardGateway)
            bench.scripted.script(.capture, .dropDone)
            bench.scripted.scriptLookUps(.failDone)
            try await bench.ship(order, 2)
            _ = try await eventually { bench.scripted.kept == 1_000 }
            bench.scripted.setDown(true)
            try await bench.becomes(order) { $0.attempts.last?.state == .unknown }
            let attempt = try #require(EntityID(try await bench.payments(order).attempts.last?.attemptID ?? ""))
            let resolved = try await resolve(bench, attempt, .done, reference: "gw-2")
            #expect(resolved.attempt.state == .approved)
            #expect(resolved.attempt.reference == "gw-2")
            bench.scripted.setDown(false)
            try await bench.settles(order)
            #expect(try await bench.payments(order).standing == .paid)
            #expect(bench.scripted.kept == 1_000)
            #expect(bench.scripted.requests(attempt) == 1)
        }
    }

    @Test("A capture that was not done is asked for again by itself, under another key")
    func captureAgain() async throws {
        try await PaymentBench.with(works: false, limit: .milliseconds(300)) { bench in
            let order = try await bench.place([(2, 500)])
            _ = try await bench.add(order, .cardGateway)
            bench.scripted.script(.capture, .dropUnseen)
            try await bench.ship(order, 2)
            _ = try await bench.settleDue()
            let attempt = try #require(EntityID(try await bench.payments(order).attempts.last?.attemptID ?? ""))
            _ = try await resolve(bench, attempt, .notDone)
            try await bench.run("UPDATE order_money SET due_at = now()")
            _ = try await bench.settleDue()
            #expect(try await bench.payments(order).standing == .paid)
            #expect(bench.scripted.kept == 1_000)
            #expect(bench.scripted.requests(attempt) == 1)
        }
    }

    @Test("Only what is unknown can be resolved, by those who may, with everything that is needed")
    func refused() async throws {
        try await PaymentBench.with(works: false, limit: .milliseconds(300)) { bench in
            let (order, attempt) = try await unknown(bench)
            let nobody = try await status { try await resolve(bench, .fresh, .notDone) }
            #expect(nobody.code == .notFound)
            for (resolution, reference, reason, field) in [
                (.unspecified, "", "x", "resolution"), (.done, "", "x", "reference"),
                (.notDone, "gw-1", "x", "reference"),
                (.notDone, "", "", "reason"), (.UNRECOGNIZED(9), "", "x", "resolution"),
                (.done, String(repeating: "x", count: 257), "x", "reference"),
                (.notDone, "", String(repeating: "x", count: 257), "reason"),
            ] as [(Holdfast_V1_AttemptResolution, String, String, String)] {
                let refusal = try await status {
                    try await resolve(bench, attempt, resolution, reference: reference, reason: reason)
                }
                #expect(refusal.code == .invalidArgument)
                #expect(refusal.message.contains(field), "\(refusal.message)")
            }
            for (seconds, size, field) in [(-1, 0, "older_than_seconds"), (0, 1_001, "page_size")] {
                let refusal = try await status {
                    try await bench.service.listOpenAttempts(
                        request: .with {
                            $0.olderThanSeconds = Int64(seconds)
                            $0.pageSize = Int32(size)
                        }, context: bench.context)
                }
                #expect(refusal.code == .invalidArgument)
                #expect(refusal.message.contains(field))
            }
            let till = Caller(id: "till", name: "till", roles: [.pos], scope: .everything)
            let forbidden = try await CallerContext.$current.withValue(till) {
                try await status { try await resolve(bench, attempt, .notDone) }
            }
            #expect(forbidden.code == .permissionDenied)
            _ = try await bench.service.reportGatewayEvent(
                request: .with { $0.attemptID = attempt.description }, context: bench.context)
            #expect(try await bench.payments(order).attempts.map(\.state) == [.approved])
            let late = try await status { try await resolve(bench, attempt, .notDone) }
            #expect(late.code == .failedPrecondition)
        }
    }

    @Test("What is open is listed by age, page by page, and only what is old enough")
    func listed() async throws {
        try await PaymentBench.with(works: false, limit: .milliseconds(300)) { bench in
            var attempts: [String] = []
            for _ in 0..<3 { attempts.append(try await unknown(bench).attempt.description) }
            try await bench.run(
                """
                UPDATE payment_attempt SET made_at = now() - interval '8 days' WHERE id IN ('\(attempts[0])', '\(attempts[1])')
                """)
            #expect(try await Set(open(bench)) == Set(attempts))
            #expect(try await Set(open(bench, olderThan: 7 * 86_400)) == Set(attempts.prefix(2)))
            #expect(try await bench.deployment.ledger.openAttemptCount(olderThan: 7 * 86_400_000) == 2)
            var (seen, token) = ([String](), "")
            repeat {
                let page = try await bench.service.listOpenAttempts(
                    request: .with {
                        $0.pageSize = 1
                        $0.pageToken = token
                    }, context: bench.context)
                seen += page.attempts.map(\.attempt.attemptID)
                token = page.nextPageToken
            } while !token.isEmpty
            #expect(seen.count == 3)
            #expect(seen.last == attempts[2])
        }
    }

    private func authorize(_ bench: PaymentBench, _ order: EntityID, id: EntityID = .fresh) async throws {
        _ = try await bench.service.authorizeTender(
            request: .with {
                $0.authorizationID = id.description
                $0.orderID = order.description
                $0.tenderNumber = 1
            }, context: bench.context)
    }

    private func report(
        _ bench: PaymentBench, _ attempt: EntityID
    ) async throws -> Holdfast_V1_ReportGatewayEventResponse {
        try await bench.service.reportGatewayEvent(
            request: .with { $0.attemptID = attempt.description }, context: bench.context)
    }

    @Test("Who asks about an attempt while somebody says that it was not done sends its key no more")
    func resolvedMeanwhile() async throws {
        try await PaymentBench.with(works: false) { bench in
            bench.scripted.script(.charge, .dropUnseen)
            let (order, id) = (try await bench.place([(1, 1_000)], goodsInHand: true), EntityID.fresh)
            #expect(try await bench.add(order, .cardGateway, id: id).attempts.map(\.state) == [.unknown])
            bench.scripted.scriptLookUps(.delayDone(milliseconds: 3_000))
            try await bench.makeDue()
            let asking = Task { try await bench.processing.payments.clearDue() }
            #expect(try await eventually { try await bench.payments(order).attempts[0].tries == 2 })
            _ = try await resolve(bench, id, .notDone)
            try await authorize(bench, order)
            #expect(try await asking.value == 1)
            let payments = try await bench.payments(order)
            #expect(payments.attempts.map(\.state) == [.abandoned, .approved])
            #expect(bench.scripted.requests(id) == 1)
            #expect(bench.scripted.kept == 1_000)
        }
    }

    @Test("A charge that was done after all, and so was the one in its place, is recorded, and the surplus given back")
    func chargedTwice() async throws {
        try await PaymentBench.with(works: false, limit: .seconds(1)) { bench in
            bench.scripted.script(.charge, .dropDone)
            let (order, id) = (try await bench.place([(1, 1_000)], goodsInHand: true), EntityID.fresh)
            _ = try await bench.add(order, .cardGateway, id: id)
            _ = try await resolve(bench, id, .notDone)
            try await authorize(bench, order)
            #expect(bench.scripted.kept == 2_000)
            #expect(try await report(bench, id).attempt.state == .approved)
            #expect(try await bench.payments(order).taken.amountMinor == 2_000)
            _ = try await bench.settleDue()
            let payments = try await bench.payments(order)
            #expect(payments.tenders.map(\.state) == [.captured])
            #expect(payments.standing == .paid)
            #expect(bench.scripted.kept == 1_000)
            // What is left is of the other charge, and can be given back as well.
            #expect(try await bench.refund(order, 1_000, goodwill: true).attempts.map(\.state) == [.approved])
            #expect(bench.scripted.kept == 0)
            #expect(bench.scripted.entries.allSatisfy { $0.reason == nil })
        }
    }

    @Test(
        "A hold that was there after all is recorded wherever its tender stands, and let go where nobody waits for it",
        arguments: ["declined", "voided", "authorized", "captured"])
    func lateHold(stands: String) async throws {
        try await PaymentBench.with(works: false, limit: .seconds(1)) { bench in
            let (order, attempt) = try await unknown(bench, .dropDone)
            _ = try await resolve(bench, attempt, .notDone)
            switch stands {
            case "declined":
                bench.scripted.script(.authorize, .decline("no"))
                try await authorize(bench, order)
            case "voided":
                _ = try await bench.service.voidTender(
                    request: .with {
                        $0.voidID = EntityID.fresh.description
                        $0.orderID = order.description
                        $0.tenderNumber = 1
                    }, context: bench.context)
            default:
                try await authorize(bench, order)
                if stands == "captured" {
                    try await bench.ship(order, 1)
                    _ = try await bench.settleDue()
                }
            }
            #expect(try await bench.payments(order).tenders[0].state == Self.states[stands])
            #expect(try await report(bench, attempt).attempt.state == .approved)
            for _ in 0..<3 {
                _ = try await bench.settleDue()
                _ = try await bench.processing.payments.clearDue()
            }
            let payments = try await bench.payments(order)
            // A declined card waits for its hold; everywhere else the late one goes, and the other stays.
            #expect(payments.tenders[0].state == (stands == "declined" ? .authorized : Self.states[stands]))
            #expect(payments.attempts.allSatisfy { $0.state != .prepared && $0.state != .unknown })
            #expect(payments.held.amountMinor == (stands == "declined" || stands == "authorized" ? 1_000 : 0))
            #expect(bench.scripted.held == payments.held.amountMinor)
            #expect(bench.scripted.kept == (stands == "captured" ? 1_000 : 0))
            guard stands == "declined" || stands == "authorized" else { return }
            try await bench.ship(order, 1)
            _ = try await bench.settleDue()
            #expect(bench.scripted.kept == 1_000)
            #expect(bench.scripted.held == 0)
        }
    }

    private static let states: [String: Holdfast_V1_TenderState] = [
        "declined": .declined, "voided": .voided, "authorized": .authorized, "captured": .captured,
    ]

    @Test("What was done after all and cannot be held beside what was done in its place is refused by name")
    func tooMuch() async throws {
        try await PaymentBench.with(works: false, limit: .seconds(1)) { bench in
            let order = try await bench.place([(1, 1_000)])
            _ = try await bench.add(order, .cardGateway)
            bench.scripted.script(.capture, .dropDone)
            try await bench.ship(order, 1)
            _ = try await bench.settleDue()
            let attempt = try #require(EntityID(try await bench.payments(order).attempts.last?.attemptID ?? ""))
            _ = try await resolve(bench, attempt, .notDone)
            // Somebody lets the hold go in their console, and says so of another attempt.
            bench.scripted.script(.void, .dropUnseen)
            _ = try await bench.service.voidTender(
                request: .with {
                    $0.voidID = EntityID.fresh.description
                    $0.orderID = order.description
                    $0.tenderNumber = 1
                }, context: bench.context)
            let void = try #require(EntityID(try await bench.payments(order).attempts.last?.attemptID ?? ""))
            _ = try await resolve(bench, void, .done, reference: "gw-9")
            #expect(try await bench.payments(order).tenders.map(\.state) == [.voided])
            let refusal = try await status { try await report(bench, attempt) }
            #expect(refusal.code == .failedPrecondition)
            #expect(try Details(refusal).info?.reason == "PAYMENT_ATTEMPT_STATE")
            #expect(try await bench.payments(order).attempts.contains { $0.state == .abandoned })
        }
    }

    @Test("A server without a gateway writes nothing down for others to do: it refuses what asks one")
    func withoutGateway() async throws {
        try await PaymentBench.with(works: false) { bench in
            let order = try await bench.place([(1, 1_000)])
            _ = try await bench.add(order, .cardGateway, authorize: false)
            let logger = Logger(label: "test")
            let bare = PaymentService(
                processing: OrderProcessing(
                    promising: bench.deployment.promising, payments: PaymentSettings(), logger: logger), logger: logger)
            let refusal = try await status {
                try await bare.authorizeTender(
                    request: .with {
                        $0.authorizationID = EntityID.fresh.description
                        $0.orderID = order.description
                        $0.tenderNumber = 1
                    }, context: bench.context)
            }
            #expect(refusal.code == .failedPrecondition)
            #expect(try Details(refusal).info?.metadata["state"] == "no_gateway")
            #expect(try await bench.payments(order).attempts.isEmpty)
        }
    }

    @Test("An id that has paid for one order pays for no other, whatever asks with it")
    func idOfAnother() async throws {
        try await PaymentBench.with(works: false) { bench in
            let (first, second) = (try await bench.place([(1, 1_000)]), try await bench.place([(1, 1_000)]))
            let id = EntityID.fresh
            for order in [first, second] {
                _ = try await bench.add(order, .cash)
                try await bench.ship(order, 1)
            }
            _ = try await bench.refund(first, 400, id: id, goodwill: true)
            let change = OrderChange(id: id, order: second, kind: .returnChange, body: [1], caller: .anonymous)
            for _ in 0..<2 {
                await #expect(throws: Refusal.differentBody(.paymentAttempt, id, stored: [])) {
                    _ = try await bench.deployment.ledger.changeOrder(change) { work in
                        var book = try work.payments()
                        _ = try book.refund(400, goodwill: true, id: id, by: .systemAlone)
                        try work.write(&book)
                        return []
                    }
                }
            }
            #expect(try await bench.payments(second).givenBack.amountMinor == 0)
        }
    }
}
