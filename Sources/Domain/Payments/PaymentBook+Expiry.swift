extension PaymentBook {
    /// When what a tender holds lapses; nil where it holds nothing, or nobody knows.
    public func holdExpiry(of tender: Tender) -> Instant? {
        guard tender.sums.held > 0 else { return nil }
        return (approval(of: tender.number, for: .capture, 1) ?? approvals(of: tender.number).last)?.expiresAt
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

    /// The note that a tender's hold has lapsed; nil where it has not, or somebody has decided otherwise since.
    ///
    /// A tender that was let go, or tried again, is not Holdfast's to ask any more, whatever became of that.
    private func lapse(of tender: Tender) -> PaymentAttempt? {
        guard tender.state == .expired || tender.state == .captured else { return nil }
        let last = attempts.last {
            $0.tender == tender.number && ($0.isOpen || $0.state == .approved) && $0.action != .refund
        }
        return last.flatMap { $0.action == .expire ? $0 : nil }
    }

    /// What other tenders were asked for since a hold lapsed, but for those that hold anew what has lapsed of others.
    private func replaced(since lapse: PaymentAttempt) -> Int64 {
        let later = attempts.drop { $0.id != lapse.id }
        return later.filter { attempt in
            guard attempt.tender != lapse.tender, attempt.action == .authorize || attempt.action == .charge,
                attempt.isOpen || attempt.state == .approved
            else { return false }
            return money.tenders.contains { $0.number == attempt.tender && $0.renews == nil }
        }.reduce(0) { $0 + $1.amount }
    }

    /// When what has lapsed of a tender may be held anew; nil for at once.
    ///
    /// Where it was itself held anew that is a day after it was asked for, so that a gateway whose holds end early does not
    /// have a card asked without end.
    private func renewable(from tender: Tender) -> Instant? {
        guard tender.renews != nil,
            let asked = attempts.last(where: { $0.tender == tender.number && $0.action == .authorize })
        else { return nil }
        return Instant(microseconds: asked.madeAt.microseconds + Self.renewalPause)
    }

    /// Least microseconds between two renewals that follow each other.
    private static let renewalPause: Int64 = 86_400_000_000

    /// Holds anew what has lapsed, once something of it is to be taken: a further tender with the same card, over what has
    /// lapsed, no tender that came later was for, and nothing covers.
    ///
    /// Each lapsed hold is renewed once, a renewal at the earliest a day after it was asked for. A card that is declined then is
    /// not asked again by itself.
    ///
    /// - Returns: the attempts, and when something can be renewed that has to wait.
    mutating func renewHolds(_ id: EntityID) throws -> (made: [PaymentAttempt], waiting: Instant?) {
        guard money.captureDue > 0 else { return ([], nil) }
        var made: [PaymentAttempt] = []
        var waiting: Instant?
        // What came later replaces one lapsed hold only, not each of them.
        var spent: Int64 = 0
        for lapsed in TenderChoice.inChargeOrder(money.tenders) {
            guard let lapse = lapse(of: lapsed) else { continue }
            let replaced = max(0, replaced(since: lapse) - spent)
            if let renewal = money.tenders.first(where: { $0.renews == lapsed.number }) {
                spent += min(replaced, max(0, lapse.amount - renewal.amount))
                continue
            }
            spent += min(replaced, lapse.amount)
            let amount = min(lapse.amount - min(replaced, lapse.amount), money.uncovered)
            guard amount > 0, !lapsed.token.isEmpty, money.tenders.count < Self.mostTenders else { continue }
            if let start = renewable(from: lapsed), start > now {
                waiting = min(waiting ?? start, start)
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
        return (made, waiting)
    }
}
