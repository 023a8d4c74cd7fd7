public import Domain
import PostgresClient

/// Which holds a list is to have.
public struct HoldFilter: Sendable, Hashable {
    /// Only of orders of this channel; empty is all.
    public var channel: String
    /// Only this reason; nil is all.
    public var reason: HoldReason?
    /// Only of orders of these channels; nil is all.
    public var channels: Set<String>?

    /// Makes a filter.
    public init(channel: String = "", reason: HoldReason? = nil, channels: Set<String>? = nil) {
        self.channel = channel
        self.reason = reason
        self.channels = channels
    }
}

/// Where an entry stands in the list of holds.
public struct HeldOrderKey: Hashable, Sendable {
    /// Since when it holds.
    public var placedAt: Instant
    /// The order.
    public var order: EntityID
    /// Its number within the order.
    public var number: Int16

    /// Makes a key.
    public init(placedAt: Instant, order: EntityID, number: Int16) {
        self.placedAt = placedAt
        self.order = order
        self.number = number
    }

    /// The key of an entry.
    public init(_ held: HeldOrder) {
        self.init(placedAt: held.hold.placedAt, order: held.order, number: held.number)
    }
}

extension Ledger {
    private static let holdPage = PostgresStatement(
        "hold_page",
        """
        SELECT h.order_id, c.code, o.external_id, h.number, h.reason, h.detail, h.placed_at, h.released_at,
            coalesce(h.released_by, '')
        FROM order_hold h JOIN orders o ON o.id = h.order_id JOIN channel c ON c.id = o.channel_id
        WHERE h.released_at IS NULL AND (h.placed_at, h.order_id, h.number) > ($1::timestamptz, $2::uuid, $3::int2)
            AND ($4::text = '' OR h.reason = $4::text) AND ($5::text[] IS NULL OR c.code = ANY($5::text[]))
        ORDER BY h.placed_at, h.order_id, h.number LIMIT $6::int4
        """, access: .readOnly)
    private static let holdsOfOrder = PostgresStatement(
        "all_holds_of_order",
        """
        SELECT reason, detail, placed_at, released_at, coalesce(released_by, '') FROM order_hold
        WHERE order_id = $1::uuid ORDER BY number
        """, access: .readOnly)
    private static let reviewOfOrder = PostgresStatement(
        "order_review_of_order", "SELECT state, release_due FROM order_review WHERE order_id = $1::uuid",
        access: .readOnly)

    /// What holds orders now, oldest first, after a key.
    public func heldOrders(
        _ filter: HoldFilter, after key: HeldOrderKey?, limit: Int
    ) async throws -> Page<HeldOrder> {
        let among = filter.channel.isEmpty ? filter.channels : filter.channels.narrowed(to: filter.channel)
        return try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.holdPage,
                [
                    .timestamp(microsecondsSinceEpoch: key?.placedAt.microseconds ?? .min),
                    .uuid(PostgresUUID(key?.order ?? EntityID(high: 0, low: 0))), .int16(key?.number ?? 0),
                    .text(filter.reason?.word ?? ""), .codes(among), .int32(Int32(clamping: limit + 1)),
                ])
            return Page(
                try rows.map { row in
                    HeldOrder(
                        order: EntityID(try row.uuid(0)), channel: try row.text(1), externalID: try row.text(2),
                        hold: try OrderHold(row: row, at: 4), number: try row.int16(3))
                }, limit: limit)
        }
    }

    /// The steps that read what holds an order and has held it, and its review; see ``review(holds:review:)``.
    static func readingReview(of order: EntityID) -> [LedgerStep] {
        let id = PostgresValue.uuid(PostgresUUID(order))
        return [(holdsOfOrder, [id]), (reviewOfOrder, [id])]
    }

    /// What holds an order and has held it, oldest first, and its review.
    static func review(holds: PostgresRows, review: PostgresRows) throws -> (holds: [OrderHold], review: OrderReview?) {
        let standing = try review.first.map { row -> OrderReview in
            guard let state = ReviewState(rawValue: try row.int16(0)) else {
                throw UnreadableValue(column: "order_review.state")
            }
            return OrderReview(
                state: state, releaseDue: try row.timestampOrNil(1).map { Instant(microseconds: $0) })
        }
        return (try holds.map { try OrderHold(row: $0, at: 0) }, standing)
    }
}
