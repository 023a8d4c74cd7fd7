public import Domain
import PostgresClient

extension Ledger {
    private static let orderByID = PostgresStatement(
        "order_by_id", "\(orderHead) WHERE o.id = $1::uuid", access: .readOnly)
    private static let orderIDByNumber = PostgresStatement(
        "order_id_by_number",
        """
        SELECT o.id FROM orders o JOIN channel c ON c.id = o.channel_id
        WHERE c.code = $1::text AND o.external_id = $2::text
        """, access: .readOnly)
    private static let linesOfOrder = PostgresStatement(
        "lines_of_order",
        """
        SELECT l.line_number, p.sku, l.description, l.quantity, l.price_units, l.price_nanos, l.amount
        FROM order_line l JOIN product p ON p.id = l.product_id WHERE l.order_id = $1::uuid ORDER BY l.line_number
        """, access: .readOnly)
    private static let taxesOfOrder = PostgresStatement(
        "taxes_of_order",
        """
        SELECT line_number, name, amount, included FROM order_line_tax WHERE order_id = $1::uuid
        ORDER BY line_number, tax_number
        """, access: .readOnly)
    private static let quantitiesOfOrder = PostgresStatement(
        "quantities_of_order",
        "SELECT line_number, status, quantity FROM line_quantity WHERE order_id = $1::uuid AND quantity > 0",
        access: .readOnly)
    private static let allocationsOfOrder = PostgresStatement(
        "allocations_of_order",
        """
        SELECT a.line_number, l.code, sum(a.open + a.delivered)::int8
        FROM order_allocation a JOIN cell c ON c.id = a.cell_id JOIN location l ON l.id = c.location_id
        WHERE a.order_id = $1::uuid AND a.open + a.delivered > 0
        GROUP BY a.line_number, l.rank, l.code ORDER BY a.line_number, l.rank, l.code
        """, access: .readOnly)
    private static let eventsOfOrder = PostgresStatement(
        "events_of_order",
        "SELECT sequence, kind, at, cause_id FROM order_event WHERE order_id = $1::uuid ORDER BY sequence",
        access: .readOnly)

    /// An order as it stands, with its lines and events, or nil.
    public func order(_ id: EntityID) async throws -> Order? {
        try await onConnection { connection in try Ledger.order(id, on: connection) }
    }

    /// The order under a channel's own number, or nil.
    public func order(channel: String, externalID: String) async throws -> Order? {
        try await onConnection { connection in
            let rows = try connection.execute(Ledger.orderIDByNumber, [.text(channel), .text(externalID)])
            // What the pair names never changes, so two reads tell the same as one.
            guard let row = rows.first else { return nil }
            return try Ledger.order(EntityID(try row.uuid(0)), on: connection)
        }
    }

    private static func order(_ id: EntityID, on connection: PostgresConnection) throws -> Order? {
        let mode = PostgresTransactionMode.repeatableReadReadOnly
        let order = [PostgresValue.uuid(PostgresUUID(id))]
        let steps: [LedgerStep] = [
            (mode.begin, []), (orderByID, order), (linesOfOrder, order), (taxesOfOrder, order),
            (quantitiesOfOrder, order), (allocationsOfOrder, order), (eventsOfOrder, order), readingDelivery(of: id),
        ]
        let results = try connection.pipeline(steps + readingReview(of: id) + [(mode.commit, [])])
        guard let head = results[1].first else { return nil }
        var read = try Order(head: head)
        read.lines = try lines(results[2], taxes: results[3], quantities: results[4], allocations: results[5])
        read.delivery = try delivery(results[7])
        (read.holds, read.review) = try review(holds: results[8], review: results[9])
        read.events = try results[6].map { row in
            guard let kind = OrderEventKind(rawValue: try row.int16(1)) else {
                throw UnreadableValue(column: "order_event.kind")
            }
            return OrderEvent(
                sequence: try row.int32(0), kind: kind, at: Instant(microseconds: try row.timestamp(2)),
                cause: EntityID(try row.uuid(3)))
        }
        return read
    }

    private static func lines(
        _ lines: PostgresRows, taxes: PostgresRows, quantities: PostgresRows, allocations: PostgresRows
    ) throws -> [Order.Line] {
        var taxesByLine: [Int32: [Tax]] = [:]
        for row in taxes {
            taxesByLine[try row.int32(0), default: []].append(
                Tax(name: try row.text(1), amountMinor: try row.int64(2), included: try row.bool(3)))
        }
        var quantitiesByLine: [Int32: [LineStatus: Int64]] = [:]
        for row in quantities {
            guard let status = LineStatus(rawValue: try row.int16(1)) else {
                throw UnreadableValue(column: "line_quantity.status")
            }
            quantitiesByLine[try row.int32(0), default: [:]][status] = try row.int64(2)
        }
        var allocationsByLine: [Int32: [Allocation]] = [:]
        for row in allocations {
            allocationsByLine[try row.int32(0), default: []].append(
                Allocation(location: try row.text(1), quantity: try row.int64(2)))
        }
        return try lines.map { row in
            let number = try row.int32(0)
            guard let price = UnitPrice(units: try row.int64(4), nanos: try row.int32(5)) else {
                throw UnreadableValue(column: "order_line.price_units")
            }
            return Order.Line(
                number: number, sku: try row.text(1), description: try row.text(2), quantity: try row.int64(3),
                unitPrice: price, amountMinor: try row.int64(6), taxes: taxesByLine[number] ?? [],
                quantities: quantitiesByLine[number] ?? [:], allocations: allocationsByLine[number] ?? [])
        }
    }
}
