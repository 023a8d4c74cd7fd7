public import Domain
import PostgresClient

extension Ledger {
    /// The statuses that units of order `o` have, as the bits of a `LineStatusSet`, and how its payment and returns stand.
    static let orderUnits = """
        SELECT coalesce(bit_or(1 << q.status), 0) AS present,
            coalesce((SELECT \(PaymentStanding.sql(of: "m")) FROM order_money m WHERE m.order_id = o.id),
                \(PaymentStanding.untracked.rawValue)) AS payment,
            \(ReturnStanding.sql(of: "o.id")) AS returns
        FROM line_quantity q WHERE q.order_id = o.id AND q.quantity > 0
        """
    /// The columns of an order's head and where they come from; see ``Domain/Order/init(head:)``.
    static let orderHead = """
        SELECT o.id, ch.code, o.external_id, o.customer_id, o.customer_name, o.customer_email, o.customer_country,
            o.currency, o.subtotal + o.amended_subtotal, o.added_tax + o.amended_tax, o.ordered_at, o.placed_at,
            o.reservation_id, o.goods_in_hand, s.present, s.payment, s.returns
        FROM orders o JOIN channel ch ON ch.id = o.channel_id CROSS JOIN LATERAL (\(orderUnits)) s
        """

    /// Orders before a key, newest first, without lines and events.
    ///
    /// A status is derived, not stored, and a customer's orders are not ordered by channel: of a list by either, one call
    /// looks at no more than `search` orders. What it returns may then be short, or empty, although the list goes on.
    public func orders(
        _ filter: OrderFilter, before: OrderKey?, limit: Int, search: Int = 10_000
    ) async throws -> OrderPage {
        let walk = OrderWalk(filter)
        if walk.isEmpty { return OrderPage(orders: [], next: nil) }
        let last = OrderKey(placedAt: Instant(microseconds: .max), id: EntityID(high: .max, low: .max))
        let range: [PostgresValue] = [
            .timestamp(microsecondsSinceEpoch: (before ?? last).placedAt.microseconds),
            .uuid(PostgresUUID((before ?? last).id)),
            .timestamp(microsecondsSinceEpoch: filter.placedFrom?.microseconds ?? .min),
            .timestamp(microsecondsSinceEpoch: filter.placedBefore?.microseconds ?? .max),
        ]
        return try await onConnection { connection in
            var end: OrderKey?
            if filter.status != nil || walk.passesOver {
                let offset = Int32(clamping: walk.share(of: search) - 1)
                let rows = try connection.execute(walk.end, range + [.int32(offset)] + walk.endValues)
                end = try rows.first.map { row in
                    OrderKey(
                        placedAt: Instant(microseconds: try row.timestamp(0)),
                        // What is passed over may be another channel's: its id is not for the next page's token.
                        id: walk.passesOver ? .lowest : EntityID(try row.uuid(1)))
                }
            }
            let bounds: [PostgresValue] = [
                .int32(Int32(clamping: limit + 1)),
                .timestamp(microsecondsSinceEpoch: end?.placedAt.microseconds ?? .min),
                .uuid(PostgresUUID(end?.id ?? .lowest)), .int16(filter.status?.rawValue ?? 0),
            ]
            let found = try connection.execute(walk.page, range + bounds + walk.pageValues).map { try Order(head: $0) }
            let orders = Array(found.prefix(limit))
            let next = found.count > limit ? orders.last.map { OrderKey($0) } : end
            return OrderPage(orders: orders, next: next)
        }
    }
}

extension EntityID {
    fileprivate static let lowest = EntityID(high: 0, low: 0)
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
            status: OrderStatus(
                LineStatusSet(rawValue: try row.int32(14)),
                payment: PaymentStanding(rawValue: Int16(clamping: try row.int32(15))) ?? .untracked,
                returns: ReturnStanding(rawValue: Int16(clamping: try row.int32(16))) ?? .idle),
            customer: Customer(
                id: try row.text(3), name: try row.text(4), email: try row.text(5), country: try row.text(6)),
            currency: currency, lines: [], subtotal: try row.int64(8), addedTax: try row.int64(9),
            orderedAt: Instant(microseconds: try row.timestamp(10)),
            placedAt: Instant(microseconds: try row.timestamp(11)),
            reservation: try row.uuidOrNil(12).map { EntityID($0) }, goodsInHand: try row.bool(13), events: [])
    }
}
