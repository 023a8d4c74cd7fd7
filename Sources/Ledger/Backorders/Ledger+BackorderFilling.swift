public import Domain
import PostgresClient

/// An article with lines that wait while there may be stock for them: units that reservations gave back.
public struct ServeableArticle: Hashable, Sendable {
    /// Its number in the ledger.
    public var product: Int32
    /// The article.
    public var sku: String
    /// The locations whose rows have more than is promised to orders, in the order of their ranks.
    public var places: [(number: Int32, location: String)] { zip(numbers, locations).map { ($0, $1) } }

    fileprivate var numbers: [Int32]
    fileprivate var locations: [String]
}

/// A line that waits and may be served from a location with free stock.
public struct ServeableLine: Hashable, Sendable {
    /// The order.
    public var order: EntityID
    /// Its channel's code.
    public var channel: String
    /// Position of the line in it, from 1.
    public var line: Int32
    /// What it wants.
    public var wish: SupplyOffer.Wish
}

extension Ledger {
    /// That what a cell `c` has may serve a line that waits: it is on hand, and for every channel.
    static let isServeable = "c.pool = 0 AND c.due = '-infinity'"
    private static let granted = PostgresStatement(
        "granted_orders",
        """
        SELECT order_id, number FROM backorder_grant WHERE number > $1::int8 ORDER BY number LIMIT $2::int4
        """, access: .readOnly)
    private static let grantsOfOrder = PostgresStatement(
        "grants_of_order",
        """
        SELECT g.number, g.line_number, g.cell_id, g.quantity, l.code
        FROM backorder_grant g JOIN cell c ON c.id = g.cell_id JOIN location l ON l.id = c.location_id
        WHERE g.order_id = $1::uuid ORDER BY g.number
        """, access: .readOnly)
    private static let dropGrants = PostgresStatement(
        "drop_grants", "DELETE FROM backorder_grant WHERE number = ANY($1::int8[])")
    // The turn goes to who had to wait longest for it, so each comes round however many there are. A book that somebody has locked
    // keeps its place for the next time.
    private static let serveableArticles = PostgresStatement(
        "serveable_articles",
        """
        WITH b AS (
            SELECT b.product_id FROM backorder_book b
            WHERE b.waiting > 0 AND EXISTS (SELECT FROM cell c WHERE c.product_id = b.product_id
                AND \(isServeable) AND c.on_hand - c.safety - c.allocated > 0)
            ORDER BY b.asked_at, b.product_id LIMIT $1::int4 FOR UPDATE OF b SKIP LOCKED
        ), u AS (
            UPDATE backorder_book k SET asked_at = clock_timestamp() FROM b WHERE k.product_id = b.product_id
        )
        SELECT p.id, p.sku, f.numbers, f.codes FROM b JOIN product p ON p.id = b.product_id
        CROSS JOIN LATERAL (
            SELECT array_agg(l.id ORDER BY l.rank, l.code) AS numbers, array_agg(l.code ORDER BY l.rank, l.code) AS codes
            FROM location l WHERE EXISTS (SELECT FROM cell c WHERE c.product_id = b.product_id AND c.location_id = l.id
                AND \(isServeable) AND c.on_hand - c.safety - c.allocated > 0)
        ) f ORDER BY p.id
        """)
    private static let serveableLines = PostgresStatement(
        "serveable_lines",
        """
        SELECT q.order_id, ch.code, q.line_number, q.quantity, q.locations, q.single, s.places
        FROM backorder_queue q JOIN channel ch ON ch.id = q.channel_id
        CROSS JOIN LATERAL (SELECT ARRAY(SELECT location_id FROM short_pick
            WHERE order_id = q.order_id AND line_number = q.line_number) AS places) s
        WHERE q.product_id = $1::int4 AND q.quantity > 0 AND EXISTS (SELECT FROM unnest($2::int4[]) AS n(location)
            WHERE (q.locations IS NULL OR n.location = ANY(q.locations)) AND n.location <> ALL(s.places))
        ORDER BY q.priority DESC, q.since, q.place LIMIT $3::int4 OFFSET $4::int8
        """, access: .readOnly)
    private static let bindSingle = PostgresStatement(
        "bind_single_line",
        """
        UPDATE backorder_queue q SET locations = ARRAY[c.location_id] FROM cell c
        WHERE q.order_id = $1::uuid AND q.line_number = $2::int2 AND q.single AND c.id = $3::int8
        """)

    /// Supply that is set aside and was not taken over yet, the oldest first: of which order, and its number.
    public func grants(after number: Int64, limit: Int) async throws -> [(order: EntityID, number: Int64)] {
        try await onConnection { connection in
            try connection.execute(Ledger.granted, [.int64(number), .int32(Int32(clamping: limit))]).map {
                (EntityID(try $0.uuid(0)), try $0.int64(1))
            }
        }
    }

