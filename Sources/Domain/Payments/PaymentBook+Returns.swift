extension PaymentBook {
    /// Gives back what the settlement of a return says, in whatever way no more than is due back.
    ///
    /// An order without tenders is paid elsewhere: there is nothing to compare with.
    ///
    /// - Parameters:
    ///   - amount: what the return refunds and nobody has given yet, in minor units.
    ///   - settlement: how.
    ///   - reference: what names it where somebody outside has paid.
    ///   - cause: the request.
    ///   - reason: why, as the entry of an account says.
    ///   - account: finds the customer's account; asked only where store credit is given.
    /// - Returns: what was given.
    /// - Throws: `Refusal`, also where less seems due and it is not known yet what was taken.
    public mutating func payBack(
        _ amount: Int64, by settlement: ReturnSettlement, reference: String, cause: EntityID, reason: String,
        to account: () throws -> EntityID
    ) throws -> Int64 {
        guard isKept else {
            if settlement == .storeCredit { try credit(amount, cause: cause, reason: reason, to: account) }
            return amount
        }
        let given = min(amount, money.overpaid)
        if given < amount { try refuseWhileTaking() }
        guard given > 0 else { return 0 }
        switch settlement {
        case .original: _ = try refund(given, purpose: .asked, id: cause, by: .systemAlone)
        case .storeCredit: try credit(given, cause: cause, reason: reason, to: account)
        case .outside: try giveOtherwise(.init(outside: reference, amount: given))
        case .exchange, .nothingDue: return 0
        }
        return given
    }

    /// Gives back what is not earned back yet, before the goods of a return were inspected: the order costs so much less until
    /// they are.
    ///
    /// - Parameters: as of ``payBack(_:by:reference:cause:reason:to:)``.
    /// - Returns: what was given: at most what is kept.
    /// - Throws: `Refusal`, also where nothing is left to give.
    public mutating func giveAhead(
        _ amount: Int64, by settlement: ReturnSettlement, reference: String, cause: EntityID, reason: String,
        to account: () throws -> EntityID
    ) throws -> Int64 {
        var after = money
        after.adjusted -= amount
        let due = min(amount, after.overpaid)
        if due < amount { try refuseWhileTaking() }
        guard due > 0 else {
            throw Refusal.wrongState(
                .order, "\(order)", state: money.standing.word,
                explanation: "\(amount) minor units are to be given back, and nothing that was taken is left for it")
        }
        adjust(-due)
        return try payBack(
            due, by: settlement, reference: reference, cause: cause, reason: reason, to: account)
    }

    /// What was to be given back for a request, and was declined or abandoned; minor units.
    ///
    /// - Parameters:
    ///   - cause: the request.
    ///   - counted: what is counted as given for it by now; what is not was found before.
    /// - Returns: what of the counted is not, nor may still turn out to be; at least 0.
    public func ungiven(of cause: EntityID, counted: Int64) -> Int64 {
        let asked = attempts.filter { $0.cause == cause && $0.action == .refund }
        let kept = asked.filter { $0.state != .declined && $0.state != .abandoned }.reduce(0) { $0 + $1.amount }
        return max(0, counted - kept)
    }

    /// Whether the outcome of an attempt is not known; false where there is no such attempt.
    public func isOpen(_ attempt: EntityID) -> Bool { attempts.contains { $0.id == attempt && $0.isOpen } }

    /// Whether it is not known yet of something that is counted as given back for a request whether it is.
    ///
    /// What was declined of it may be covered by another refund of the order, whose outcome is to come then. One of a surplus
    /// covers nothing else.
    ///
    /// - Parameters: as of ``ungiven(of:counted:)``.
    public func isGiving(for cause: EntityID, counted: Int64) -> Bool {
        let open = attempts.filter { $0.action == .refund && $0.purpose != .surplus && $0.isOpen }
        return open.contains { $0.cause == cause } || !open.isEmpty && ungiven(of: cause, counted: counted) > 0
    }

    /// Refuses to say what is left to give back while it is not known what was taken.
    public func refuseWhileTaking() throws(Refusal) {
        guard money.sums.captured.open + money.sums.charged.open > 0 else { return }
        throw .wrongState(
            .order, "\(order)", state: money.standing.word,
            explanation: "it is not known yet what was taken: settle the return again later")
    }

    /// Names the refund of a return as a tender and holds it, as far as no tender covers the order.
    ///
    /// - Parameters:
    ///   - amount: what is expected, in minor units.
    ///   - exchange: the exchange; the ids of tender and attempts follow from it.
    ///   - label: what people know the tender by.
    ///   - account: what gets what is given back of it; nil where nobody is named.
    /// - Throws: what the tables say.
    public mutating func expect(_ amount: Int64, of exchange: EntityID, label: String, account: EntityID?) throws {
        let amount = min(amount, money.uncovered)
        let id = exchange.named("tender")
        guard amount > 0, money.tenders.count < Self.mostTenders, !money.tenders.contains(where: { $0.id == id }) else {
            return
        }
        let draft = Tender(id: id, number: 0, kind: .exchange, amount: 0, label: label, account: account)
        let tender = try add(draft, amount: amount, by: .systemAlone)
        _ = try ask(.authorize, of: tender.number, amount, id: exchange.named("expect"), cause: exchange)
    }

    /// Takes what a decided return brings, as far as it is held and owed, and lets go the rest.
    ///
    /// - Parameters:
    ///   - amount: what the return brings at most, in minor units.
    ///   - exchange: the exchange.
    ///   - cause: the request.
    /// - Returns: what was taken.
    /// - Throws: what the tables say.
    public mutating func take(_ amount: Int64, of exchange: EntityID, cause: EntityID) throws -> Int64 {
        let named = exchange.named("tender")
        guard let tender = money.tenders.first(where: { $0.id == named }), tender.sums.capturable > 0 else { return 0 }
        let sums = money.sums
        let owed = max(0, money.owed - sums.kept - sums.captured.open - sums.charged.open)
        let taken = min(amount, tender.sums.capturable, owed)
        guard taken > 0 else {
            _ = try void(tender.number, id: exchange.named("let go"), cause: cause, by: .systemAlone)
            return 0
        }
        _ = try capture(
            tender.number, amount: taken, isFinal: true, id: exchange.named("take"), cause: cause, by: .systemAlone)
        return taken
    }
}
