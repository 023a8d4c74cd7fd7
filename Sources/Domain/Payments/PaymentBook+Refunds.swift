extension PaymentBook {
    /// Asks for an amount to be given back, by refund sequence.
    ///
    /// - Parameters:
    ///   - amount: how much; nil is all that is due back.
    ///   - only: the only tender that gets any.
    ///   - goodwill: lets it be more than is due back; the order then costs so much less.
    ///   - purpose: what for; nil is a surplus where there is as much.
    ///   - id: of the request; the attempts' ids follow from it.
    ///   - actors: who asks.
    /// - Returns: the attempts, one for each tender that gets a part.
    /// - Throws: `Refusal` where less was taken or is due back, or the actors may not.
    public mutating func refund(
        _ amount: Int64?, only: Int16? = nil, goodwill: Bool = false, purpose: RefundPurpose? = nil, id: EntityID,
        by actors: Set<LifecycleActor>
    ) throws -> [PaymentAttempt] {
        if let only { _ = try tender(only) }
        let due = money.overpaid
        let wanted = amount ?? due
        guard wanted > 0 else {
            throw Refusal.wrongState(
                .order, "\(order)", state: money.standing.word, explanation: "nothing is due back")
        }
        let choice = TenderChoice.refunding(wanted, to: money.tenders, only: only)
        guard choice.rest == 0, wanted <= money.refundable else {
            throw Refusal.wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation:
                    "\(wanted) minor units are to be given back; \(min(money.refundable, wanted - choice.rest)) were taken "
                    + "and are neither given back, in whatever way, nor on their way back")
        }
        guard wanted <= due || goodwill else {
            throw Refusal.wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation: "\(wanted) minor units are to be given back, \(due) are due back; more is goodwill")
        }
        if wanted > due { adjust(due - wanted) }
        let purpose = purpose ?? (wanted <= money.surplus ? .surplus : .asked)
        return try give(choice.parts, purpose, id: id, by: actors)
    }

    /// Asks for parts to be given back, each to its tender.
    mutating func give(
        _ parts: [TenderPart], _ purpose: RefundPurpose, id: EntityID, by actors: Set<LifecycleActor>
    ) throws -> [PaymentAttempt] {
        try parts.enumerated().map { index, part in
            let tender = try tender(part.tender)
            _ = try Lifecycle.payment.decide(.refundPart, in: tender.state, by: actors, naming: name(of: tender))
            return try ask(
                .refund, of: part.tender, part.amount, purpose: purpose,
                id: index == 0 ? id : id.named("part \(index)"), cause: id
            )
        }
    }

    /// Gives store credit in place of an amount that is due back: the order keeps the money, and owes it no longer.
    ///
    /// An order without tenders is paid elsewhere: the customer is credited all the same.
    ///
    /// - Parameters:
    ///   - amount: minor units, at least 1.
    ///   - cause: the request.
    ///   - reason: why, as the account's entry says.
    ///   - account: finds the account; asked only where the amount may be credited.
    /// - Throws: `Refusal` where the order has tenders and less is due back; what finding the account throws.
    public mutating func credit(
        _ amount: Int64, cause: EntityID, reason: String, to account: () throws -> EntityID
    ) throws {
        if isKept { try refuseMoreThanDue(amount) }
        changes.append(
            .booked(
                StoredValueBooking(
                    account: try account(), amount: amount, cause: cause, order: order, reason: reason)))
        if isKept { try giveOtherwise(.init(kind: .storeCredit, label: "", amount: amount)) }
    }

    /// Notes that an amount that is due back was given otherwise than by the tenders: the order keeps so much of what they gave.
    ///
    /// - Parameter payment: how, and how much in minor units.
    /// - Throws: `Refusal` where less is due back.
    public mutating func giveOtherwise(_ payment: DocumentContent.Payment) throws(Refusal) {
        guard payment.amount > 0 else { return }
        try refuseMoreThanDue(payment.amount)
        money.givenOtherwise += payment.amount
        givenOtherwise.append(payment)
        tellAdjusted(payment.amount)
    }

    private func refuseMoreThanDue(_ amount: Int64) throws(Refusal) {
        guard amount > money.overpaid else { return }
        throw .wrongState(
            .order, "\(order)", state: money.standing.word,
            explanation: "\(amount) minor units are to be given back, \(money.overpaid) are due back")
    }

    /// Changes what is owed beyond the lines: a fee that is kept counts up, goodwill down.
    public mutating func adjust(_ amount: Int64) {
        guard amount != 0 else { return }
        money.adjusted += amount
        tellAdjusted(amount)
    }

    /// Tells once in a change by how much it changes what the order costs in the end; nothing where that is nothing.
    private mutating func tellAdjusted(_ amount: Int64) {
        isAdjusted = true
        let before = facts.firstIndex { $0.kind == .paymentAdjusted }
        let sum = amount + (before.map { facts.remove(at: $0).amount } ?? 0)
        guard sum != 0 else { return }
        facts.append(PaymentFact(.paymentAdjusted, nil, before: nil, amount: sum))
    }
}
