import Domain
import PostgresClient

extension PaymentBook {
    private static let money = PostgresStatement(
        "payment_money",
        """
        SELECT m.adjusted, m.tries, now(), m.given_otherwise FROM (SELECT 1) AS one
        LEFT JOIN order_money m ON m.order_id = $1::uuid
        """, access: .readOnly)
    private static let tenders = PostgresStatement(
        "payment_tenders",
        """
        SELECT number, id, kind, amount, state, charge_sequence, refund_sequence, gateway, token, label, account_id,
            renews
        FROM tender WHERE order_id = $1::uuid ORDER BY number
        """, access: .readOnly)
    private static let attempts = PostgresStatement(
        "payment_attempts", "\(PaymentBook.attemptColumns) WHERE order_id = $1::uuid ORDER BY made_at, id",
        access: .readOnly)

    /// The columns of an attempt; see ``attempt(_:)``.
    static let attemptColumns = """
        SELECT id, order_id, tender_number, action, purpose, amount, lets_go, state, reference, reason, cause_id, made_at,
            ended_at, tries, is_final, target, expires_at
        FROM payment_attempt
        """

    /// How many columns of an attempt there are: the place of what is read behind them.
    static let attemptColumnCount = 17

    /// The statements that read an order's tenders, attempts and money.
    static func reading(_ order: EntityID) -> [LedgerStep] {
        let id = [PostgresValue.uuid(PostgresUUID(order))]
        return [(tenders, id), (attempts, id), (money, id)]
    }

    /// Puts together what ``reading(_:)`` read.
    init(
        order: EntityID, currency: Currency, lines: [LineUnits], tenders: PostgresRows, attempts: PostgresRows,
        money: PostgresRows
    ) throws {
        var sums = OrderMoney(total: 0, tenders: try tenders.map { try Self.tender($0) })
        for line in lines {
            sums.total += line.books.valueMinor
            sums.notOwed += line.books.notOwedMinor
            sums.earned += line.money.earned
            sums.refundDue += line.money.refundDue
        }
        let kept = try money.single
        let adjusted = try kept.int64OrNil(0)
        sums.adjusted = adjusted ?? 0
        sums.givenOtherwise = try kept.int64OrNil(3) ?? 0
        self.init(
            order: order, currency: currency, money: sums, isKept: adjusted != nil,
            settlements: try kept.int32OrNil(1) ?? 0, now: Instant(microseconds: try kept.timestamp(2)))
        for row in attempts { remember(try Self.attempt(row), target: try row.text(15), isFinal: try row.bool(14)) }
    }

    private static func tender(_ row: PostgresRow) throws -> Tender {
        guard let kind = TenderKind(rawValue: try row.int16(2)) else { throw UnreadableValue(column: "tender.kind") }
        guard let state = PaymentState(rawValue: try row.int16(4)) else {
            throw UnreadableValue(column: "tender.state")
        }
        return Tender(
            id: EntityID(try row.uuid(1)), number: try row.int16(0), kind: kind, amount: try row.int64(3), state: state,
            chargeSequence: try row.int32(5), refundSequence: try row.int32(6), gateway: try row.text(7),
            token: try row.text(8), label: try row.text(9), account: try row.uuidOrNil(10).map { EntityID($0) },
            renews: try row.int16OrNil(11))
    }

    /// Reads an attempt of ``attemptColumns``.
    static func attempt(_ row: PostgresRow) throws -> PaymentAttempt {
        guard let action = PaymentAction(rawValue: try row.int16(3)) else {
            throw UnreadableValue(column: "payment_attempt.action")
        }
        guard let state = PaymentAttemptState(rawValue: try row.int16(7)) else {
            throw UnreadableValue(column: "payment_attempt.state")
        }
        let purpose = try row.int16OrNil(4).map { number in
            guard let purpose = RefundPurpose(rawValue: number) else {
                throw UnreadableValue(column: "payment_attempt.purpose")
            }
            return purpose
        }
        return PaymentAttempt(
            id: EntityID(try row.uuid(0)), order: EntityID(try row.uuid(1)), tender: try row.int16(2), action: action,
            purpose: purpose, amount: try row.int64(5), letsGo: try row.int64(6), state: state,
            reference: try row.text(8), reason: try row.text(9), cause: EntityID(try row.uuid(10)),
            madeAt: Instant(microseconds: try row.timestamp(11)),
            endedAt: try row.timestampOrNil(12).map { Instant(microseconds: $0) }, tries: try row.int32(13),
            expiresAt: try row.timestampOrNil(16).map { Instant(microseconds: $0) })
    }
}
