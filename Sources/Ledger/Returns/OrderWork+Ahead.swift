import Domain
import PostgresClient

/// What money that went before the goods of a return has left owed.
struct OwedAhead {
    /// The return, which is over.
    var returnOrder: EntityID
    /// Minor units, at least 1.
    var amount: Int64
    /// Whether it is not known yet of some of what went ahead whether a gateway gives it.
    var isOpen: Bool
}

extension ReturnOrder {
    /// Refuses to end a return that has given money already: its goods are waited for until it expires.
    func refuseWhileAhead() throws(Refusal) {
        guard ahead > 0 else { return }
        throw .wrongState(
            .returnOrder, "R\(number)", state: "refunded_ahead",
            explanation: "\(ahead) minor units were given back before its goods were inspected: it ends with these, or "
                + "expires")
    }
}

extension OrderWork {
    private static let readOwedAhead = PostgresStatement(
        "owed_ahead",
        """
        SELECT r.id, r.ahead - r.recovered - r.refund,
            r.ahead_settlement = \(ReturnSettlement.original.rawValue)
            AND EXISTS (
                SELECT FROM payment_attempt a
                WHERE a.order_id = $1::uuid AND a.action = \(PaymentAction.refund.rawValue)
                    AND a.purpose IS DISTINCT FROM \(RefundPurpose.surplus.rawValue)
                    AND a.state IN (\(PaymentAttemptState.prepared.rawValue), \(PaymentAttemptState.unknown.rawValue)))
            AND r.ahead > (
                SELECT coalesce(sum(a.amount), 0)
                FROM return_event e JOIN payment_attempt a ON a.order_id = r.order_id AND a.cause_id = e.cause_id
                WHERE e.return_id = r.id AND e.event = \(ReturnEvent.refundAhead.rawValue)
                    AND a.action = \(PaymentAction.refund.rawValue)
                    AND a.state = \(PaymentAttemptState.approved.rawValue))
        FROM return_order r
        WHERE r.order_id = $1::uuid AND r.id <> $2::uuid AND r.ahead - r.recovered > r.refund
            AND r.state NOT IN (\(ReturnStanding.openStates))
        ORDER BY r.number
        """, access: .readOnly)
    // One that is settled waits for nothing: it was settled when all of this was known.
    private static let returnsGivenAhead = PostgresStatement(
        "returns_given_ahead",
        """
        SELECT r.id, EXISTS (
            SELECT FROM return_order o JOIN return_event e ON e.return_id = o.id
            WHERE o.order_id = $1::uuid AND e.cause_id = $2::uuid)
        FROM return_order r
        WHERE r.order_id = $1::uuid AND r.ahead > 0 AND r.ahead_settlement = \(ReturnSettlement.original.rawValue)
            AND r.state NOT IN (\(ReturnStanding.openStates), \(ReturnState.settled.rawValue))
        ORDER BY r.number
        """, access: .readOnly)
    private static let recoverAhead = PostgresStatement(
        "recover_ahead", "UPDATE return_order SET recovered = recovered + $2::int8 WHERE id = $1::uuid")

    /// What returns of the order that are over have left owed, the oldest first.
    ///
    /// The order's row is locked, so it stays.
    func owedAhead(apartFrom id: EntityID) throws -> [OwedAhead] {
        try connection.execute(Self.readOwedAhead, [.uuid(PostgresUUID(head.id)), .uuid(PostgresUUID(id))]).map {
            OwedAhead(returnOrder: EntityID(try $0.uuid(0)), amount: try $0.int64(1), isOpen: try $0.bool(2))
        }
    }

    /// Refuses to give more money ahead while the customer owes what went ahead before.
    func refuseWhileOwed(to order: ReturnOrder) throws {
        let owed = try owedAhead(apartFrom: order.id).reduce(0) { $0 + $1.amount }
        guard owed > 0 else { return }
        throw Refusal.wrongState(
            .returnOrder, "R\(order.number)", state: "customer_owes",
            explanation: "\(owed) minor units that other returns of the order gave ahead of their goods are owed: "
                + "they are set off against what this one refunds")
    }

