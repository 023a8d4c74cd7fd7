import Domain
import PostgresClient

extension PaymentBook {
    /// What is written of it in the order's own row; nil where the order has no tenders.
    var paid: PaidSums? {
        guard isKept else { return nil }
        let sums = money.sums
        return PaidSums(
            adjusted: money.adjusted, held: sums.held, taken: sums.taken, givenBack: sums.refunded.done,
            givenOtherwise: money.givenOtherwise)
    }

    /// Gives the order's customer store credit in place of an amount that is due back.
    ///
    /// - Parameters:
    ///   - amount: minor units, at least 1.
    ///   - work: the change, whose order names the customer.
    /// - Throws: `Refusal` where the order names no customer, or has tenders and less is due back.
    mutating func credit(_ amount: Int64, of work: OrderWork) throws {
        try credit(amount, cause: work.change.id, reason: work.change.reason) { try Ledger.creditAccount(of: work).id }
    }

    /// Gives back for a return; store credit goes to the order's customer.
    ///
    /// - Parameters:
    ///   - amount: what is wanted, in minor units.
    ///   - settlement: how.
    ///   - reference: what names it where somebody outside has paid.
    ///   - ahead: whether the goods are still to be inspected.
    ///   - work: the change.
    /// - Returns: what was given: at most what is due back, or ahead what is kept.
    /// - Throws: `Refusal`.
    mutating func payBack(
        _ amount: Int64, by settlement: ReturnSettlement, reference: String, ahead: Bool = false, of work: OrderWork
    ) throws -> Int64 {
        let (cause, reason) = (work.change.id, work.change.reason)
        let account = { try Ledger.creditAccount(of: work).id }
        return ahead
            ? try giveAhead(amount, by: settlement, reference: reference, cause: cause, reason: reason, to: account)
            : try payBack(amount, by: settlement, reference: reference, cause: cause, reason: reason, to: account)
    }

    /// Books stored value, which may refuse, and returns the statements that write the rest of what was decided.
    mutating func writing(caller: String, on connection: PostgresConnection) throws -> [LedgerStep] {
        let isTold = !facts.isEmpty || isAdjusted
        var bookings: [StoredValueBooking] = []
        var steps: [LedgerStep] = []
        for change in takeChanges() {
            if case .booked(let booking) = change { bookings.append(booking) } else { steps += step(of: change) }
        }
        // In one order everywhere, so that nobody waits for somebody who waits.
        for booking in bookings.sorted(by: { $0.account < $1.account }) {
            try booking.book(caller: caller, currency: currency, on: connection)
        }
        guard isKept, !steps.isEmpty || isTold || due != nil else { return steps }
        let sums = money.sums
        return steps + [
            (
                Self.writeSums,
                [
                    id, .int64(sums.held), .int64(sums.taken), .int64(sums.refunded.done), .int64(money.adjusted),
                    .optional(due) { .int64($0.milliseconds) }, .int32(settlements), .int64(money.owed),
                    .optional(nextExpiry) { .timestamp(microsecondsSinceEpoch: $0.microseconds) },
                    .int64(money.givenOtherwise),
                ]
            )
        ]
    }

    private var id: PostgresValue { .uuid(PostgresUUID(order)) }

