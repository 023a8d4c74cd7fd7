import Domain
import PostgresClient

extension OrderWork {
    private static let readPrices = PostgresStatement(
        "review_prices",
        """
        SELECT l.line_number, l.price_units, l.price_nanos, c.price_units, c.price_nanos
        FROM order_line l
        LEFT JOIN channel_price c ON c.channel_id = $2::int4 AND c.product_id = l.product_id
        WHERE l.order_id = $1::uuid
        """, access: .readOnly)
    private static let readShortCells = PostgresStatement(
        "review_short_cells",
        "SELECT id FROM cell WHERE id = ANY($1::int8[]) AND on_hand < allocated", access: .readOnly)

    /// Units that could still be released, or wait for supply.
    var unreleased: Int64 { lines.reduce(0) { $0 + $1.units[.allocated] + $1.units[.backordered] } }

    /// What the rules look at, as it is in this transaction.
    ///
    /// - Parameter verdict: what the fraud check has said.
    /// - Returns: the facts.
    /// - Throws: what PostgreSQL throws.
    func reviewFacts(_ verdict: FraudVerdict?) throws -> ReviewFacts {
        let order = PostgresValue.uuid(PostgresUUID(head.id))
        let cells = Set(allocations.filter { $0.free > 0 }.map(\.cell.rawValue)).sorted()
        let read = try connection.pipeline([
            (Self.readPrices, [order, .int32(head.channelID)]), (Self.readShortCells, [.int64s(cells)]),
            Ledger.readingDelivery(of: head.id),
        ])
        var prices: [Int32: (price: UnitPrice, list: UnitPrice?)] = [:]
        for row in read[0] {
            guard let price = UnitPrice(units: try row.int64(1), nanos: try row.int32(2)) else {
                throw UnreadableValue(column: "order_line.price_units")
            }
            var list: UnitPrice?
            if let units = try row.int64OrNil(3), let nanos = try row.int32OrNil(4) {
                list = UnitPrice(units: units, nanos: nanos)
            }
            prices[Int32(try row.int16(0))] = (price, list)
        }
        let short = Set(try read[1].map { CellID(try $0.int64(0)) })
        let facts = try lines.map { line in
            guard let price = prices[line.number] else { throw LedgerFault.planOutdated }
            let places = allocations.filter { $0.line == line.number && $0.free > 0 && short.contains($0.cell) }
            return ReviewFacts.Line(
                number: line.number, sku: line.sku, tracked: line.isTracked,
                open: line.units[.allocated] + line.units[.backordered], backordered: line.units[.backordered],
                unitPrice: price.price, listPrice: price.list, shortAt: Set(places.map(\.location)).sorted())
        }
        return ReviewFacts(
            currency: head.currency, owedMinor: money.value - money.notOwed, lines: facts,
            delivery: try Ledger.delivery(read[2]), payment: payment, fraud: verdict)
    }
}
