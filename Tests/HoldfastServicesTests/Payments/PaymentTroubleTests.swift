import Domain
import Failpoints
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

/// Failpoints are of the whole process: no two of these at the same time.
@Suite("Payments in trouble", .serialized)
struct PaymentTroubleTests {
    static let troubles: [ScriptedGateway.Behaviour] = [
        .dropUnseen, .dropDone, .failUnseen, .failDone, .delayDone(milliseconds: 60_000),
        .delayUnseen(milliseconds: 60_000), .garbage, .wrongAmount, .wrongKey, .wrongCurrency, .trickle, .duplicate,
    ]

    @Test("Whatever a gateway does, each attempt is done once, and what became of it is found out", arguments: troubles)
    func everyTrouble(behaviour: ScriptedGateway.Behaviour) async throws {
        try await PaymentBench.with(limit: .milliseconds(300)) { bench in
            for action in [PaymentAction.authorize, .capture, .refund, .void] {
                bench.scripted.script(action, behaviour)
            }
            // The first answer about each key is a lie, too.
            bench.scripted.scriptLookUps(.dropUnseen, .failDone, .wrongAmount, .dropDone)
            let order = try await bench.place([(4, 250)])
            _ = try await bench.add(order, .cardGateway)
            try await bench.becomes(order) { $0.standing == .covered }
            try await bench.ship(order, 2)
            try await bench.becomes(order) { $0.taken.amountMinor == 500 }
            try await bench.takeBack(order, 1)
            _ = try await bench.refund(order)
            try await bench.becomes(order) { $0.givenBack.amountMinor == 250 }
            _ = try await bench.deployment.cancel(order)
            try await bench.becomes(order) { $0.held.amountMinor == 0 && $0.standing == .paid }
            try await bench.settles(order)

            let payments = try await bench.payments(order)
            #expect(payments.attempts.map(\.state) == Array(repeating: .approved, count: 4))
            #expect(payments.taken.amountMinor - payments.givenBack.amountMinor == bench.scripted.kept)
            #expect(bench.scripted.held == 0)
            #expect(bench.scripted.entries.count == 4)
            #expect(Set(bench.scripted.entries.map(\.key)).count == 4)
            #expect(Set(bench.scripted.entries.map(\.key.description)) == Set(payments.attempts.map(\.attemptID)))
            // Each outcome is told once, and that it was not known at most once.
            let told = try await bench.events(order).filter { $0.hasPrefix("payment") && $0 != "payment_unknown" }
            #expect(
                told == [
                    "payment_added", "payment_authorized", "payment_captured", "payment_refunded", "payment_voided",
                ])
        }
    }

    @Test("An unknown outcome is told as such, counts as done, and is no decline")
    func unknown() async throws {
        try await PaymentBench.with(works: false, limit: .milliseconds(300)) { bench in
            bench.scripted.script(.authorize, .dropDone)
            let order = try await bench.place([(1, 1_000)])
            let id = EntityID.fresh
            let added = try await bench.add(order, .cardGateway, id: id)
            #expect(added.attempts.map(\.state) == [.unknown])
            #expect(added.attempts.allSatisfy { !$0.reason.isEmpty })
            #expect(try await bench.payments(order).standing == .due)
            #expect(try await bench.payments(order).uncovered.amountMinor == 0)
            // A second tab does not pay twice.
            let second = try await status { try await bench.add(order, .cardGateway) }
            #expect(second.code == .failedPrecondition)
            let void = try await status {
                try await bench.service.voidTender(
                    request: .with {
                        $0.voidID = EntityID.fresh.description
                        $0.orderID = order.description
                        $0.tenderNumber = 1
                    }, context: bench.context)
            }
            #expect(void.code == .failedPrecondition)
            let reported = try await bench.service.reportGatewayEvent(
                request: .with { $0.attemptID = id.description }, context: bench.context)
            #expect(reported.attempt.state == .approved)
            #expect(reported.orderID == order.description)
            #expect(bench.scripted.requests(id) == 1)
            #expect(try await bench.add(order, .cardGateway, id: id).attempts == [reported.attempt])
            #expect(bench.scripted.sum(.authorize) == 1_000)
            let nobody = try await status {
                try await bench.service.reportGatewayEvent(
                    request: .with { $0.attemptID = EntityID.fresh.description }, context: bench.context)
            }
            #expect(nobody.code == .notFound)
        }
    }

    @Test(
        "A call that is repeated finds out what became of the first one, and sends its key again where it was never seen"
    )
    func repeated() async throws {
        for behaviour in [ScriptedGateway.Behaviour.dropDone, .dropUnseen] {
            try await PaymentBench.with(works: false, limit: .milliseconds(300)) { bench in
                bench.scripted.script(.authorize, behaviour)
                let order = try await bench.place([(1, 1_000)])
                let id = EntityID.fresh
                #expect(try await bench.add(order, .cardGateway, id: id).attempts.map(\.state) == [.unknown])
                let replies = try await withThrowingTaskGroup(of: Holdfast_V1_AddTenderResponse.self) { group in
                    for _ in 0..<8 { group.addTask { try await bench.add(order, .cardGateway, id: id) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(replies.allSatisfy { $0 == replies[0] && $0.attempts.map(\.state) == [.approved] })
                #expect(bench.scripted.entries.count == 1)
                #expect(try await bench.events(order).count { $0 == "payment_authorized" } == 1)
            }
        }
    }

    @Test("Client and callbacks complete an attempt at once: one outcome, told once")
    func callback() async throws {
        try await PaymentBench.with { bench in
            bench.scripted.script(.authorize, .delayDone(milliseconds: 400))
            let order = try await bench.place([(1, 1_000)])
            let id = EntityID.fresh
            let states = try await withThrowingTaskGroup(of: [Holdfast_V1_PaymentAttemptState].self) { group in
                group.addTask { try await bench.add(order, .cardGateway, id: id).attempts.map(\.state) }
                _ = try await eventually { bench.scripted.entries.count == 1 }
                for _ in 0..<8 {
                    group.addTask {
                        let reply = try await bench.service.reportGatewayEvent(
                            request: .with { $0.attemptID = id.description }, context: bench.context)
                        return [reply.attempt.state]
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(states == Array(repeating: .approved, count: 9))
            #expect(try await bench.events(order).count { $0 == "payment_authorized" } == 1)
            #expect(bench.scripted.entries.count == 1)
        }
    }

    @Test("However many refunds are asked for at once, never more is given back than was taken")
    func concurrentRefunds() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(10, 100)])
            _ = try await bench.add(order, .cardGateway, 600)
            _ = try await bench.add(order, .cardGateway)
            try await bench.ship(order, 10)
            try await bench.becomes(order) { $0.standing == .paid }
            let granted = await withTaskGroup(of: Int64.self) { group in
                for index in 0..<30 {
                    group.addTask {
                        let amount = Int64(70 + index % 3)
                        do {
                            _ = try await bench.refund(order, amount, goodwill: true)
                            return amount
                        } catch {
                            return 0
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 }
            }
            #expect((930...1_000).contains(granted))
            #expect(bench.scripted.sum(.refund) == granted)
            let payments = try await bench.payments(order)
            #expect(payments.givenBack.amountMinor == granted)
            #expect(payments.owed.amountMinor == 1_000 - granted)
            #expect(bench.scripted.entries.allSatisfy { $0.reason == nil })
        }
    }

    @Test("However many tenders are offered at once, no more is held than is owed")
    func concurrentTenders() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(1, 1_000)])
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        do {
                            _ = try await bench.add(order, .cardGateway, 300)
                        } catch {
                            // Refused: what is owed is covered.
                        }
                    }
                }
            }
            #expect(bench.scripted.sum(.authorize) == 900)
            #expect(try await bench.payments(order).tenders.count == 3)
        }
    }

    @Test("What a server leaves behind between the first commit and the call is sent by the next one")
    func crashBeforeCall() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(2, 500)])
            let id = EntityID.fresh
            // What the first transaction does, and then nothing.
            _ = try await bench.deployment.ledger.addTender(
                TenderRequest(
                    change: OrderChange(
                        id: id, order: order, kind: .payment, body: [60], caller: .anonymous, reason: ""),
                    tender: Tender(
                        id: id, number: 0, kind: .cardGateway, amount: 0, gateway: "card", token: "tok-1"),
                    amount: nil, authorizes: true, giftCard: nil), patience: 0)
            try await bench.becomes(order) { $0.standing == .covered }
            #expect(bench.scripted.requests(id) == 1)

            // The same of what follows by itself.
            try await bench.run("UPDATE order_money SET due_at = 'infinity'")
            try await bench.ship(order, 1)
            _ = try await bench.deployment.ledger.settlePayments(of: order, patience: 0)
            try await bench.becomes(order) { $0.taken.amountMinor == 500 }
            try await bench.settles(order)
            #expect(bench.scripted.kept == 500)
            #expect(bench.scripted.entries.count == 2)
        }
    }

    @Test(
        "An answer that is lost before it is recorded is asked for again",
        arguments: [PaymentAction.authorize, .refund])
    func crashBeforeRecording(action: PaymentAction) async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(2, 500)], goodsInHand: action == .refund)
            if action == .refund { _ = try await bench.add(order, .cardGateway) }
            let state = try await Failpoint.armed(.paymentAnswered, .drop) {
                action == .refund
                    ? try await bench.refund(order, 300, goodwill: true).attempts.map(\.state)
                    : try await bench.add(order, .cardGateway).attempts.map(\.state)
            }
            #expect(state == [.prepared])
            try await bench.makeDue()
            try await bench.settles(order)
            let payments = try await bench.payments(order)
            #expect(payments.attempts.allSatisfy { $0.state == .approved })
            #expect(bench.scripted.kept == (action == .refund ? 700 : 0))
            #expect(bench.scripted.held == (action == .refund ? 0 : 1_000))
            #expect(bench.scripted.requestCount == payments.attempts.count)
        }
    }

    @Test("A gateway that is away is asked until it is there again")
    func away() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(2, 500)])
            _ = try await bench.add(order, .cardGateway)
            bench.scripted.setDown(true)
            try await bench.ship(order, 2)
            try await bench.becomes(order) { $0.attempts.last?.tries ?? 0 > 3 }
            #expect(try await bench.payments(order).taken.amountMinor == 0)
            bench.scripted.setDown(false)
            try await bench.becomes(order) { $0.standing == .paid }
            #expect(bench.scripted.kept == 1_000)
            #expect(bench.scripted.sum(.capture) == 1_000)
        }
    }

    @Test("A capture that is declined is asked for again after a pause, under another key")
    func declinedCapture() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(2, 500)])
            _ = try await bench.add(order, .cardGateway)
            bench.scripted.script(.capture, .decline("try later"))
            try await bench.ship(order, 2)
            try await bench.becomes(order) { $0.attempts.last?.state == .declined }
            #expect(try await bench.payments(order).tenders.map(\.state) == [.authorized])
            #expect(
                try await bench.numbers(
                    "SELECT count(*) FROM order_money WHERE due_at BETWEEN now() AND now() + interval '1 day'")
                    == [1])
            try await bench.run("UPDATE order_money SET due_at = now()")
            try await bench.becomes(order) { $0.standing == .paid }
            #expect(bench.scripted.kept == 1_000)
        }
    }

    @Test("Attempts that have ended and entries of stored value cannot be changed, whoever tries")
    func immutable() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(1, 500)])
            _ = try await bench.add(order, .cardGateway)
            for statement in [
                "UPDATE payment_attempt SET amount = 1", "DELETE FROM payment_attempt",
                "DELETE FROM stored_value_entry",
                "UPDATE document SET total = 0", "DELETE FROM document_line",
            ] {
                await #expect(throws: (any Error).self, "\(statement)") { try await bench.run(statement) }
            }
        }
    }

    @Test("A gateway that does not answer holds up no order that needs none, however many wait for it")
    func blackHole() async throws {
        // Longer than any test waits.
        try await PaymentBench.with(limit: .seconds(600)) { bench in
            var silent: [EntityID] = []
            for _ in 0..<4 {
                let order = try await bench.place([(1, 100)])
                _ = try await bench.add(order, .cardGateway)
                bench.scripted.script(.capture, .delayUnseen(milliseconds: 600_000))
                silent.append(order)
            }
            for order in silent { try await bench.ship(order, 1) }
            #expect(try await eventually { bench.scripted.requestCount == 8 })
            let cash = try await bench.place([(1, 100)])
            _ = try await bench.add(cash, .cash)
            try await bench.ship(cash, 1)
            #expect(try await eventually { try await bench.documents(cash).map(\.kind) == [.invoice] })
            for order in silent {
                #expect(try await bench.payments(order).attempts.map(\.state) == [.approved, .prepared])
            }
            #expect(bench.scripted.kept == 0)
        }
    }

    @Test("An attempt of an order whose units do not add up is listed, and holds up no question about others")
    func unreadableOrder() async throws {
        try await PaymentBench.with(works: false) { bench in
            var orders: [EntityID] = []
            for _ in 0..<3 {
                let order = try await bench.place([(1, 100)])
                bench.scripted.script(.authorize, .dropUnseen)
                _ = try await bench.add(order, .cardGateway)
                orders.append(order)
            }
            let bad = orders[1]
            try await bench.run("UPDATE line_quantity SET quantity = 2 WHERE order_id = '\(bad)'")
            let listed = try await bench.service.listOpenAttempts(request: .init(), context: bench.context).attempts
            #expect(Set(listed.map(\.orderID)) == Set(orders.map(\.description)))
            #expect(listed.allSatisfy { $0.attempt.amount == PaymentBench.money(100) })
            try await bench.makeDue()
            #expect(try await bench.processing.payments.clearDue() == 3)
            for order in orders where order != bad {
                #expect(try await bench.payments(order).attempts.map(\.state) == [.approved])
            }
            #expect(bench.scripted.held == 200)
            // Once its books are right again, it goes on.
            try await bench.run("UPDATE line_quantity SET quantity = 1 WHERE order_id = '\(bad)'")
            try await bench.makeDue()
            #expect(try await bench.processing.payments.clearDue() == 1)
            #expect(try await bench.payments(bad).attempts.map(\.state) == [.approved])
        }
    }
}