    /// Sets what other returns left owed off against what a return that is decided would give.
    ///
    /// What a gateway may still decline is not set off: nobody would have got it, here or there.
    ///
    /// - Parameters:
    ///   - returned: the return.
    ///   - isSettled: whether what remains is given now, so that nothing can be set off later.
    /// - Returns: what was set off, which the order does not owe any more; to be given to ``adjust(_:)`` with the rest of what
    ///   changes there.
    /// - Throws: where the database does, and `Refusal.wrongState` where it is settled while something may still be declined.
    mutating func recover(from returned: inout ReturnWork, isSettled: Bool = false) throws -> Int64 {
        let order = returned.order
        var left = order.remaining
        guard order.state == .decided, left > 0 else { return 0 }
        let allOwed = try owedAhead(apartFrom: order.id)
        if isSettled, allOwed.contains(where: \.isOpen) {
            throw Refusal.wrongState(
                .returnOrder, "R\(order.number)", state: "refunding_ahead",
                explanation: "it is not known yet whether a gateway gives what another return gave ahead, which "
                    + "would be set off against this one: settle it later")
        }
        for owed in allOwed where left > 0 && !owed.isOpen {
            let part = min(left, owed.amount)
            write((Self.recoverAhead, [.uuid(PostgresUUID(owed.returnOrder)), .int64(part)]))
            left -= part
        }
        let setOff = order.remaining - left
        returned.setOff(setOff)
        return setOff
    }

    /// Counts so much as not due back, once in a change: the book is read as it was before.
    mutating func adjust(_ amount: Int64) throws {
        guard amount > 0, paid != nil else { return }
        var book = try payments()
        book.adjust(amount)
        try write(&book)
    }

    /// What a return should have given ahead and gateways did not give, nor anybody since: it is not due any more when the
    /// return ends, which says itself what is.
    ///
    /// What may still turn out to be given counts as given, and is told as open: it is not known yet whether a gateway gives it,
    /// or what was asked for in its place. To be asked before the change does anything to the order.
    func ahead(of order: ReturnOrder) throws -> (undone: Int64, isOpen: Bool) {
        guard paid != nil, let cause = order.aheadCause else { return (0, false) }
        let book = try payments()
        return (undoneAhead(of: order, in: book), book.isGiving(for: cause, counted: order.ahead))
    }

    private func undoneAhead(of order: ReturnOrder, in book: PaymentBook) -> Int64 {
        guard let cause = order.aheadCause else { return 0 }
        return min(book.ungiven(of: cause, counted: order.ahead), book.money.overpaid, order.aheadLeft)
    }

    /// Has returns follow what became of money that they were to give ahead, or of what was asked for in its place, where they
    /// were decided or have ended before that was known.
    ///
    /// What was not given is due by the return's own decision alone: the customer does not owe it, and what is refunded waits to
    /// be settled, in whichever way. Where all of it was given, nothing is left to wait for.
    ///
    /// What a return gave is its own. Every other refund that is not of a surplus stands in place of what was declined, of the
    /// oldest return first.
    ///
    /// - Parameters:
    ///   - attempt: as it stands now.
    ///   - book: the order's payments, the attempt's outcome recorded.
    /// - Returns: the returns that change, as they are to be told and saved with it. Where goods are still to be inspected,
    ///   that is when it is counted.
    /// - Throws: where the database does.
    func followAhead(_ attempt: PaymentAttempt, in book: inout PaymentBook) throws -> [ReturnWork] {
        guard attempt.action == .refund else { return [] }
        let rows = try connection.execute(
            Self.returnsGivenAhead, [.uuid(PostgresUUID(head.id)), .uuid(PostgresUUID(attempt.cause))])
        var left = attempt.state == .approved || attempt.purpose == .surplus ? 0 : attempt.amount
        var followed: [ReturnWork] = []
        for row in rows {
            guard let found = try Ledger.returnOrder(EntityID(try row.uuid(0)), on: connection),
                let cause = found.aheadCause
            else { continue }
            let isOfReturn = try row.bool(1)
            var undone: Int64 = 0
            if cause == attempt.cause {
                undone = undoneAhead(of: found, in: book)
            } else if !isOfReturn {
                undone = min(left, undoneAhead(of: found, in: book))
                left -= undone
            }
            var returned = ReturnWork(
                found, cause: change.id, caller: change.caller, actors: .systemAlone, reason: change.reason,
                on: connection)
            returned.lower(aheadBy: undone)
            // What the customer owes no more is not due back either: the order costs so much again.
            book.adjust(found.customerOwes - returned.order.customerOwes)
            if !book.isGiving(for: cause, counted: returned.order.ahead) {
                try returned.settleWhereNothingRemains()
            }
            if returned.order != found { followed.append(returned) }
        }
        return followed
    }
}