    private func step(of change: PaymentChange) -> [LedgerStep] {
        switch change {
        case .moneyKept(let owed, let earned): [(Self.insertMoney, [id, .int64(owed), .int64(earned)])]
        case .tenderAdded(let tender):
            [
                (
                    Self.insertTender,
                    [
                        id, .int16(tender.number), .uuid(PostgresUUID(tender.id)), .int16(tender.kind.rawValue),
                        .int64(tender.amount), .int16(tender.state.rawValue), .int32(tender.chargeSequence),
                        .int32(tender.refundSequence), .text(tender.gateway), .text(tender.token), .text(tender.label),
                        .optional(tender.account) { .uuid(PostgresUUID($0)) },
                        .optional(tender.renews) { .int16($0) },
                    ]
                )
            ]
        case .tenderMoved(let number, let state):
            [(Self.moveTender, [id, .int16(number), .int16(state.rawValue)])]
        case .attemptMade(let attempt, let target, let isFinal):
            [
                (
                    Self.insertAttempt,
                    [
                        .uuid(PostgresUUID(attempt.id)), id, .int16(attempt.tender), .int16(attempt.action.rawValue),
                        .optional(attempt.purpose) { .int16($0.rawValue) }, .int64(attempt.amount),
                        .int64(attempt.letsGo), .bool(isFinal), .int16(attempt.state.rawValue), .text(target),
                        .uuid(PostgresUUID(attempt.cause)), .bool(!attempt.isOpen), .int64(patienceMilliseconds),
                    ]
                )
            ]
        case .attemptAnswered(let attempt):
            [
                (
                    Self.endAttempt,
                    [
                        .uuid(PostgresUUID(attempt.id)), .int16(attempt.state.rawValue), .text(attempt.reference),
                        .text(attempt.reason), .bool(!attempt.isOpen),
                        .optional(attempt.expiresAt) { .timestamp(microsecondsSinceEpoch: $0.microseconds) },
                    ]
                )
            ]
        case .booked: []
        }
    }

    private static let insertMoney = PostgresStatement(
        "insert_order_money", "INSERT INTO order_money (order_id, owed, earned) VALUES ($1::uuid, $2::int8, $3::int8)")
    private static let insertTender = PostgresStatement(
        "insert_tender",
        """
        INSERT INTO tender (order_id, number, id, kind, amount, state, charge_sequence, refund_sequence, gateway, token,
            label, account_id, renews)
        VALUES ($1::uuid, $2::int2, $3::uuid, $4::int2, $5::int8, $6::int2, $7::int4, $8::int4, $9::text, $10::text,
            $11::text, $12::uuid, $13::int2)
        """)
    private static let moveTender = PostgresStatement(
        "move_tender", "UPDATE tender SET state = $3::int2 WHERE order_id = $1::uuid AND number = $2::int2")
    private static let insertAttempt = PostgresStatement(
        "insert_payment_attempt",
        """
        INSERT INTO payment_attempt (id, order_id, tender_number, action, purpose, amount, lets_go, is_final, state, target,
            cause_id, ended_at, due_at, tries)
        VALUES ($1::uuid, $2::uuid, $3::int2, $4::int2, $5::int2, $6::int8, $7::int8, $8::bool, $9::int2, $10::text,
            $11::uuid, CASE WHEN $12::bool THEN now() END,
            CASE WHEN $12::bool THEN 'infinity' ELSE now() + $13::int8 * interval '1 millisecond' END,
            CASE WHEN $12::bool THEN 0 ELSE 1 END)
        """)
    /// An outcome that is not known is asked for after a second, later ones after the pause that the asker has set.
    private static let endAttempt = PostgresStatement(
        "end_payment_attempt",
        """
        UPDATE payment_attempt SET state = $2::int2, reference = $3::text, reason = $4::text,
            ended_at = CASE WHEN $5::bool THEN now() END, expires_at = $6::timestamptz,
            due_at = CASE WHEN $5::bool THEN 'infinity' WHEN state = 1 THEN now() + interval '1 second' ELSE due_at END
        WHERE id = $1::uuid
        """)
    /// Somebody looks at it when the next hold lapses, at the latest.
    private static let writeSums = PostgresStatement(
        "write_order_money",
        """
        UPDATE order_money SET held = $2::int8, taken = $3::int8, given_back = $4::int8, adjusted = $5::int8, owed = $8::int8,
            due_at = least($9::timestamptz, CASE WHEN $6::int8 IS NULL THEN due_at
                WHEN $6::int8 = 9223372036854775807 THEN 'infinity' ELSE now() + $6::int8 * interval '1 millisecond' END),
            tries = $7::int4, given_otherwise = $10::int8
        WHERE order_id = $1::uuid
        """)
}

extension SettlementDue {
    /// How the statement is told of it.
    fileprivate var milliseconds: Int64 {
        switch self {
        case .after(let milliseconds): milliseconds
        case .whenChanged: .max
        }
    }
}
