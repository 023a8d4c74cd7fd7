public import Domain
import PostgresClient

/// A line that waits while there may be stock for it: units that reservations gave back.
public struct ServeableLine: Hashable, Sendable {
    /// The order.
    public var order: EntityID
    /// Its channel's code.
    public var channel: String
    /// Position of the line in it, from 1.
    public var line: Int32
    /// The article.
    public var sku: String
    /// Units that wait.
    public var units: Int64
    /// The locations that may serve it, by code, in the order of their ranks; those without a cell of the article are left
    /// out.
    public var locations: [String]
    /// True where one location must serve all of it.
    public var single: Bool
}

extension Ledger {
    private static let granted = PostgresStatement(
        "granted_orders",
        """
        SELECT order_id FROM backorder_grant GROUP BY order_id ORDER BY min(number) LIMIT $1::int4
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
    private static let serveable = PostgresStatement(
        "serveable_lines",
        """
        SELECT q.order_id, ch.code, q.line_number, p.sku, q.quantity, q.single, ARRAY(
            SELECT l.code FROM cell c JOIN location l ON l.id = c.location_id
            WHERE c.product_id = q.product_id AND c.on_hand - c.safety - c.allocated > 0
                AND (q.locations IS NULL OR c.location_id = ANY(q.locations))
            ORDER BY l.rank, l.code)
        FROM (SELECT product_id FROM backorder_book WHERE waiting > 0 ORDER BY product_id) b
        CROSS JOIN LATERAL (
            SELECT * FROM backorder_queue w WHERE w.product_id = b.product_id AND w.quantity > 0
            ORDER BY w.priority DESC, w.since, w.place LIMIT $1::int4
        ) q JOIN product p ON p.id = q.product_id JOIN channel ch ON ch.id = q.channel_id
        WHERE EXISTS (SELECT FROM cell c WHERE c.product_id = q.product_id AND c.on_hand - c.safety - c.allocated > 0
            AND (q.locations IS NULL OR c.location_id = ANY(q.locations)))
        ORDER BY q.product_id, q.priority DESC, q.since, q.place LIMIT $2::int4
        """, access: .readOnly)

    /// Orders that have supply set aside which they have not taken over, the one that got it first first.
    public func ordersWithGrants(limit: Int) async throws -> [EntityID] {
        try await onConnection { connection in
            try connection.execute(Ledger.granted, [.int32(Int32(clamping: limit))]).map { EntityID(try $0.uuid(0)) }
        }
    }

    /// An order takes over the supply that was set aside for its waiting lines.
    ///
    /// What is set aside for units that do not wait any longer is given back, to the next lines that wait. Nothing happens
    /// where another server was faster. A crash leaves the supply set aside, and it is found again.
    ///
    /// - Parameters:
    ///   - order: the order.
    ///   - id: the id of this change, new for each.
    ///   - caller: who does it.
    /// - Returns: what Redis must be told.
    /// - Throws: `Refusal`.
    public func takeOverGrants(of order: EntityID, as id: EntityID, caller: Caller) async throws -> Settlement {
        let change = OrderChange(
            id: id, order: order, kind: .backorderFill, body: [Ledger.fillMethod], caller: caller)
        return try await changeOrder(change) { work in
            try work.takeOverGrants()
            return []
        }.settlement
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
            return []
        }.settlement
    }

    /// The first byte of the stored request of a fill: how the audit log names it.
    private static let fillMethod: UInt8 = 119

    /// Waiting lines that have stock which nobody has been promised, each article's in the order in which they are served;
    /// of each article at most `portion`.
    ///
    /// Whether the stock is free in the store that decides is not known here.
    public func serveableLines(portion: Int, limit: Int) async throws -> [ServeableLine] {
        try await onConnection { connection in
            try connection.execute(
                Ledger.serveable, [.int32(Int32(clamping: portion)), .int32(Int32(clamping: limit))]
            ).map { row in
                ServeableLine(
                    order: EntityID(try row.uuid(0)), channel: try row.text(1), line: Int32(try row.int16(2)),
                    sku: try row.text(3), units: try row.int64(4), locations: try row.texts(6),
                    single: try row.bool(5))
            }
        }
    }
}

extension OrderWork {
    /// Takes over what is set aside for waiting lines, and gives back what is set aside too much.
    fileprivate mutating func takeOverGrants() throws {
        var numbers: [Int64] = []
        var moved: [UnitsMoved] = []
        for row in try connection.execute(Ledger.grantsRead, [.uuid(PostgresUUID(head.id))]) {
            numbers.append(try row.int64(0))
            let line = Int32(try row.int16(1))
            let part = CellPart(cell: CellID(try row.int64(2)), quantity: try row.int64(3))
            if let units = try take(granted: part, line: line, location: try row.text(4)) { moved.append(units) }
        }
        guard !numbers.isEmpty else { return }
        if !moved.isEmpty {
            tell(.backorderFilled, moved: moved)
            write(OrderWork.lookingSoon(at: head.id))
        }
        write(Ledger.droppingGrants(numbers))
    }
}

extension Ledger {
    fileprivate static var grantsRead: PostgresStatement { grantsOfOrder }

    fileprivate static func droppingGrants(_ numbers: [Int64]) -> LedgerStep { (dropGrants, [.int64s(numbers)]) }
}
