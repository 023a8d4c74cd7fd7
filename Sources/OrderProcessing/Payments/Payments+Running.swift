import Domain
import Failpoints
import Ledger
import Logging

extension Payments {
    /// Most attempts or orders that one look takes on.
    private static let portion: Int32 = 50

    /// What is looked for again and again: attempts whose outcome is to come, and orders that are due to be settled.
    ///
    /// Any number of servers may do so at once: what is taken on is due again later, so that nobody else takes it on
    /// meanwhile, and somebody does where this server dies. Two that deal with one attempt all the same send the same key.
    ///
    /// - Parameter sender: sends what settlements ask for.
    /// - Returns: the work.
    func recurringWork(sending sender: AttemptSender) -> [RecurringWork] {
        [
            RecurringWork(name: "asking about payments", interval: settings.interval) { try await clearDue() },
            RecurringWork(name: "settling payments", interval: settings.interval) {
                try await settleDue { sender.take($0) }
            },
            RecurringWork(name: "counting overdue payments", interval: .seconds(30)) { try await countOverdue() },
        ]
    }

    /// Tells how many attempts have been unknown for too long; nothing is to be done about them but by people.
    private func countOverdue() async throws -> Int {
        settings.countOverdue(try await ledger.openAttemptCount(olderThan: settings.overdueAfter.milliseconds))
        return 0
    }

    /// Asks about the attempts that are due; how many there were.
    func clearDue() async throws -> Int {
        guard settings.gateway != nil else { return 0 }
        let claimed = try await ledger.claimAttempts(
            limit: Self.portion, pause: settings.pause.milliseconds, longest: settings.longestPause.milliseconds)
        for (attempt, order, error) in claimed.unreadable {
            logger.error(
                "a payment attempt cannot be asked about: its order cannot be read",
                metadata: ["attempt": "\(attempt)", "order": "\(order)", "error": "\(error)"])
        }
        await withTaskGroup(of: Void.self) { group in
            for call in claimed.calls { group.addTask { await clearLogged(call) } }
        }
        return claimed.calls.count + claimed.unreadable.count
    }

    private func clearLogged(_ call: PaymentCall) async {
        let facts: Logger.Metadata = [
            "attempt": "\(call.attempt.id)", "order": "\(call.attempt.order)", "action": "\(call.attempt.action.word)",
            "tries": "\(call.attempt.tries)",
        ]
        do {
            if try await clear(call) {
                logger.info("a payment attempt is known now", metadata: facts)
            } else if call.attempt.tries >= settings.alarmingTries {
                logger.error("it is still not known what became of a payment attempt", metadata: facts)
            }
        } catch {
            if Task.isCancelled { return }
            logger.warning(
                "a payment attempt cannot be recorded; it is tried again",
                metadata: facts.merging(["error": "\(error)"]) { $1 })
        }
    }

    /// Settles the orders that are due, and hands on what a gateway is to be asked for them: a settlement waits for nobody
    /// outside.
    ///
    /// One order that cannot be settled does not hold up the others: it is due again in 30 seconds.
    ///
    /// - Parameter handOn: takes what has attempts to send.
    /// - Returns: how many were due.
    /// - Throws: what the ledger throws.
    func settleDue(_ handOn: @escaping @Sendable (PaymentReply) -> Void) async throws -> Int {
        let orders = try await ledger.claimDueOrders(limit: Self.portion)
        await withTaskGroup(of: Void.self) { group in
            for order in orders { group.addTask { await settleLogged(order, handOn) } }
        }
        return orders.count
    }

    private func settleLogged(_ order: EntityID, _ handOn: @Sendable (PaymentReply) -> Void) async {
        do {
            let made = try await ledger.settlePayments(of: order, patience: settings.patience.milliseconds)
            Failpoint.paymentSettled.pass()
            await settle(made.settlement)
            if settings.gateway != nil, made.calls.contains(where: \.attempt.isOpen) { handOn(made) }
        } catch {
            if Task.isCancelled { return }
            logger.warning(
                "an order cannot be settled; it is tried again", metadata: ["order": "\(order)", "error": "\(error)"])
        }
    }

    /// Sends what a settlement has asked for.
    func sendLogged(_ made: PaymentReply) async {
        do {
            _ = try await send(made)
        } catch {
            if Task.isCancelled { return }
            logger.warning(
                "what became of a payment attempt cannot be recorded; the gateway is asked again",
                metadata: ["order": "\(made.order)", "error": "\(error)"])
        }
    }
}
