import Domain
import PostgresClient

extension OrderWork {
    private static let openStoreCells = PostgresStatement(
        "open_store_cells",
        """
        INSERT INTO cell (product_id, location_id, vshard)
        SELECT DISTINCT c.product_id, l.id, c.vshard FROM cell c, location l
        WHERE c.id = ANY($1::int8[]) AND l.code = $2::text
        ORDER BY c.product_id, l.id ON CONFLICT DO NOTHING
        """)
    private static let storeCells = PostgresStatement(
        "store_cells",
        """
        SELECT c.id, n.id FROM cell c JOIN location l ON l.code = $2::text
        JOIN cell n ON n.product_id = c.product_id AND n.location_id = l.id AND n.pool = 0 AND n.due = '-infinity'
        WHERE c.id = ANY($1::int8[])
        """, access: .readOnly)

    /// Units of a pickup that are given up go onto the shelf where they are.
    ///
    /// What another location picked is on its count until it leaves the store's counter. Where it does not leave, the count
    /// moves to the store with it, so that nobody is promised goods at a place where they are not. Nothing is done for what
    /// still is where it was picked.
    ///
    /// - Parameters:
    ///   - parts: the units, by the cells that have them set aside.
    ///   - fulfilment: what has them, as it stood before.
    /// - Throws: what PostgreSQL throws.
    mutating func shelve(_ parts: [CellPart], of fulfilment: Fulfilment) throws {
        guard fulfilment.standing.isAtStore, fulfilment.collectAt != fulfilment.location, !parts.isEmpty else { return }
        let cells = PostgresValue.int64s(Set(parts.map(\.cell.rawValue)).sorted())
        let read = try connection.pipeline([
            (Self.openStoreCells, [cells, .text(fulfilment.collectAt)]),
            (Self.storeCells, [cells, .text(fulfilment.collectAt)]),
        ])
        var shelves: [CellID: CellID] = [:]
        for row in read[1] { shelves[CellID(try row.int64(0))] = CellID(try row.int64(1)) }
        for part in parts {
            guard let shelf = shelves[part.cell] else { throw UnreadableValue(column: "cell.location_id") }
            depart(.transferOut, part.cell, part.quantity)
            book(.transferIn, shelf, onHand: part.quantity)
        }
    }
}
