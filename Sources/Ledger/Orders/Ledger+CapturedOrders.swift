public import Domain
import PostgresClient

extension Ledger {
    private static let capturedHeads = PostgresStatement(
        "captured_heads",
        "SELECT id, currency, subtotal, added_tax, placed_at, shortage FROM orders WHERE id = ANY($1::uuid[])",
        access: .readOnly)
    private static let capturedLines = PostgresStatement(
        "captured_lines",
        """
        SELECT order_id, line_number, amount FROM order_line WHERE order_id = ANY($1::uuid[]) AND since_event = 1
        ORDER BY order_id, line_number
        """, access: .readOnly)
    private static let capturedAllocations = PostgresStatement(
        "captured_allocations",
        """
        SELECT a.order_id, a.line_number, l.code, a.quantity
        FROM order_allocation a JOIN cell c ON c.id = a.cell_id JOIN location l ON l.id = c.location_id
        WHERE a.order_id = ANY($1::uuid[]) AND a.quantity > 0 ORDER BY a.order_id, a.line_number, a.cell_id
        """, access: .readOnly)

    private static let capturedWaiting = PostgresStatement(
        "captured_waiting",
        "SELECT order_id, line_number, captured FROM backorder_queue WHERE order_id = ANY($1::uuid[]) AND captured > 0",
        access: .readOnly)

    /// The immutable facts of captures, by order id; ids without an order are left out.
    static func capturedOrders(_ ids: [EntityID], on connection: PostgresConnection) throws -> [EntityID: CapturedOrder]
    {
        let uuids = PostgresValue.uuids(ids.map { PostgresUUID($0) })
        let results = try connection.pipeline([
            (capturedHeads, [uuids]), (capturedLines, [uuids]), (capturedAllocations, [uuids]),
            (capturedWaiting, [uuids]),
        ])
        var orders: [EntityID: CapturedOrder] = [:]
        for row in results[0] {
            guard let currency = Currency(code: try row.text(1)) else { throw LedgerFault.planOutdated }
            let id = EntityID(try row.uuid(0))
            orders[id] = CapturedOrder(
                id: id, currency: currency, subtotal: try row.int64(2), addedTax: try row.int64(3), lines: [],
                placedAt: Instant(microseconds: try row.timestamp(4)), shortage: try row.int64(5))
        }
        for row in results[1] {
            orders[EntityID(try row.uuid(0))]?.lines.append(.init(amountMinor: try row.int64(2), allocations: []))
        }
        for row in results[2] {
            let line = Int(try row.int16(1)) - 1
            let allocation = Allocation(location: try row.text(2), quantity: try row.int64(3))
            orders[EntityID(try row.uuid(0))]?.lines[line].allocations.append(allocation)
        }
        for row in results[3] {
            orders[EntityID(try row.uuid(0))]?.lines[Int(try row.int16(1)) - 1].backordered = try row.int64(2)
        }
        return orders
    }

    /// The immutable facts of captures, by order id; ids without an order are left out.
    public func capturedOrders(_ ids: [EntityID]) async throws -> [EntityID: CapturedOrder] {
        try await onConnection { connection in try Ledger.capturedOrders(ids, on: connection) }
    }
}
