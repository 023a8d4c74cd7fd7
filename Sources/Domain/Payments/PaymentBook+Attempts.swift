extension PaymentBook {
    /// Writes an attempt down; where no gateway is asked it is done with that.
    ///
    /// It acts upon the last hold or charge of the tender that it can be done to, or upon the one that is named.
    mutating func ask(
        _ action: PaymentAction, of number: Int16, _ amount: Int64, letsGo: Int64 = 0, isFinal: Bool = false,
        purpose: RefundPurpose? = nil, target named: String? = nil, id: EntityID, cause: EntityID
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
            state: state, cause: cause, madeAt: now, endedAt: atOnce ? now : nil, tries: atOnce ? 0 : 1)
        let base = approval(of: number, for: action, amount) ?? approvals(of: number).last
        let target = named ?? base?.reference ?? ""
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

    /// The holds and charges of a tender that were approved, in the order in which they were asked for.
    func approvals(of number: Int16) -> [PaymentAttempt] {
        attempts.filter {
            $0.tender == number && $0.state == .approved && ($0.action == .authorize || $0.action == .charge)
        }
    }

    /// Finds the last of a tender's holds and charges that something can be done to.
    ///
    /// A tender has several where it was tried again: after its hold had lapsed, or after somebody had said that it was not
    /// made, and it was.
    ///
    /// - Parameters:
    ///   - number: the tender.
    ///   - action: what is to be done.
    ///   - amount: how much of it.
    /// - Returns: the hold or charge; nil where there is none.
    func approval(of number: Int16, for action: PaymentAction, _ amount: Int64) -> PaymentAttempt? {
        approvals(of: number).last { base in
            let uses = attempts.filter {
                $0.tender == number && ($0.isOpen || $0.state == .approved) && targets[$0.id] == base.reference
            }
            func sum(_ action: PaymentAction) -> Int64 {
                uses.filter { $0.action == action }.reduce(0) { $0 + $1.amount + $1.letsGo }
            }
            guard action != .refund else {
                let captured = uses.filter { $0.action == .capture }.reduce(0) { $0 + $1.amount }
                let taken = base.action == .charge ? base.amount : captured
                return taken - sum(.refund) >= amount
            }
            return base.action == .authorize && base.amount > sum(.capture) + sum(.void) + sum(.expire)
        }
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
