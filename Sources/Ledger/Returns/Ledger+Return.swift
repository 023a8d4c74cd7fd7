public import Domain
import PostgresClient

/// Which returns a list is of.
public struct ReturnFilter: Hashable, Sendable {
    /// Only this channel, by code; empty is all.
    public var channel: String
    /// Only those of this order.
    public var order: EntityID?
    /// Only those in this state.
    public var state: ReturnState?
    /// Only these channels, by code; nil is all.
    public var channels: Set<String>?

    /// Makes a filter.
    public init(
        channel: String = "", order: EntityID? = nil, state: ReturnState? = nil, channels: Set<String>? = nil
    ) {
        self.channel = channel
        self.order = order
        self.state = state
        self.channels = channels
    }
}

extension Ledger {
    private static let returnHead = """
        SELECT r.id, r.number, r.order_id, c.code, r.currency, r.state, r.method, r.rules_version,
            r.claim_basis_points, r.fee, r.refund_way, r.refund, r.settlement, r.settlement_reference,
            coalesce(l.code, ''), r.note, r.created_at,
            CASE WHEN r.state IN (2, 3) AND isfinite(r.expires_at) THEN r.expires_at END,
            x.id, x.amounts, x.state = 2, x.credited, \(exchangeStands), xm.owed - xm.taken + xm.given_back - xm.held,
            r.ahead, r.ahead_settlement, r.settled,
            k.key, k.carrier, k.service, k.tracking, kl.code, k.price, k.currency, k.payer, r.recovered, r.set_off
        FROM return_order r JOIN channel c ON c.id = r.channel_id LEFT JOIN location l ON l.id = r.location_id
        LEFT JOIN return_exchange x ON x.return_id = r.id AND x.state <> 3 LEFT JOIN order_money xm ON xm.order_id = x.id
        LEFT JOIN return_label k ON k.return_id = r.id AND k.state = 3 LEFT JOIN location kl ON kl.id = k.location_id
        """
    /// Whether the exchange in a row `x` takes the place of goods still: its order is being placed, or stands.
    static let exchangeStands = "(x.state = 1 OR x.state = 2 AND \(exchangeOrderStands))"
    /// Whether the order of the exchange in a row `x` has units that are neither cancelled nor came back.
    static let exchangeOrderStands = """
        EXISTS (SELECT FROM line_quantity q WHERE q.order_id = x.id AND q.quantity > 0
            AND q.status NOT IN (\(LineStatus.cancelled.rawValue), \(LineStatus.returned.rawValue)))
        """
    private static let returnByID = PostgresStatement(
        "return_by_id", "\(returnHead) WHERE r.id = $1::uuid", access: .readOnly)
    private static let returnIDByNumber = PostgresStatement(
        "return_id_by_number", "SELECT id FROM return_order WHERE number = $1::int8", access: .readOnly)
    private static let returnPage = PostgresStatement(
        "return_page",
        """
        \(returnHead)
        WHERE (r.created_at, r.id) < ($1::timestamptz, $2::uuid) AND ($3::text[] IS NULL OR c.code = ANY($3::text[]))
            AND ($4::uuid IS NULL OR r.order_id = $4::uuid) AND ($5::int2 = 0 OR r.state = $5::int2)
        ORDER BY r.created_at DESC, r.id DESC LIMIT $6::int4
        """, access: .readOnly)
    private static let linesOfReturn = PostgresStatement(
        "lines_of_return",
        """
        SELECT coalesce(u.name, ''), \(termsColumns), l.line_number, l.order_line, l.product_id, p.sku, l.quantity,
            l.reserved, l.received, l.reason, l.condition, l.value, l.refund
        FROM return_order r JOIN return_line l ON l.return_id = r.id
        CROSS JOIN LATERAL (SELECT sku FROM product WHERE id = l.product_id OFFSET 0) p
        LEFT JOIN LATERAL (SELECT * FROM return_rule WHERE version = r.rules_version AND number = l.rule OFFSET 0) u ON true
        WHERE r.id = $1::uuid ORDER BY l.line_number
        """, access: .readOnly)
    private static let receiptsOfReturn = PostgresStatement(
        "receipts_of_return",
        """
        SELECT line_number, location_id, quantity FROM return_receipt WHERE return_id = $1::uuid ORDER BY number
        """, access: .readOnly)
    private static let inspectionsOfReturn = PostgresStatement(
        "inspections_of_return",
        """
        SELECT line_number, quantity, condition, disposition, value, refund, note FROM return_inspection
        WHERE return_id = $1::uuid ORDER BY number
        """, access: .readOnly)
    private static let variancesOfReturn = PostgresStatement(
        "variances_of_return",
        """
        SELECT v.kind, v.sku, v.quantity, coalesce(l.code, '')
        FROM return_variance v LEFT JOIN location l ON l.id = v.location_id
        WHERE v.return_id = $1::uuid ORDER BY v.number
        """, access: .readOnly)
    private static let eventsOfReturn = PostgresStatement(
        "events_of_return",
        "SELECT sequence, event, state, at, cause_id FROM return_event WHERE return_id = $1::uuid ORDER BY sequence",
        access: .readOnly)

