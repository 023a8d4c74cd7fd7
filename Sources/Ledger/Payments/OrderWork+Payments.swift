import Domain
import PostgresClient

/// What an order's tenders hold, took and gave back, and what is owed beyond its lines; minor units.
struct PaidSums: Hashable, Sendable {
    var adjusted: Int64
    var held: Int64
    var taken: Int64
    var givenBack: Int64
    var givenOtherwise: Int64

    init(adjusted: Int64, held: Int64, taken: Int64, givenBack: Int64, givenOtherwise: Int64) {
        self.adjusted = adjusted
        self.held = held
        self.taken = taken
        self.givenBack = givenBack
        self.givenOtherwise = givenOtherwise
    }

    /// Reads five columns; nil where the order has no tenders.
    init?(row: PostgresRow, from column: Int) throws {
        guard let adjusted = try row.int64OrNil(column) else { return nil }
        self.init(
            adjusted: adjusted, held: try row.int64(column + 1), taken: try row.int64(column + 2),
            givenBack: try row.int64(column + 3), givenOtherwise: try row.int64(column + 4))
    }
}

extension OrderWork {
    private static let keepMoney = PostgresStatement(
        "keep_order_money",
        """
        UPDATE order_money SET owed = greatest(0, $2::int8 + adjusted) + given_otherwise, earned = $3::int8,
            due_at = least(due_at, now()), tries = 0
        WHERE order_id = $1::uuid
            AND (owed <> greatest(0, $2::int8 + adjusted) + given_otherwise OR earned <> $3::int8)
        """)

    /// How the payment of the order stands after what was done so far.
    var payment: PaymentStanding {
        guard let paid else { return .untracked }
        return PaymentStanding(owed: owed, held: paid.held, taken: paid.taken, givenBack: paid.givenBack)
    }

    /// What the order is to keep of what its tenders gave, after what was done so far.
    var owed: Int64 {
        let money = self.money
        return OrderMoney.owed(
            money.value - money.notOwed - money.refundDue, adjusted: paid?.adjusted ?? 0,
            givenOtherwise: paid?.givenOtherwise ?? 0)
    }

    /// The payments of the order, to be changed and given to ``write(_:)``.
    func payments() throws -> PaymentBook {
        let rows = try connection.pipeline(PaymentBook.reading(head.id))
        return try PaymentBook(
            order: head.id, currency: head.currency, lines: lines, tenders: rows[0], attempts: rows[1], money: rows[2])
    }

    /// Writes what was changed of the payments with this transaction, and tells of it.
    ///
    /// Stored value is booked at once, which may refuse.
    mutating func write(_ book: inout PaymentBook) throws {
        let wasCovered = payment.covers(money.value - money.notOwed)
        book.endDueWhereSettled()
        for step in try book.writing(caller: change.caller.id, on: connection) { write(step) }
        paid = book.paid
        kept = nil
        for fact in book.takeFacts() {
            var details: [String: String] = [:]
            if let tender = fact.tender {
                details["tender"] = "\(tender.number)"
                details["kind"] = tender.kind.word
            }
            if let attempt = fact.attempt {
                details["attempt"] = "\(attempt.id)"
                details["action"] = attempt.action.word
                if !attempt.reason.isEmpty { details["why"] = attempt.reason }
            }
            tell(
                fact.kind,
                thing: fact.tender.map { OrderAdvance.Thing(.payment, $0.id, from: fact.before, to: $0.state) },
                amountMinor: fact.amount, details: details)
        }
        try issueDocuments(of: book)
        try followPayment(book, wasCovered: wasCovered)
    }

    /// Writes the payments with the outcome of an attempt, and what returns follow of it that were to give it ahead.
    ///
    /// - Parameters:
    ///   - book: the payments.
    ///   - attempt: one whose outcome was not known before this change, as it stands now; nil where there is none.
    /// - Throws: as ``write(_:)``.
    mutating func write(_ book: inout PaymentBook, ending attempt: PaymentAttempt?) throws {
        var followed: [ReturnWork] = []
        if let attempt, !attempt.isOpen { followed = try followAhead(attempt, in: &book) }
        try write(&book)
        for var returned in followed {
            try Ledger.tell(returned, moved: [], in: &self)
            _ = try returned.save()
        }
    }

    /// Has the review follow what was done with the payments, in the same transaction.
    ///
    /// An order whose lapsed hold the card did not renew is held, with what is not released yet. So is one whose cover is let go
    /// where its channel demands payment: it is not released unpaid because that was looked at before. One that is covered now is
    /// held for want of payment no longer: whoever has paid may release it at once, without waiting for the next look of the
    /// rules.
    private mutating func followPayment(_ book: PaymentBook, wasCovered: Bool) throws {
        let money = self.money
        let isCovered = payment.covers(money.value - money.notOwed)
        let isLapsing = book.money.tenders.contains { $0.renews != nil }
        guard isLapsing || (isCovered || wasCovered) && unreleased > 0 else { return }
        var review = try ReviewBook(head.id, channel: head.channelID, on: connection)
        let open = Set(review.open.map(\.reason))
        if book.lacksRenewal, !open.contains(.paymentLapsed) {
            guard unreleased > 0, !review.approved.contains(.paymentLapsed) else { return }
            try review.hold(
                ReviewFinding(.paymentLapsed, "\(book.money.uncovered) minor units are held no longer"), in: &self)
            return
        }
        if wasCovered, !isCovered {
            guard unreleased > 0, review.demandsPayment, !open.contains(.paymentMissing) else { return }
            try review.hold(ReviewFinding(.paymentMissing, "payment is \(payment.word)"), in: &self)
            return
        }
        var gone: [HoldReason] = []
        if !book.lacksRenewal { gone.append(.paymentLapsed) }
        if isCovered { gone.append(.paymentMissing) }
        gone = gone.filter(open.contains)
        if !gone.isEmpty { try review.letPass(gone, in: &self) }
    }

    /// The steps that keep what is owed and earned of an order with tenders in step with its lines, and note that it is due.
    var keepingMoney: [LedgerStep] {
        guard paid != nil else { return [] }
        let money = self.money
        if let kept, kept == (owed, money.earned) { return [] }
        return [
            (
                Self.keepMoney,
                [
                    .uuid(PostgresUUID(head.id)), .int64(money.value - money.notOwed - money.refundDue),
                    .int64(money.earned),
                ]
            )
        ]
    }
}
