public import Domain
import PostgresClient

extension Ledger {
    /// The columns of an order's head and where they come from; see ``Domain/Order/init(head:)``.
    static let orderHead = """
        SELECT o.id, ch.code, o.external_id, o.customer_id, o.customer_name, o.customer_email, o.customer_country,
            o.currency, o.subtotal, o.added_tax, o.ordered_at, o.placed_at, o.reservation_id, o.goods_in_hand,
            s.allocated, s.delivered
        FROM orders o JOIN channel ch ON ch.id = o.channel_id
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(q.quantity) FILTER (WHERE q.status = 1), 0)::int8 AS allocated,
                    coalesce(sum(q.quantity) FILTER (WHERE q.status = 2), 0)::int8 AS delivered
                FROM line_quantity q WHERE q.order_id = o.id
            ) s
        """
    private static let orderPageCondition = """
        (o.placed_at, o.id) < ($1::timestamptz, $2::uuid) AND o.placed_at >= $3::timestamptz
            AND o.placed_at < $4::timestamptz AND ($5::text = '' OR ch.code = $5::text)
            AND ($6::int2 = 0 OR $6::int2 = CASE WHEN s.allocated > 0 AND s.delivered > 0 THEN 2
                WHEN s.allocated > 0 THEN 1 WHEN s.delivered > 0 THEN 3 ELSE 4 END)
        """
    private static let orderPage = PostgresStatement(
        "order_page",
        """
        \(orderHead) WHERE \(orderPageCondition) ORDER BY o.placed_at DESC, o.id DESC LIMIT $7::int4
        """, access: .readOnly)
    // The condition on an empty id is that of the index.
    private static let orderPageOfCustomer = PostgresStatement(
        "order_page_of_customer",
        """
        \(orderHead) WHERE \(orderPageCondition) AND o.customer_id = $8::text AND o.customer_id <> ''
        ORDER BY o.placed_at DESC, o.id DESC LIMIT $7::int4
        """, access: .readOnly)

    /// Orders before a key, newest first, without lines and events.
    public func orders(_ filter: OrderFilter, before: OrderKey?, limit: Int) async throws -> Page<Order> {
        let end = OrderKey(placedAt: Instant(microseconds: .max), id: EntityID(high: .max, low: .max))
        let key = before ?? end
        var values: [PostgresValue] = [
            .timestamp(microsecondsSinceEpoch: key.placedAt.microseconds), .uuid(PostgresUUID(key.id)),
            .timestamp(microsecondsSinceEpoch: filter.placedFrom?.microseconds ?? .min),
            .timestamp(microsecondsSinceEpoch: filter.placedBefore?.microseconds ?? .max),
            .text(filter.channel), .int16(filter.status?.rawValue ?? 0), .int32(Int32(clamping: limit + 1)),
        ]
        let statement = filter.customer.isEmpty ? Ledger.orderPage : Ledger.orderPageOfCustomer
        if !filter.customer.isEmpty { values.append(.text(filter.customer)) }
        return try await onConnection { [values] connection in
            Page(try connection.execute(statement, values).map { try Order(head: $0) }, limit: limit)
        }
    }
}

extension Order {
    /// Reads an order's head, without lines and events.
    init(head row: PostgresRow) throws {
        guard let currency = Currency(code: try row.text(7)) else { throw UnreadableValue(column: "orders.currency") }
        self.init(
            id: EntityID(try row.uuid(0)), channel: try row.text(1), externalID: try row.text(2),
            status: OrderStatus(allocated: try row.int64(14), delivered: try row.int64(15)),
            customer: Customer(
                id: try row.text(3), name: try row.text(4), email: try row.text(5), country: try row.text(6)),
            currency: currency, lines: [], subtotal: try row.int64(8), addedTax: try row.int64(9),
            orderedAt: Instant(microseconds: try row.timestamp(10)),
            placedAt: Instant(microseconds: try row.timestamp(11)),
            reservation: try row.uuidOrNil(12).map { EntityID($0) }, goodsInHand: try row.bool(13), events: [])
    }
}