    /// An order takes over the supply that was set aside for its waiting lines.
    ///
    /// What is set aside for units that do not wait any longer is given back, to the next lines that wait. Nothing happens, and
    /// nothing is kept, where another server was faster. A crash leaves the supply set aside, and it is found again.
    ///
    /// - Parameters:
    ///   - order: the order.
    ///   - id: the id of this change, new for each.
    ///   - caller: who does it.
    /// - Returns: what Redis must be told; nil where nothing was set aside any more.
    /// - Throws: `Refusal`.
    public func takeOverGrants(of order: EntityID, as id: EntityID, caller: Caller) async throws -> Settlement? {
        let change = OrderChange(
            id: id, order: order, kind: .backorderFill, body: [Ledger.fillMethod], caller: caller)
        let done = try await changeOrder(change) { work in
            work.keepsReply = try work.takeOverGrants()
            return work.keepsReply ? Ledger.tookOver : []
        }
        return done.reply == Ledger.tookOver ? done.settlement : nil
    }

    /// An order takes the stock of a reservation for a line that waits.
    ///
    /// - Parameters:
    ///   - reservation: what was set aside for it, by ``OrderPromising/OrderPromising/setAside``.
    ///   - order: the order.
    ///   - line: the line.
    ///   - id: the id of this change, new for each.
    ///   - caller: who does it.
    /// - Returns: what Redis must be told.
    /// - Throws: `Refusal` where the line does not wait for so many units any longer; ``LedgerFault/planOutdated`` where the
    ///   reservation is not held any longer.
    public func fillBackorder(
        from reservation: EntityID, of order: EntityID, line: Int32, as id: EntityID, caller: Caller
    ) async throws -> Settlement {
        let change = OrderChange(
            id: id, order: order, kind: .backorderFill, body: [Ledger.fillMethod], caller: caller)
        return try await changeOrder(change) { work in
            let moved = try work.take(reserved: reservation, for: [(line: line, from: .backordered, parts: [])])
            work.tell(.backorderFilled, moved: moved)
            work.bindSingle(line, to: moved)
            work.releaseReviewedUnits()
            return []
        }.settlement
    }

    /// The first byte of the stored request of a fill: how the audit log names it.
    private static let fillMethod: UInt8 = 119
    private static let tookOver: [UInt8] = [1]

    /// Articles whose turn it is: lines wait, and rows have stock that no order has been promised.
    ///
    /// Each that is returned goes to the end of the row. Whether the stock is free in the store that decides is not known
    /// here.
    public func serveableArticles(limit: Int) async throws -> [ServeableArticle] {
        try await onConnection { connection in
            try connection.execute(Ledger.serveableArticles, [.int32(Int32(clamping: limit))]).map { row in
                ServeableArticle(
                    product: try row.int32(0), sku: try row.text(1), numbers: try row.int32s(2),
                    locations: try row.texts(3))
            }
        }
    }

    /// Waiting lines of an article that one of the locations may serve, in the order in which they are served, after so many.
    public func serveableLines(
        of article: ServeableArticle, from locations: [Int32], after skipped: Int = 0, limit: Int
    ) async throws -> [ServeableLine] {
        try await onConnection { connection in
            try connection.execute(
                Ledger.serveableLines,
                [
                    .int32(article.product), .int32s(locations), .int32(Int32(clamping: limit)),
                    .int64(Int64(skipped)),
                ]
            ).map { row in
                ServeableLine(
                    order: EntityID(try row.uuid(0)), channel: try row.text(1), line: Int32(try row.int16(2)),
                    wish: SupplyOffer.Wish(
                        units: try row.int64(3), locations: try row.int32sOrNil(4).map { Set($0) },
                        single: try row.bool(5), avoided: Set(try row.int32s(6))))
            }
        }
    }
}

extension OrderWork {
    /// Takes over what is set aside for waiting lines, and gives back what is set aside too much; false where nothing is.
    fileprivate mutating func takeOverGrants() throws -> Bool {
        var numbers: [Int64] = []
        var moved: [UnitsMoved] = []
        for row in try connection.execute(Ledger.grantsRead, [.uuid(PostgresUUID(head.id))]) {
            numbers.append(try row.int64(0))
            let line = Int32(try row.int16(1))
            let part = CellPart(cell: CellID(try row.int64(2)), quantity: try row.int64(3))
            if let units = try take(granted: part, line: line, location: try row.text(4)) { moved.append(units) }
        }
        guard !numbers.isEmpty else { return false }
        if !moved.isEmpty {
            tell(.backorderFilled, moved: moved)
            releaseReviewedUnits()
        }
        write(Ledger.droppingGrants(numbers))
        return true
    }
}

extension OrderWork {
    /// What waits further of a line that one location must serve is served by the one that serves it now.
    fileprivate mutating func bindSingle(_ line: Int32, to moved: [UnitsMoved]) {
        guard let cell = moved.first?.parts.first?.cell else { return }
        write(Ledger.binding(line, of: head.id, to: cell))
    }
}

extension Ledger {
    fileprivate static var grantsRead: PostgresStatement { grantsOfOrder }

    fileprivate static func binding(_ line: Int32, of order: EntityID, to cell: CellID) -> LedgerStep {
        (bindSingle, [.uuid(PostgresUUID(order)), .int16(Int16(line)), .int64(cell.rawValue)])
    }

    fileprivate static func droppingGrants(_ numbers: [Int64]) -> LedgerStep { (dropGrants, [.int64s(numbers)]) }
}
