import Domain
import PostgresClient

/// A return that comes into being.
struct NewReturn {
    /// One line of it.
    struct Line {
        var orderLine: Int32?
        var product: Int32
        var quantity: Int64
        var received: Int64
        var reason: ReturnReason
        var condition: ReturnCondition
        /// The number of the rule in its version; nil for a claim.
        var rule: Int16?
    }

    var id: EntityID
    var order: EntityID?
    var channel: Int32
    var currency: String
    /// How it comes into being.
    var event: ReturnEvent
    var method: ReturnMethod
    var rulesVersion: Int32
    var claimBasisPoints: Int32?
    var fee: Int64
    var refundWay: RefundWay
    var location: Int32?
    var note: String
    var lines: [Line]
    var caller: Caller

    private static let lock = PostgresStatement(
        "lock_new_return", "SELECT pg_advisory_xact_lock($1::int4, $2::int4)")
    private static let standing = PostgresStatement(
        "standing_return", "SELECT 1 FROM return_order WHERE id = $1::uuid", access: .readOnly)
    private static let insert = PostgresStatement(
        "insert_return",
        """
        INSERT INTO return_order (id, order_id, channel_id, currency, state, method, rules_version, claim_basis_points, fee,
            refund_way, location_id, note, events)
        VALUES ($1::uuid, $2::uuid, $3::int4, $4::text, $5::int2, $6::int2, $7::int4, $8::int4, $9::int8, $10::int2,
            $11::int4, $12::text, 1)
        """)
    private static let insertLines = PostgresStatement(
        "insert_return_lines",
        """
        INSERT INTO return_line (return_id, line_number, order_id, order_line, product_id, quantity, reserved, received,
            reason, condition, rule)
        SELECT $1::uuid, n.place, CASE WHEN n.line > 0 THEN $2::uuid END, CASE WHEN n.line > 0 THEN n.line END, n.product,
            n.quantity, CASE WHEN n.line > 0 THEN n.quantity ELSE 0 END, n.received, n.reason, n.condition,
            CASE WHEN n.rule > 0 THEN n.rule END
        FROM unnest($3::int2[], $4::int4[], $5::int8[], $6::int8[], $7::int2[], $8::int2[], $9::int2[])
            WITH ORDINALITY AS n(line, product, quantity, received, reason, condition, rule, place)
        """)
    private static let insertReceipts = PostgresStatement(
        "insert_first_return_receipts",
        """
        INSERT INTO return_receipt (return_id, number, line_number, location_id, quantity, cause_id)
        SELECT return_id, line_number, line_number, $2::int4, received, return_id FROM return_line
        WHERE return_id = $1::uuid AND received > 0
        """)
    private static let insertEvent = PostgresStatement(
        "insert_first_return_event",
        """
        INSERT INTO return_event (return_id, sequence, event, state, reason, cause_id, caller)
        VALUES ($1::uuid, 1, $2::int2, $3::int2, $4::text, $1::uuid, $5::text)
        """)

    /// The step that lets calls of a return's id wait for each other, until the transaction ends.
    static func locking(_ id: EntityID) -> LedgerStep {
        (lock, [.int32(LedgerLock.newReturn), .int32(Int32(truncatingIfNeeded: id.high ^ id.low))])
    }

    /// Writes it and reads it as it stands then.
    ///
    /// - Throws: `Refusal.eventNotGranted`, and `differentBody` where a return has the id, whose reply is no longer kept.
    func insert(on connection: PostgresConnection) throws -> ReturnOrder {
        let transition = try Lifecycle.returnOrder.decide(
            event, in: nil, by: caller.actors, naming: id.description)
        let key = PostgresValue.uuid(PostgresUUID(id))
        let found = try connection.pipeline([NewReturn.locking(id), (NewReturn.standing, [key])])
        guard found[1].first == nil else {
            throw Refusal.differentBody(.returnOrder, id, stored: [])
        }
        let orderID = PostgresValue.optional(order) { .uuid(PostgresUUID($0)) }
        var steps: [LedgerStep] = [
            (
                NewReturn.insert,
                [
                    key, orderID, .int32(channel), .text(currency), .int16(transition.to.rawValue),
                    .int16(method.rawValue), .int32(rulesVersion), .optional(claimBasisPoints) { .int32($0) },
                    .int64(fee), .int16(refundWay.rawValue), .optional(location) { .int32($0) }, .text(note),
                ]
            ),
            (
                NewReturn.insertLines,
                [
                    key, orderID, .int16s(lines.map { Int16($0.orderLine ?? 0) }), .int32s(lines.map(\.product)),
                    .int64s(lines.map(\.quantity)), .int64s(lines.map(\.received)),
                    .int16s(lines.map(\.reason.rawValue)), .int16s(lines.map(\.condition.rawValue)),
                    .int16s(lines.map { $0.rule ?? 0 }),
                ]
            ),
            (
                NewReturn.insertEvent,
                [key, .int16(event.rawValue), .int16(transition.to.rawValue), .text(note), .text(caller.id)]
            ),
        ]
        if let location { steps.append((NewReturn.insertReceipts, [key, .int32(location)])) }
        _ = try connection.pipeline(steps)
        guard let made = try Ledger.returnOrder(id, on: connection) else {
            throw UnreadableValue(column: "return_order.id")
        }
        return made
    }
}
