extension PaymentBook {
    /// When what a tender holds lapses; nil where it holds nothing, or nobody knows.
    public func holdExpiry(of tender: Tender) -> Instant? {
        guard tender.sums.held > 0 else { return nil }
        return attempts.last { $0.tender == tender.number && $0.action == .authorize && $0.state == .approved }?
            .expiresAt
    }

    /// When the next hold lapses that can be noted as lapsed; nil where none does.
    ///
    /// A tender whose last capture is still to be answered is not among them: it may have been taken in time. Its answer
    /// makes the order due.
    public var nextExpiry: Instant? {
        money.tenders.filter { !$0.sums.hasOpen }.compactMap { holdExpiry(of: $0) }.min()
    }

    /// Whether a hold has lapsed, the card was not approved anew, and nothing else covers what is owed.
    public var lacksRenewal: Bool {
        money.uncovered > 0 && money.tenders.contains { $0.renews != nil && $0.state == .declined }
    }

    /// Notes the holds whose time is over: what was held is held no longer.
    mutating func expireHolds(_ id: EntityID) throws {
        for tender in money.tenders where !tender.sums.hasOpen {
            guard let end = holdExpiry(of: tender), end <= now else { continue }
            _ = try ask(
                .expire, of: tender.number, tender.sums.held, id: id.named("expiry of \(tender.number)"), cause: id)
        }
    }

    /// Holds anew what has lapsed, once something of it is to be taken: a further tender with the same card, over what has
    /// lapsed and nothing else covers.
    ///
    /// Each lapsed hold is renewed once. A card that is declined then is not asked again by itself.
    ///
    /// - Returns: the attempts.
    mutating func renewHolds(_ id: EntityID) throws -> [PaymentAttempt] {
        guard money.captureDue > 0 else { return [] }
        var made: [PaymentAttempt] = []
        for lapsed in TenderChoice.inChargeOrder(money.tenders) where lapsed.sums.lapsed.done > 0 {
            let amount = min(lapsed.sums.lapsed.done, money.uncovered)
            guard amount > 0, money.tenders.count < Self.mostTenders else { break }
            guard !lapsed.token.isEmpty, !money.tenders.contains(where: { $0.renews == lapsed.number }) else {
                continue
            }
            let draft = Tender(
                id: id.named("renewal of \(lapsed.number)"), number: 0, kind: lapsed.kind, amount: amount,
                chargeSequence: lapsed.chargeSequence, refundSequence: lapsed.refundSequence, gateway: lapsed.gateway,
                token: lapsed.token, label: lapsed.label, renews: lapsed.number)
            let tender = try add(draft, amount: amount, by: .systemAlone)
            made.append(
                try approve(
                    tender.number, charging: false, id: id.named("hold \(tender.number)"), cause: id,
                    by: .systemAlone))
        }
        return made
    }
}