    /// A return as it stands, with its lines and history, or nil.
    public func returnOrder(_ id: EntityID) async throws -> ReturnOrder? {
        try await onConnection { connection in
            let mode = PostgresTransactionMode.repeatableReadReadOnly
            _ = try connection.execute(mode.begin)
            let found = try Ledger.returnOrder(id, on: connection)
            _ = try connection.execute(mode.commit)
            return found
        }
    }

    /// The return with a number, or nil.
    public func returnOrder(number: Int64) async throws -> ReturnOrder? {
        let id = try await onConnection { connection in
            try connection.execute(Ledger.returnIDByNumber, [.int64(number)]).first.map { EntityID(try $0.uuid(0)) }
        }
        // A number never comes to name another return.
        guard let id else { return nil }
        return try await returnOrder(id)
    }

    /// Returns before a key, newest first, without lines and history.
    public func returns(_ filter: ReturnFilter, before: OrderKey?, limit: Int) async throws -> Page<ReturnOrder> {
        let codes = filter.channel.isEmpty ? filter.channels : filter.channels.narrowed(to: filter.channel)
        return try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.returnPage,
                [
                    .timestamp(microsecondsSinceEpoch: before?.placedAt.microseconds ?? .max),
                    .uuid(PostgresUUID(before?.id ?? EntityID(high: .max, low: .max))), .codes(codes),
                    .optional(filter.order) { .uuid(PostgresUUID($0)) }, .int16(filter.state?.rawValue ?? 0),
                    .int32(Int32(clamping: limit + 1)),
                ])
            return Page(try rows.map { try ReturnHead(row: $0).order }, limit: limit)
        }
    }

    /// A return within a transaction, or nil.
    static func returnOrder(_ id: EntityID, on connection: PostgresConnection) throws -> ReturnOrder? {
        let key = [PostgresValue.uuid(PostgresUUID(id))]
        let read = try connection.pipeline([
            (returnByID, key), (linesOfReturn, key), (receiptsOfReturn, key), (inspectionsOfReturn, key),
            (variancesOfReturn, key), (eventsOfReturn, key),
        ])
        guard let row = read[0].first else { return nil }
        let head = try ReturnHead(row: row)
        var order = head.order
        order.lines = try read[1].map { try ReturnOrder.Line(row: $0, claim: head.claim) }
        order.receipts = try read[2].map {
            .init(line: try $0.int32(0), location: try $0.int32(1), quantity: try $0.int64(2))
        }
        order.inspections = try read[3].map {
            .init(
                line: try $0.int32(0), quantity: try $0.int64(1),
                condition: try .stored($0.int16(2), "return_inspection.condition"),
                disposition: try .stored($0.int16(3), "return_inspection.disposition"), value: try $0.int64(4),
                refund: try $0.int64(5), note: try $0.text(6))
        }
        order.variances = try read[4].map {
            .init(
                kind: try .stored($0.int16(0), "return_variance.kind"), sku: try $0.text(1),
                quantity: try $0.int64(2), location: try $0.text(3))
        }
        order.events = try read[5].map {
            .init(
                sequence: try $0.int32(0), event: try .stored($0.int16(1), "return_event.event"),
                state: try .stored($0.int16(2), "return_event.state"),
                at: Instant(microseconds: try $0.timestamp(3)), cause: EntityID(try $0.uuid(4)))
        }
        return order
    }
}

