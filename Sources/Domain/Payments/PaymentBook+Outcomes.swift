extension PaymentBook {
    /// Records what became of an attempt; one that has ended stays as it is.
    ///
    /// - Parameters:
    ///   - outcome: what became of it.
    ///   - id: the attempt.
    /// - Returns: the attempt as it stands.
    /// - Throws: `Refusal.notFound`; where the tender cannot have it, what the table of tenders says.
    public mutating func record(_ outcome: PaymentOutcome, of id: EntityID) throws -> PaymentAttempt {
        guard let place = attempts.firstIndex(where: { $0.id == id }) else {
            throw Refusal.notFound(.paymentAttempt, "\(id)")
        }
        var attempt = attempts[place]
        guard attempt.isOpen else { return attempt }
        let event: PaymentAttemptEvent
        switch outcome {
        case .approved(let reference):
            event = .approve
            attempt.reference = reference
            attempt.reason = ""
        case .declined(let reason):
            event = .decline
            attempt.reason = reason
        case .unknown(let reason):
            // Asked before, in vain: that it is still not known is no news.
            event = attempt.state == .prepared ? .timeOut : .resend
            attempt.reason = reason
        }
        let known = attempt.state
        attempt.state = try Lifecycle.paymentAttempt.decide(
            event, in: known, by: .systemAlone, naming: "\(id)"
        ).to
        changes.append(.attemptAnswered(attempt))
        replace(at: place, by: attempt)
        switch attempt.state {
        case .approved: try applied(attempt)
        case .declined: try declined(attempt)
        default:
            if known == .prepared {
                facts.append(
                    PaymentFact(
                        .paymentUnknown, try tender(attempt.tender), before: nil, amount: attempt.amount, attempt))
            }
        }
        return attempt
    }

    /// Moves the tender by an approved attempt and tells of it.
    mutating func applied(_ attempt: PaymentAttempt) throws {
        let before = try tender(attempt.tender)
        let event = before.event(approving: attempt, sums: before.sums)
        try move(attempt.tender, event, by: .systemAlone)
        let kind: OrderEventKind =
            switch attempt.action {
            case .authorize: .paymentAuthorized
            case .capture, .charge: .paymentCaptured
            case .void: .paymentVoided
            case .refund: .paymentRefunded
            }
        facts.append(
            PaymentFact(kind, try tender(attempt.tender), before: before.state, amount: attempt.amount, attempt))
        if attempt.action == .refund { refunded.append(attempt) }
        due = .after(milliseconds: 0)
    }

    private mutating func declined(_ attempt: PaymentAttempt) throws {
        let before = try tender(attempt.tender)
        if before.state == .pending { try move(attempt.tender, .decline, by: .systemAlone) }
        facts.append(
            PaymentFact(
                .paymentDeclined, try tender(attempt.tender), before: before.state, amount: attempt.amount, attempt))
        // What is due by itself is asked for again after a pause that grows: 1 minute to about a day.
        if attempt.action != .authorize && attempt.action != .charge {
            due = .after(milliseconds: 60_000 << Int64(min(settlements, 10)))
            settlements += 1
        }
    }
}
