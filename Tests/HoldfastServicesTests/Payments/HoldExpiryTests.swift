import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

@Suite("Holds that lapse")
struct HoldExpiryTests {
    /// An order of 4 units at 2.50 whose hold has lapsed before anything left.
    private func lapsed(_ bench: PaymentBench) async throws -> EntityID {
        let order = try await bench.place([(4, 250)])
        _ = try await bench.add(order, .cardGateway)
        try await lapse(bench, order)
        try await bench.becomes(order) { $0.tenders.map(\.state) == [.expired] }
        return order
    }

    /// Makes the last hold of an order one whose time is over.
    private func lapse(_ bench: PaymentBench, _ order: EntityID) async throws {
        bench.scripted.lapseHolds()
        // A settlement that has read the order before would set its time anew behind this.
        let isQuiet = try await eventually {
            try await bench.numbers(
                "SELECT count(*) FROM order_money WHERE due_at < now() + interval '1 minute'") == [0]
        }
        #expect(isQuiet)
        try await end(bench, order)
    }

    /// Has the time of an order's holds be over.
    private func end(_ bench: PaymentBench, _ order: EntityID) async throws {
        try await bench.run(
            """
            ALTER TABLE payment_attempt DISABLE TRIGGER payment_attempt_ended;
            UPDATE payment_attempt SET expires_at = now() - interval '1 second'
            WHERE order_id = '\(order)' AND action = 1;
            ALTER TABLE payment_attempt ENABLE TRIGGER payment_attempt_ended;
            UPDATE order_money SET due_at = now() WHERE order_id = '\(order)'
            """)
    }

    private func openHolds(_ bench: PaymentBench, _ order: EntityID) async throws -> Int64 {
        try await bench.numbers(
            """
            SELECT count(*) FROM order_hold WHERE order_id = '\(order)' AND reason = 'payment_lapsed'
                AND released_at IS NULL
            """)[0]
    }

    @Test("What lapses is held no longer, told once, and held anew with the same card when goods leave")
    func renewed() async throws {
        try await PaymentBench.with { bench in
            let order = try await lapsed(bench)
            var payments = try await bench.payments(order)
            #expect(payments.standing == .due)
            #expect(payments.held.amountMinor == 0)
            #expect(payments.uncovered.amountMinor == 1_000)
            #expect(payments.attempts.map(\.action) == [.authorize, .expire])
            #expect(!payments.tenders[0].hasHoldExpiresAt)
            #expect(try await bench.numbers("SELECT held FROM order_money") == [0])
            // Until something leaves, the card is left alone.
            try await bench.settles(order)
            #expect(bench.scripted.requestCount == 1)

            try await bench.ship(order, 2)
            try await bench.becomes(order) { $0.taken.amountMinor == 500 }
            payments = try await bench.payments(order)
            #expect(payments.tenders.map(\.state) == [.expired, .partlyCaptured])
            #expect(payments.tenders.map(\.renewsTenderNumber) == [0, 1])
            #expect(payments.tenders[1].amount.amountMinor == 1_000)
            #expect(payments.held.amountMinor == 500)
            #expect(bench.scripted.held == 500)
            try await bench.ship(order, 2)
            try await bench.becomes(order) { $0.standing == .paid }
            try await bench.settles(order)
            #expect(bench.scripted.entries.map(\.action) == ["authorize", "authorize", "capture", "capture"])
            #expect(bench.scripted.kept == 1_000)
            #expect(try await bench.events(order).count { $0 == "payment_expired" } == 1)
            #expect(try await openHolds(bench, order) == 0)
            #expect(try await bench.refund(order, 1_000, goodwill: true).attempts.map(\.state) == [.approved])
            #expect(bench.scripted.kept == 0)
        }
    }

    @Test("Of a hold that was taken in part the rest lapses, and only that is held anew")
    func part() async throws {
        try await PaymentBench.with(holdValidity: .seconds(3_600)) { bench in
            let order = try await bench.place([(4, 250)])
            _ = try await bench.add(order, .cardGateway)
            let expiry = try await bench.payments(order).tenders[0].holdExpiresAt
            let made = try await bench.payments(order).attempts[0].madeAt
            #expect(expiry.seconds - made.seconds == 3_600)
            try await bench.ship(order, 1)
            try await bench.becomes(order) { $0.taken.amountMinor == 250 }
            try await lapse(bench, order)
            try await bench.becomes(order) { $0.tenders.map(\.state) == [.captured] }
            #expect(try await bench.payments(order).uncovered.amountMinor == 750)
            try await bench.ship(order, 3)
            try await bench.becomes(order) { $0.standing == .paid }
            let payments = try await bench.payments(order)
            #expect(payments.tenders.map(\.state) == [.captured, .captured])
            #expect(payments.tenders.map(\.taken.amountMinor) == [250, 750])
            #expect(bench.scripted.kept == 1_000)
            #expect(bench.scripted.held == 0)
            #expect(bench.scripted.entries.allSatisfy { $0.reason == nil })
        }
    }

