import Domain
import PostgresClient

/// The way through the orders that a list takes: the index that leads, so that no more is looked at than must be.
enum OrderWalk {
    /// By time.
    case all
    /// By time within each of these channels, by code.
    case channels(Set<String>)
    /// By time within a customer; orders of channels outside these, by code, are passed over.
    case customer(String, channels: Set<String>?)

    /// The way of a filter.
    init(_ filter: OrderFilter) {
        let codes = filter.channel.isEmpty ? filter.channels : filter.channels.narrowed(to: filter.channel)
        if !filter.customer.isEmpty {
            self = .customer(filter.customer, channels: codes)
        } else {
            self = codes.map { .channels($0) } ?? .all
        }
    }

    /// Whether there is nothing on it.
    var isEmpty: Bool {
        switch self {
        case .all: false
        case .channels(let codes): codes.isEmpty
        case .customer(_, let codes): codes?.isEmpty ?? false
        }
    }

    /// Whether it meets orders that are not wanted, whatever their status.
    var passesOver: Bool {
        if case .customer(_, .some) = self { true } else { false }
    }

    /// How many orders may be looked at in each of its parts, at least 1, where `search` may be looked at in all.
    func share(of search: Int) -> Int {
        if case .channels(let codes) = self { max(search / codes.count, 1) } else { max(search, 1) }
    }

    /// The statement that reads a page.
    ///
    /// Parameters: the range (four), how many at most, the end (two), the status or 0, then ``pageValues``.
    var page: PostgresStatement {
        switch self {
        case .all: Self.pageOfAll
        case .channels: Self.pageOfChannels
        case .customer: Self.pageOfCustomer
        }
    }

    /// The statement that finds the last order that may be looked at, where there are so many.
    ///
    /// Parameters: the range (four), the share less 1, then ``endValues``.
    var end: PostgresStatement {
        switch self {
        case .all: Self.endOfAll
        case .channels: Self.endOfChannels
        case .customer: Self.endOfCustomer
        }
    }

    var pageValues: [PostgresValue] {
        if case .customer(_, let codes) = self { endValues + [.codes(codes)] } else { endValues }
    }

    var endValues: [PostgresValue] {
        switch self {
        case .all: []
        case .channels(let codes): [.codes(codes)]
        case .customer(let customer, _): [.text(customer)]
        }
    }
}

extension OrderWalk {
    private static let range = """
        (o.placed_at, o.id) < ($1::timestamptz, $2::uuid) AND o.placed_at >= $3::timestamptz
            AND o.placed_at < $4::timestamptz
        """
    private static let status = OrderStatus.sql(of: "s.present", payment: "s.payment", returns: "s.returns")
    private static let upToEnd = "(o.placed_at, o.id) >= ($6::timestamptz, $7::uuid)"
    private static let wanted = "\(range) AND \(upToEnd) AND ($8::int2 = 0 OR $8::int2 = \(status))"
    // The condition on an empty id is that of the index.
    private static func isCustomer(_ parameter: String) -> String {
        "o.customer_id = \(parameter)::text AND o.customer_id <> ''"
    }
    private static let newestFirst = "ORDER BY o.placed_at DESC, o.id DESC"

    private static let pageOfAll = PostgresStatement(
        "order_page", "\(Ledger.orderHead) WHERE \(wanted) \(newestFirst) LIMIT $5::int4", access: .readOnly)
    private static let pageOfCustomer = PostgresStatement(
        "order_page_of_customer",
        """
        \(Ledger.orderHead) WHERE \(wanted) AND \(isCustomer("$9"))
            AND ($10::text[] IS NULL
                OR o.channel_id = ANY (ARRAY(SELECT id FROM channel WHERE code = ANY($10::text[]))))
        \(newestFirst) LIMIT $5::int4
        """, access: .readOnly)
    private static let pageOfChannels = PostgresStatement(
        "order_page_of_channels",
        """
        \(Ledger.orderHead) WHERE o.id = ANY (ARRAY(
            SELECT k.id FROM channel c CROSS JOIN LATERAL (
                SELECT o.placed_at, o.id FROM orders o
                WHERE o.channel_id = c.id AND \(range) AND \(upToEnd)
                    AND ($8::int2 = 0 OR $8::int2 = (SELECT \(status) FROM (\(Ledger.orderUnits)) s))
                \(newestFirst) LIMIT $5::int4
            ) k
            WHERE c.code = ANY($9::text[]) ORDER BY k.placed_at DESC, k.id DESC LIMIT $5::int4))
        \(newestFirst)
        """, access: .readOnly)

    private static let endOfAll = PostgresStatement(
        "order_page_end",
        "SELECT o.placed_at, o.id FROM orders o WHERE \(range) \(newestFirst) OFFSET $5::int4 LIMIT 1",
        access: .readOnly)
    private static let endOfCustomer = PostgresStatement(
        "order_page_end_of_customer",
        """
        SELECT o.placed_at, o.id FROM orders o WHERE \(range) AND \(isCustomer("$6"))
        \(newestFirst) OFFSET $5::int4 LIMIT 1
        """, access: .readOnly)
    // The latest of the channels' ends: up to there no channel is looked at beyond its share.
    private static let endOfChannels = PostgresStatement(
        "order_page_end_of_channels",
        """
        SELECT k.placed_at, k.id FROM channel c CROSS JOIN LATERAL (
            SELECT o.placed_at, o.id FROM orders o WHERE o.channel_id = c.id AND \(range)
            \(newestFirst) OFFSET $5::int4 LIMIT 1
        ) k
        WHERE c.code = ANY($6::text[]) ORDER BY k.placed_at DESC, k.id DESC LIMIT 1
        """, access: .readOnly)
}
