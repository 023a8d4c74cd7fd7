extension PaymentBook {
    /// Records what became of an attempt; one that has ended stays as it is.
    ///
    /// An abandoned one that was done after all is recorded as done, where the sums can have it. A hold that turns up so is let
    /// go at once, where its tender was let go meanwhile or has been approved anew.
    ///
    /// - Parameters:
    ///   - outcome: what became of it.
    ///   - id: the attempt.
    ///   - actors: who says so; Holdfast itself tells what a gateway says.
    /// - Returns: the attempt as it stands.
    /// - Throws: `Refusal.notFound`; `Refusal.wrongState` of the attempt where the tender cannot have it any more.
    public mutating func record(
        _ outcome: PaymentOutcome, of id: EntityID, by actors: Set<LifecycleActor> = .systemAlone
    ) throws -> PaymentAttempt {
        guard let place = attempts.firstIndex(where: { $0.id == id }) else {
            throw Refusal.notFound(.paymentAttempt, "\(id)")
        }
        var attempt = attempts[place]
        guard attempt.isOpen || attempt.state == .abandoned && outcome.isApproval else { return attempt }
        let event: PaymentAttemptEvent
        switch outcome {
        case .approved(let reference, let expiresAt):
            event = .approve
            attempt.reference = reference
            attempt.reason = ""
            if attempt.action == .authorize {
                attempt.expiresAt =
                    expiresAt
                    ?? holdValidity.map { Instant(microseconds: attempt.madeAt.microseconds + $0) }
            }
        case .declined(let reason):
            event = .decline
            attempt.reason = reason
        case .unknown(let reason):
            // Asked before, in vain: that it is still not known is no news.
            event = attempt.state == .prepared ? .timeOut : .resend
            attempt.reason = reason
        case .abandoned(let reason):
            event = .abandon
            attempt.reason = reason
        }
        let known = attempt.state
        attempt.state = try Lifecycle.paymentAttempt.decide(
            event, in: known, by: actors, naming: "\(id)"
        ).to
        attempt.endedAt = attempt.isOpen ? nil : now
        changes.append(.attemptAnswered(attempt))
        replace(at: place, by: attempt)
        if known == .abandoned { try refuseTooMuch(attempt) }
        switch attempt.state {
        case .approved:
            let before = try tender(attempt.tender)
            try applied(attempt)
            if attempt.action == .authorize { try letGoTwofold(attempt, before: before.state) }
        case .declined: try declined(attempt)
        case .abandoned:
            facts.append(
                PaymentFact(
                    .paymentAbandoned, try tender(attempt.tender), before: nil, amount: attempt.amount, attempt))
            askAgain(after: attempt)
        case .prepared, .unknown:
            if known == .prepared {
                facts.append(
                    PaymentFact(
                        .paymentUnknown, try tender(attempt.tender), before: nil, amount: attempt.amount, attempt))
            }
        }
        return attempt
    }

    /// Records what somebody says who has looked at the gateway's own books.
    ///
    /// - Parameters:
    ///   - outcome: done, or abandoned.
    ///   - id: the attempt.
    ///   - actors: who says so.
    /// - Returns: the attempt as it stands.
    /// - Throws: `Refusal` where the attempt is not unknown, or the actors may not.
    public mutating func resolve(
        _ outcome: PaymentOutcome, of id: EntityID, by actors: Set<LifecycleActor>
    ) throws -> PaymentAttempt {
        guard let attempt = attempts.first(where: { $0.id == id }) else {
            throw Refusal.notFound(.paymentAttempt, "\(id)")
        }
        _ = try Lifecycle.paymentAttempt.decide(
            outcome.isApproval ? .approve : .abandon, in: attempt.state, by: actors, naming: "\(id)")
        return try record(outcome, of: id, by: actors)
    }

    /// Lets a hold go that nobody waits for any more: its tender was let go, or others of its holds stand in its place.
    private mutating func letGoTwofold(_ attempt: PaymentAttempt, before: PaymentState) throws {
        let tender = try tender(attempt.tender)
        let sums = tender.sums
        guard before == .voided || sums.held + sums.taken > tender.amount, sums.capturable >= attempt.amount else {
            return
        }
        // Whoever looks next sends it.
        patienceMilliseconds = 0
        _ = try ask(
            .void, of: tender.number, attempt.amount, target: attempt.reference, id: attempt.id.named("let go"),
            cause: attempt.id)
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
            case .expire: .paymentExpired
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
        askAgain(after: attempt)
    }

    /// Has what is due by itself asked for again, under another key, after a pause that grows: 1 minute to about a day.
    private mutating func askAgain(after attempt: PaymentAttempt) {
        guard attempt.action != .authorize && attempt.action != .charge else { return }
        due = .after(milliseconds: 60_000 << Int64(min(settlements, 10)))
        settlements += 1
    }

    /// Refuses what was done after all, where it was asked for again meanwhile and the two together are more than there is.
    private func refuseTooMuch(_ attempt: PaymentAttempt) throws(Refusal) {
        let tender = try tender(attempt.tender)
        let sums = tender.sums
        let all = money.sums
        guard
            sums.held < 0 || sums.refunded.all > sums.taken || tender.state == .refunded
                || all.refunded.all + money.givenOtherwise > all.taken
        else { return }
        throw .wrongState(
            .paymentAttempt, "\(attempt.id)", state: PaymentAttemptState.abandoned.word,
            explanation:
                "it was done after all, and so was what was asked for in its place: \(attempt.action.word) of "
                + "\(attempt.amount) minor units must be put right at the gateway")
    }
}