    @Test("A card that is declined then is not asked again, and what is not released waits until something covers it")
    func declined() async throws {
        try await PaymentBench.with { bench in
            let order = try await lapsed(bench)
            bench.scripted.script(.authorize, .decline("expired card"))
            try await bench.ship(order, 2)
            try await bench.becomes(order) { $0.tenders.map(\.state) == [.expired, .declined] }
            #expect(try await openHolds(bench, order) == 1)
            let stands = try await bench.payments(order)
            #expect(stands.earned.amountMinor == 500)
            #expect(stands.taken.amountMinor == 0)
            #expect(stands.standing == .due)
            for _ in 0..<3 {
                try await bench.run("UPDATE order_money SET due_at = now()")
                try await bench.settles(order)
            }
            #expect(bench.scripted.entries.count == 2)
            #expect(try await openHolds(bench, order) == 1)

            // Another card covers it: the order goes on, and what had left is taken.
            _ = try await bench.add(order, .cardGateway)
            try await bench.becomes(order) { $0.taken.amountMinor == 500 }
            #expect(try await openHolds(bench, order) == 0)
            let told = try await bench.events(order)
            #expect(told.count { $0 == "held" } == 1)
            #expect(told.count { $0 == "hold_lifted" } == 1)
            #expect(bench.scripted.kept == 500)
        }
    }