/// The head of a return, and what a claim refunds, in basis points.
private struct ReturnHead {
    var order: ReturnOrder
    var claim: Int32?

    init(row: PostgresRow) throws {
        guard let currency = Currency(code: try row.text(4)) else {
            throw UnreadableValue(column: "return_order.currency")
        }
        let settlement = try row.int16(12)
        claim = try row.int32OrNil(8)
        order = ReturnOrder(
            id: EntityID(try row.uuid(0)), number: try row.int64(1), order: try row.uuidOrNil(2).map { EntityID($0) },
            channel: try row.text(3), currency: currency, state: try .stored(row.int16(5), "return_order.state"),
            method: try .stored(row.int16(6), "return_order.method"), rulesVersion: try row.int32(7),
            isClaim: claim != nil, fee: try row.int64(9),
            refundWay: try .stored(row.int16(10), "return_order.refund_way"), refund: try row.int64(11),
            settlement: settlement == 0 ? nil : try .stored(settlement, "return_order.settlement"),
            settlementReference: try row.text(13), location: try row.text(14), note: try row.text(15),
            createdAt: Instant(microseconds: try row.timestamp(16)),
            expiresAt: try row.timestampOrNil(17).map { Instant(microseconds: $0) })
        if let id = try row.uuidOrNil(18) {
            let (total, stands) = (try row.int64s(19).reduce(0, +), try row.bool(22))
            order.exchange = ReturnExchange(
                order: EntityID(id), totalMinor: total, isPlaced: try row.bool(20), stands: stands,
                credited: try row.int64(21), toPay: max(0, try row.int64OrNil(23) ?? (stands ? total : 0)))
        }
        order.ahead = try row.int64(24)
        let way = try row.int16(25)
        order.aheadSettlement = way == 0 ? nil : try .stored(way, "return_order.ahead_settlement")
        order.settled = try row.int64(26)
        order.recovered = try row.int64(35)
        order.setOff = try row.int64(36)
        if let key = try row.uuidOrNil(27) {
            guard let currency = Currency(code: try row.text(33)) else {
                throw UnreadableValue(column: "return_label.currency")
            }
            order.label = ReturnLabel(
                key: EntityID(key), carrier: try row.text(28), service: try row.text(29), tracking: try row.text(30),
                location: try row.text(31), cost: Money(try row.int64(32), currency),
                payer: try .stored(row.int16(34), "return_label.payer"))
        }
    }
}

extension ReturnOrder.Line {
    fileprivate init(row: PostgresRow, claim: Int32?) throws {
        self.init(
            number: try row.int32(12), orderLine: try row.int32OrNil(13), product: try row.int32(14),
            sku: try row.text(15), quantity: try row.int64(16), reserved: try row.int64(17),
            received: try row.int64(18), reason: try .stored(row.int16(19), "return_line.reason"),
            condition: try .stored(row.int16(20), "return_line.condition"), rule: try row.text(0),
            terms: try claim.map { ReturnTerms(windowDays: 0, shares: [.keep: $0]) } ?? ReturnTerms(row: row, from: 1),
            value: try row.int64(21), refund: try row.int64(22))
    }
}
