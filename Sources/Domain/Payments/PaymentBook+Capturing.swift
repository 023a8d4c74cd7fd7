extension PaymentBook {
    /// Asks for a part of what a tender holds to be taken.
    ///
    /// - Parameters:
    ///   - number: the tender.
    ///   - amount: how much; nil is all that is held and owed.
    ///   - isFinal: whether the rest of the hold is let go with it.
    ///   - id: the attempt's id.
    ///   - cause: the request.
    ///   - actors: who asks.
    /// - Returns: the attempt.
    /// - Throws: `Refusal` where less is held or owed, or the actors may not.
    public mutating func capture(
        _ number: Int16, amount: Int64?, isFinal: Bool = false, id: EntityID, cause: EntityID,
        by actors: Set<LifecycleActor>
    ) throws -> PaymentAttempt {
        let tender = try tender(number)
        _ = try Lifecycle.payment.decide(.capturePart, in: tender.state, by: actors, naming: name(of: tender))
        let sums = money.sums
        let owed = max(0, money.owed - sums.kept - sums.captured.open - sums.charged.open)
        let most = min(tender.sums.capturable, owed)
        guard most > 0, (amount ?? most) <= most else {
            throw Refusal.wrongState(
                .payment, name(of: tender), state: tender.state.word,
                explanation:
                    "\(amount ?? most) minor units were asked for; it holds \(tender.sums.capturable) that are "
                    + "neither taken nor being taken, and \(owed) are owed and not taken")
        }
        let taken = amount ?? most
        return try ask(
            .capture, of: number, taken, letsGo: isFinal ? tender.sums.capturable - taken : 0, isFinal: isFinal, id: id,
            cause: cause)
    }

    /// Asks for what is due: notes holds that have lapsed, takes what is earned, holds anew what is earned and has lapsed,
    /// gives back a surplus after a cancellation, lets go holds that are not needed any more.
    ///
    /// Asking again asks for nothing twice: what is on its way counts.
    ///
    /// - Parameter id: of the settlement; the attempts' ids follow from it.
    /// - Returns: the attempts.
    /// - Throws: what PostgreSQL throws.
    public mutating func settle(_ id: EntityID) throws -> [PaymentAttempt] {
        var made: [PaymentAttempt] = []
        let actors: Set<LifecycleActor> = .systemAlone
        try expireHolds(id)
        for part in TenderChoice.charging(money.captureDue, to: money.tenders).parts {
            let sums = money.sums
            let isLast = money.owed - sums.kept - sums.captured.open - sums.charged.open == part.amount
            made.append(
                try capture(
                    part.tender, amount: part.amount, isFinal: isLast, id: id.named("part \(made.count + 1)"),
                    cause: id, by: actors))
        }
        let renewed = try renewHolds(id)
        made += renewed.made
        let unasked = money.tenders.filter(\.isGivenBackUnasked)
        for part in TenderChoice.refunding(money.surplus, to: unasked).parts {
            made += try give([part], .surplus, id: id.named("part \(made.count + 1)"), by: actors)
        }
        let sums = money.sums
        let need = money.owed - sums.kept - sums.captured.open - sums.charged.open
        for tender in TenderChoice.idle(money.tenders, needing: need) {
            if let attempt = try void(tender.number, id: id.named("part \(made.count + 1)"), cause: id, by: actors) {
                made.append(attempt)
            }
        }
        due = .whenChanged
        if let waiting = renewed.waiting {
            due = .after(milliseconds: (waiting.microseconds - now.microseconds + 999) / 1_000)
        }
        return made
    }

    /// Says that nobody need look at what is due where that would ask for nothing: what was given and taken is right as it is.
    ///
    /// Documents are not the book's: whoever writes it issues those that are due in the same transaction.
    public mutating func endDueWhereSettled() {
        guard due == .after(milliseconds: 0) else { return }
        var trial = self
        do {
            guard try trial.settle(order).isEmpty, trial.changes.count == changes.count, trial.due == .whenChanged
            else {
                return
            }
            due = .whenChanged
        } catch {
            // Whoever settles it is told why that cannot be; what has happened is recorded all the same.
        }
    }
}
