import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
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
            _ = try await bench.processing.payments.settleDue()
            let attempt = try #require(EntityID(try await bench.payments(order).attempts.last?.attemptID ?? ""))
            _ = try await resolve(bench, attempt, .notDone)
            try await bench.run("UPDATE order_money SET due_at = now()")
            _ = try await bench.processing.payments.settleDue()
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
}
