public import Domain
import PostgresClient

/// Where a list of stock levels goes on.
public struct StockLevelKey: Hashable, Sendable {
    /// The article.
    public var sku: String
    /// The location's code.
    public var location: String

    /// Makes a key.
    public init(sku: String, location: String) {
        self.sku = sku
        self.location = location
    }
}

extension Ledger {
    // One statement is one snapshot: figures and holds of a level belong together.
    private static let stockLevelPage = PostgresStatement(
        "stock_level_page",
        """
        WITH page AS MATERIALIZED (
            SELECT c.id, p.sku, l.code, c.on_hand, c.safety, c.allocated
            FROM product p JOIN cell c ON c.product_id = p.id AND c.pool = 0 AND c.due = '-infinity'
                JOIN location l ON l.id = c.location_id
            WHERE p.sku >= $1::text AND p.sku <= $2::text AND (p.sku, l.code) > ($3::text, $4::text)
                AND ($5::text[] IS NULL OR l.code = ANY($5::text[]))
            ORDER BY p.sku, l.code LIMIT $6::int4
        ), held AS (
            SELECT t.cell, sum(t.quantity)::int8 AS quantity
            FROM hold h, unnest(h.cells, h.quantities) AS t(cell, quantity)
            WHERE h.state = 1 AND h.cells && (SELECT array_agg(id) FROM page) AND t.cell IN (SELECT id FROM page)
            GROUP BY t.cell
        ), short AS (
            SELECT s.cell_id AS cell, sum(s.quantity)::int8 AS quantity FROM stock_shortage s
            WHERE s.closed_at IS NULL AND s.cell_id IN (SELECT id FROM page) GROUP BY s.cell_id
        )
        SELECT page.sku, page.code, page.on_hand, page.safety, page.allocated, coalesce(held.quantity, 0),
            coalesce(short.quantity, 0)
        FROM page LEFT JOIN held ON held.cell = page.id LEFT JOIN short ON short.cell = page.id
        ORDER BY page.sku, page.code
        """, access: .readOnly)

    /// Stock on hand by sku and location in ascending byte order, after a key.
    ///
    /// An empty sku or location is all; only locations of `among` where it is not nil.
    public func stockLevels(
        sku: String, location: String, after: StockLevelKey?, limit: Int, among locations: Set<String>? = nil
    ) async throws -> Page<StockLevel> {
        try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.stockLevelPage,
                [
                    .text(sku.isEmpty ? after?.sku ?? "" : sku),
                    .text(sku.isEmpty ? Ledger.lastKey(beginningWith: "") : sku),
                    .text(after?.sku ?? ""), .text(after?.location ?? ""),
                    .codes(location.isEmpty ? locations : locations.narrowed(to: location)),
                    .int32(Int32(clamping: limit + 1)),
                ])
            let levels = try rows.map { row in
                StockLevel(
                    sku: try row.text(0), location: try row.text(1), onHand: try row.int64(2),
                    safety: try row.int64(3), allocated: try row.int64(4), held: try row.int64(5),
                    shortage: try row.int64(6))
            }
            return Page(levels, limit: limit)
        }
    }
}
