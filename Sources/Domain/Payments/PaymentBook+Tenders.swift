extension PaymentBook {
    /// Most tenders of an order.
    static let mostTenders = 100

    /// Names a tender for the order.
    ///
    /// - Parameters:
    ///   - draft: what it is; its number and amount are found here.
    ///   - amount: what it pays; nil is what no tender covers yet.
    ///   - actors: who asks.
    /// - Returns: the tender.
    /// - Throws: `Refusal` where nothing or less is to be covered, there are 100 tenders, or the actors may not.
    public mutating func add(_ draft: Tender, amount: Int64?, by actors: Set<LifecycleActor>) throws(Refusal) -> Tender
    {
        let entering = try Lifecycle.payment.decide(.add, in: nil, by: actors, naming: "\(draft.id)")
        let uncovered = money.uncovered
        guard uncovered > 0 else {
            throw .wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation: "\(money.owed) minor units are owed, and tenders cover them or may turn out to")
        }
        guard (amount ?? uncovered) <= uncovered else {
            throw .wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation: "\(amount ?? 0) minor units were offered, \(uncovered) are still to be covered")
        }
        guard money.tenders.count < Self.mostTenders else {
            throw .wrongState(
                .order, "\(order)", state: "tenders=\(money.tenders.count)",
                explanation: "an order has at most \(Self.mostTenders) tenders")
        }
        var tender = draft
        tender.number = Int16(money.tenders.count + 1)
        tender.amount = amount ?? uncovered
        tender.state = entering.to
        tender.sums = TenderSums()
        money.tenders.append(tender)
        if !isKept {
            changes.append(.moneyKept(owed: money.owed, earned: money.earned))
            isKept = true
        }
        changes.append(.tenderAdded(tender))
        facts.append(PaymentFact(.paymentAdded, tender, before: nil, amount: tender.amount))
        return tender
    }

    /// Asks for a tender's amount: to be held, or to be taken at once.
    ///
    /// A tender that asks no gateway is always charged. One that was declined or has lapsed is tried again.
    public mutating func approve(
        _ number: Int16, charging: Bool, id: EntityID, cause: EntityID, by actors: Set<LifecycleActor>
    ) throws -> PaymentAttempt {
        var tender = try tender(number)
        try refuseOpen(tender, to: .authorize)
        // Others may have covered it since it was named.
        guard tender.sums.covering > 0 || tender.amount <= money.uncovered else {
            throw Refusal.wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation: "the tender is over \(tender.amount), \(money.uncovered) are still to be covered")
        }
        if tender.state == .declined || tender.state == .expired {
            try move(number, .retry, by: actors)
            tender = try self.tender(number)
        }
        let atOnce = charging || !tender.kind.asksGateway
        _ = try Lifecycle.payment.decide(
            atOnce ? .charge : .authorize, in: tender.state, by: actors, naming: name(of: tender))
        return try ask(atOnce ? .charge : .authorize, of: number, tender.amount, id: id, cause: cause)
    }

    /// Asks for what a tender holds to be let go.
    ///
    /// - Returns: the attempt; nil where nothing is held, and the tender is voided without one.
    /// - Throws: `Refusal` where an outcome is to come that decides what is held, or the actors may not.
    public mutating func void(
        _ number: Int16, id: EntityID, cause: EntityID, by actors: Set<LifecycleActor>
    ) throws -> PaymentAttempt? {
        let tender = try tender(number)
        try refuseOpen(tender, to: .void)
        let transition = try Lifecycle.payment.decide(.void, in: tender.state, by: actors, naming: name(of: tender))
        guard tender.sums.held > 0 else {
            try move(number, .void, by: actors)
            facts.append(
                PaymentFact(.paymentVoided, try self.tender(number), before: transition.from, amount: 0))
            return nil
        }
        return try ask(.void, of: number, tender.sums.held, id: id, cause: cause)
    }
}
