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
    private static let orderPageRange = """
        (o.placed_at, o.id) < ($1::timestamptz, $2::uuid) AND o.placed_at >= $3::timestamptz
            AND o.placed_at < $4::timestamptz AND ($5::text[] IS NULL OR ch.code = ANY($5::text[]))
        """
    private static let orderPageStatus = """
        (o.placed_at, o.id) >= ($7::timestamptz, $8::uuid)
            AND ($9::int2 = 0 OR $9::int2 = CASE WHEN s.allocated > 0 AND s.delivered > 0 THEN 2
                WHEN s.allocated > 0 THEN 1 WHEN s.delivered > 0 THEN 3 ELSE 4 END)
        """
    // The condition on an empty id is that of the index.
    private static let orderPageCustomer = "o.customer_id = $10::text AND o.customer_id <> ''"
    private static let newestFirst = "ORDER BY o.placed_at DESC, o.id DESC LIMIT $6::int4"

    private static let orderPage = PostgresStatement(
        "order_page", "\(orderHead) WHERE \(orderPageRange) AND \(orderPageStatus) \(newestFirst)", access: .readOnly)
    private static let orderPageOfCustomer = PostgresStatement(
        "order_page_of_customer",
        "\(orderHead) WHERE \(orderPageRange) AND \(orderPageStatus) AND \(orderPageCustomer) \(newestFirst)",
        access: .readOnly)
    private static let orderPageEnd = PostgresStatement(
        "order_page_end",
        """
        SELECT o.placed_at, o.id FROM orders o JOIN channel ch ON ch.id = o.channel_id WHERE \(orderPageRange)
            AND ($7::text = '' OR o.customer_id = $7::text)
        ORDER BY o.placed_at DESC, o.id DESC OFFSET $6::int4 LIMIT 1
        """, access: .readOnly)

    /// Orders before a key, newest first, without lines and events.
    ///
    /// A status is derived, not stored: of a list by status, one call looks at no more than `statusSearch` orders. What
    /// it returns may then be short, or empty, although the list goes on.
    public func orders(
        _ filter: OrderFilter, before: OrderKey?, limit: Int, statusSearch: Int = 10_000
    ) async throws -> OrderPage {
        try await onConnection { connection in
            let last = OrderKey(placedAt: Instant(microseconds: .max), id: EntityID(high: .max, low: .max))
            let range: [PostgresValue] = [
                .timestamp(microsecondsSinceEpoch: (before ?? last).placedAt.microseconds),
                .uuid(PostgresUUID((before ?? last).id)),
                .timestamp(microsecondsSinceEpoch: filter.placedFrom?.microseconds ?? .min),
                .timestamp(microsecondsSinceEpoch: filter.placedBefore?.microseconds ?? .max),
                .codes(filter.channel.isEmpty ? filter.channels : filter.channels.narrowed(to: filter.channel)),
            ]
            var end: OrderKey?
            if filter.status != nil {
                let rows = try connection.execute(
                    Ledger.orderPageEnd,
                    range + [.int32(Int32(clamping: statusSearch - 1)), .text(filter.customer)])
                end = try rows.first.map { row in
                    OrderKey(
                        placedAt: Instant(microseconds: try row.timestamp(0)), id: EntityID(try row.uuid(1)))
                }
            }
            var values = range
            values.append(.int32(Int32(clamping: limit + 1)))
            values.append(.timestamp(microsecondsSinceEpoch: end?.placedAt.microseconds ?? .min))
            values.append(.uuid(PostgresUUID(end?.id ?? EntityID(high: 0, low: 0))))
            values.append(.int16(filter.status?.rawValue ?? 0))
            if !filter.customer.isEmpty { values.append(.text(filter.customer)) }
            let statement = filter.customer.isEmpty ? Ledger.orderPage : Ledger.orderPageOfCustomer
            let found = try connection.execute(statement, values).map { try Order(head: $0) }
            let orders = Array(found.prefix(limit))
            let next = found.count > limit ? orders.last.map { OrderKey($0) } : end
            return OrderPage(orders: orders, next: next)
        }
    }
}

/// A page of orders.
public struct OrderPage: Sendable, Equatable {
    /// The orders.
    public var orders: [Order]
    /// The key before which the list goes on; nil where it ends.
    public var next: OrderKey?

    /// Makes a page.
    public init(orders: [Order], next: OrderKey?) {
        self.orders = orders
        self.next = next
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
