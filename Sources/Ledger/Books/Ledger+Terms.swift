public import Domain
import PostgresClient

/// PostgreSQL's terms of a cell's availability.
public struct CellTerms: Sendable {
    /// Units on hand.
    public var onHand: Int64
    /// Safety stock.
    public var safety: Int64
    /// Units that open orders have taken.
    public var allocated: Int64
    /// Units that live reservations hold, by channel code in ascending order.
    public var heldByChannel: [(channel: String, held: Int64)]
}

extension Ledger {
    private static let termCells = PostgresStatement(
        "term_cells", "SELECT id, on_hand, safety, allocated FROM cell WHERE id = ANY($1::int8[])", access: .readOnly)
    private static let termHolds = PostgresStatement(
        "term_holds",
        """
        SELECT t.cell, coalesce(c.code, ''), sum(t.quantity)::int8
        FROM hold h, unnest(h.cells, h.quantities) AS t(cell, quantity), channel c
        WHERE h.state = 1 AND h.cells && $1::int8[] AND t.cell = ANY($1::int8[]) AND c.id = h.channel_id
        GROUP BY 1, 2 ORDER BY 1, 2
        """, access: .readOnly)

    /// Terms of cells, in one snapshot.
    public func availabilityTerms(of cells: [CellID]) async throws -> [CellID: CellTerms] {
        try await onConnection { connection in
            let ids = PostgresValue.int64s(cells.map(\.rawValue))
            let results = try connection.pipeline([
                (PostgresTransactionMode.repeatableReadReadOnly.begin, []), (Ledger.termCells, [ids]),
                (Ledger.termHolds, [ids]), (PostgresTransactionMode.repeatableReadReadOnly.commit, []),
            ])
            var terms: [CellID: CellTerms] = [:]
            for row in results[1] {
                terms[CellID(try row.int64(0))] = CellTerms(
                    onHand: try row.int64(1), safety: try row.int64(2), allocated: try row.int64(3), heldByChannel: [])
            }
            for row in results[2] {
                terms[CellID(try row.int64(0))]?.heldByChannel.append((try row.text(1), try row.int64(2)))
            }
            return terms
        }
    }
}
