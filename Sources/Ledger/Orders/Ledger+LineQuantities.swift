import Domain
import PostgresClient

extension Ledger {
    private static let quantities = PostgresStatement(
        "order_quantities",
        """
        SELECT l.line_number, l.quantity, l.amount,
            coalesce(array_agg(q.status) FILTER (WHERE q.status IS NOT NULL), '{}')::int2[],
            coalesce(array_agg(q.quantity) FILTER (WHERE q.status IS NOT NULL), '{}')::int8[]
        FROM order_line l LEFT JOIN line_quantity q ON q.order_id = l.order_id AND q.line_number = l.line_number
        WHERE l.order_id = $1::uuid GROUP BY l.line_number, l.quantity, l.amount ORDER BY l.line_number
        """, access: .readOnly)
    private static let move = PostgresStatement(
        "move_quantities",
        """
        WITH n AS (
            SELECT * FROM unnest($2::int2[], $3::int2[], $4::int2[], $5::int8[]) AS n(line, source, target, quantity)
        ), d AS (
            UPDATE line_quantity q SET quantity = q.quantity - n.quantity FROM n
            WHERE q.order_id = $1::uuid AND q.line_number = n.line AND q.status = n.source
        )
        INSERT INTO line_quantity (order_id, line_number, status, quantity)
        SELECT $1::uuid, n.line, n.target, sum(n.quantity)::int8 FROM n GROUP BY n.line, n.target
        ON CONFLICT (order_id, line_number, status) DO UPDATE SET quantity = line_quantity.quantity + excluded.quantity
        """)

    /// One line of an order whose row is locked, with its units by status.
    struct LineUnits {
        var number: Int32
        var amountMinor: Int64
        var units: LineQuantities
    }

    /// The step that reads an order's lines; see ``lineUnits(_:)``.
    static func readingUnits(of order: EntityID) -> LedgerStep {
        (quantities, [.uuid(PostgresUUID(order))])
    }

    /// The lines by number.
    ///
    /// Throws where units do not add up to what was ordered: such books are looked at by people, not moved on.
    static func lineUnits(_ rows: PostgresRows) throws -> [LineUnits] {
        try rows.map { row in
            var units: [LineStatus: Int64] = [:]
            for (number, quantity) in zip(try row.int16s(3), try row.int64s(4)) {
                guard let status = LineStatus(rawValue: number) else {
                    throw UnreadableValue(column: "line_quantity.status")
                }
                units[status] = quantity
            }
            guard let quantities = LineQuantities(ordered: try row.int64(1), units) else {
                throw UnreadableValue(column: "line_quantity.quantity")
            }
            return LineUnits(
                number: Int32(try row.int16(0)), amountMinor: try row.int64(2), units: quantities)
        }
    }

    /// The step that writes moves of an order's units, of each line at most one from each status.
    ///
    /// One event of each line in one step: units that moved are not seen by the other moves of it.
    static func movingUnits(of order: EntityID, _ moves: [(line: Int32, move: LineQuantities.Move)]) -> LedgerStep {
        let moved = moves.compactMap { line, move in
            move.transition.from.map { (line: Int16(line), from: $0.rawValue, move: move) }
        }
        return (
            move,
            [
                .uuid(PostgresUUID(order)), .int16s(moved.map(\.line)), .int16s(moved.map(\.from)),
                .int16s(moved.map(\.move.transition.to.rawValue)), .int64s(moved.map(\.move.quantity)),
            ]
        )
    }
}
