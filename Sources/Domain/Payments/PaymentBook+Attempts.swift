extension PaymentBook {
    /// Writes an attempt down; where no gateway is asked it is done with that.
    mutating func ask(
        _ action: PaymentAction, of number: Int16, _ amount: Int64, letsGo: Int64 = 0, isFinal: Bool = false,
        purpose: RefundPurpose? = nil, id: EntityID, cause: EntityID
    ) throws -> PaymentAttempt {
        let tender = try tender(number)
        // Attempts stay for good, and so do their ids.
        guard !attempts.contains(where: { $0.id == id }) else {
            throw Refusal.differentBody(.paymentAttempt, id, stored: [])
        }
        let atOnce = !tender.kind.asksGateway || action == .expire
        let prepared = try Lifecycle.paymentAttempt.decide(.prepare, in: nil, by: .systemAlone, naming: "\(id)").to
        let state =
            atOnce
            ? try Lifecycle.paymentAttempt.decide(.approve, in: prepared, by: .systemAlone, naming: "\(id)").to
            : prepared
        let attempt = PaymentAttempt(
            id: id, order: order, tender: number, action: action, purpose: purpose, amount: amount, letsGo: letsGo,
            state: state, cause: cause, madeAt: now, tries: atOnce ? 0 : 1)
        // The last one: a tender that was tried again after its hold had lapsed has two.
        let target =
            attempts.last {
                $0.tender == number && $0.state == .approved && ($0.action == .authorize || $0.action == .charge)
            }?.reference ?? ""
        changes.append(.attemptMade(attempt, target: target, isFinal: isFinal))
        remember(attempt, target: target, isFinal: isFinal)
        if atOnce {
            if let account = tender.account, tender.kind != .exchange || action == .refund {
                changes.append(
                    .booked(
                        StoredValueBooking(
                            account: account, amount: action == .refund ? amount : -amount, cause: id, order: order,
                            reason: action == .refund ? "refund" : "payment")))
            }
            try applied(attempt)
        }
        return attempt
    }

    /// Puts an attempt with its answer in its place, and counts its tender anew.
    mutating func replace(at place: Int, by attempt: PaymentAttempt) {
        attempts[place] = attempt
        guard let index = money.tenders.firstIndex(where: { $0.number == attempt.tender }) else { return }
        money.tenders[index].sums = TenderSums(attempts.filter { $0.tender == attempt.tender })
    }

    /// Makes an event happen to a tender.
    mutating func move(_ number: Int16, _ event: PaymentEvent, by actors: Set<LifecycleActor>) throws(Refusal) {
        guard let index = money.tenders.firstIndex(where: { $0.number == number }) else {
            throw .notFound(.payment, "\(order) tender \(number)")
        }
        let tender = money.tenders[index]
        let transition = try Lifecycle.payment.decide(event, in: tender.state, by: actors, naming: name(of: tender))
        guard transition.to != tender.state else { return }
        money.tenders[index].state = transition.to
        changes.append(.tenderMoved(number, to: transition.to))
    }

    /// Refuses what must wait for the outcome of what was asked before.
    func refuseOpen(_ tender: Tender, to event: PaymentEvent) throws(Refusal) {
        guard tender.sums.hasOpen else { return }
        throw .wrongState(
            .payment, name(of: tender), state: tender.state.word,
            explanation:
                "\(event.word) must wait: what the gateway was asked before may have been done, and it has not "
                + "said yet")
    }

    /// How a refusal names a tender.
    func name(of tender: Tender) -> String { "\(order) tender \(tender.number)" }
}