    @Test("However many servers look, a hold lapses once and is renewed once")
    func together() async throws {
        try await PaymentBench.with(works: false) { bench in
            let order = try await bench.place([(4, 250)])
            _ = try await bench.add(order, .cardGateway)
            bench.scripted.lapseHolds()
            try await end(bench, order)
            try await bench.ship(order, 1)
            for _ in 0..<4 {
                try await bench.run("UPDATE order_money SET due_at = least(due_at, now())")
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            do {
                                _ = try await bench.settleDue()
                                _ = try await bench.deployment.ledger.settlePayments(of: order, patience: 75_000)
                            } catch {
                                Issue.record("\(error)")
                            }
                        }
                    }
                }
                try await bench.makeDue()
                _ = try await bench.processing.payments.clearDue()
            }
            let payments = try await bench.payments(order)
            #expect(payments.attempts.count { $0.action == .expire } == 1)
            #expect(payments.attempts.count { $0.action == .authorize } == 2)
            #expect(payments.taken.amountMinor == 250)
            #expect(bench.scripted.kept == 250)
            #expect(try await bench.events(order).count { $0 == "payment_expired" } == 1)
        }
    }

    @Test("A hold whose capture is not answered does not lapse: it may have been taken in time")
    func open() async throws {
        try await PaymentBench.with(limit: .milliseconds(300), holdValidity: .seconds(3_600)) { bench in
            let order = try await bench.place([(4, 250)])
            _ = try await bench.add(order, .cardGateway)
            bench.scripted.script(.capture, .dropDone)
            try await bench.ship(order, 1)
            _ = try await eventually { bench.scripted.kept == 250 }
            bench.scripted.setDown(true)
            try await lapse(bench, order)
            try await bench.becomes(order) { $0.attempts.last.map { $0.state == .unknown && $0.tries > 2 } ?? false }
            #expect(try await bench.payments(order).tenders.map(\.state) == [.authorized])
            bench.scripted.setDown(false)
            try await bench.becomes(order) { $0.tenders.map(\.state) == [.captured] }
            let payments = try await bench.payments(order)
            #expect(payments.attempts.map(\.action) == [.authorize, .capture, .expire])
            #expect(payments.taken.amountMinor == 250)
            #expect(payments.held.amountMinor == 0)
        }
    }

    @Test("What a server leaves behind after it has noted the end of a hold is sent by the next one, once")
    func crash() async throws {
        try await PaymentBench.with { bench in
            let order = try await lapsed(bench)
            try await bench.settles(order)
            try await bench.ship(order, 2)
            _ = try await bench.deployment.ledger.settlePayments(of: order, patience: 0)
            try await bench.becomes(order) { $0.taken.amountMinor == 500 }
            try await bench.settles(order)
            #expect(bench.scripted.entries.map(\.action) == ["authorize", "authorize", "capture"])
        }
    }

    private func authorize(_ bench: PaymentBench, _ order: EntityID) async throws -> Holdfast_V1_PaymentAttempt? {
        try await bench.service.authorizeTender(
            request: .with {
                $0.authorizationID = EntityID.fresh.description
                $0.orderID = order.description
                $0.tenderNumber = 1
            }, context: bench.context
        ).attempts.first
    }

    @Test("A card whose tender was let go after its hold had lapsed is not asked again")
    func voided() async throws {
        try await PaymentBench.with { bench in
            let order = try await lapsed(bench)
            _ = try await bench.service.voidTender(
                request: .with {
                    $0.voidID = EntityID.fresh.description
                    $0.orderID = order.description
                    $0.tenderNumber = 1
                }, context: bench.context)
            try await bench.ship(order, 2)
            try await bench.settles(order)
            let payments = try await bench.payments(order)
            #expect(payments.tenders.map(\.state) == [.voided])
            #expect(payments.standing == .due)
            #expect(bench.scripted.requestCount == 1)
        }
    }

    @Test("A card that was declined when somebody tried it again is not asked again by itself")
    func declinedAgain() async throws {
        try await PaymentBench.with { bench in
            let order = try await lapsed(bench)
            bench.scripted.script(.authorize, .decline("expired card"))
            #expect(try await authorize(bench, order)?.state == .declined)
            try await bench.ship(order, 2)
            try await bench.settles(order)
            #expect(try await bench.payments(order).tenders.map(\.state) == [.declined])
            #expect(bench.scripted.requestCount == 2)
        }
    }

    @Test("What was paid otherwise after a hold had lapsed is not asked of the old card when the order costs more")
    func replaced() async throws {
        try await PaymentBench.with { bench in
            let order = try await lapsed(bench)
            _ = try await bench.add(order, .cash)
            try await bench.change(order) { work in
                var book = try work.payments()
                book.adjust(500)
                try work.write(&book)
            }
            try await bench.ship(order, 4)
            try await bench.run("UPDATE order_money SET due_at = now()")
            try await bench.settles(order)
            let payments = try await bench.payments(order)
            #expect(payments.uncovered.amountMinor == 500)
            #expect(payments.tenders.map(\.kind) == [.cardGateway, .cash])
            #expect(bench.scripted.requestCount == 1)
        }
    }

    @Test("A renewal that lapses at once is not renewed at once")
    func daily() async throws {
        try await PaymentBench.with { bench in
            let order = try await lapsed(bench)
            try await bench.ship(order, 2)
            try await bench.becomes(order) { $0.taken.amountMinor == 500 }
            try await lapse(bench, order)
            try await bench.becomes(order) { $0.tenders.map(\.state) == [.expired, .captured] }
            try await bench.ship(order, 2)
            let waits = try await eventually {
                try await bench.numbers(
                    """
                    SELECT count(*) FROM order_money WHERE due_at BETWEEN now() + interval '23 hours' AND now() + interval '1 day'
                    """) == [1]
            }
            #expect(waits)
            #expect(try await bench.payments(order).tenders.count == 2)
            #expect(bench.scripted.entries.map(\.action) == ["authorize", "authorize", "capture"])
            // A day after it was asked for it is.
            try await bench.run(
                """
                ALTER TABLE payment_attempt DISABLE TRIGGER payment_attempt_ended;
                UPDATE payment_attempt SET made_at = made_at - interval '1 day' WHERE order_id = '\(order)';
                ALTER TABLE payment_attempt ENABLE TRIGGER payment_attempt_ended;
                UPDATE order_money SET due_at = now() WHERE order_id = '\(order)'
                """)
            try await bench.becomes(order) { $0.standing == .paid }
            #expect(try await bench.payments(order).tenders.map(\.renewsTenderNumber) == [0, 1, 2])
            #expect(bench.scripted.kept == 1_000)
        }
    }

    @Test("A hold that the gateway says had lapsed before it was asked for is unknown: nothing else is asked")
    func skewed() async throws {
        try await PaymentBench.with { bench in
            bench.scripted.setHoldExpiry("2026-01-01T00:00:00Z")
            let order = try await bench.place([(4, 250)])
            #expect(try await bench.add(order, .cardGateway).attempts.map(\.state) == [.unknown])
            try await bench.ship(order, 2)
            try await bench.becomes(order) { $0.attempts.last.map { $0.tries > 3 } ?? false }
            #expect(try await bench.payments(order).tenders.count == 1)
            #expect(bench.scripted.entries.count == 1)
            bench.scripted.setHoldExpiry(nil)
            try await bench.becomes(order) { $0.taken.amountMinor == 500 }
            #expect(bench.scripted.entries.map(\.action) == ["authorize", "capture"])
        }
    }
}
