public import Domain
import PostgresClient

/// What PostgreSQL's books say of a cell at one moment.
public struct CellBook: Sendable, Hashable {
    /// The cell with its version and base.
    public var base: CellBase
    /// Units that live reservations hold.
    public var held: Int64
    /// Names the live reservations: equal where they are the same ones.
    public var holders: Int64
    /// Units that are promised, not there, and not recorded as a shortage: 0 but for moments.
    public var missing: Int64

    /// base − held.
    public var available: Int64 { base.base - held }
}

/// A part of a vshard's books, at one moment.
public struct VShardBooks: Sendable {
    /// The vshard's epoch at that moment.
    public var epoch: Int64
    /// Its cells, by number.
    public var cells: [CellBook]
}

extension Ledger {
    private static func cellBooks(_ name: String, chosen: String) -> PostgresStatement {
        PostgresStatement(
            name,
            """
            WITH page AS MATERIALIZED (
                SELECT id, ver, on_hand, safety, allocated FROM cell WHERE vshard = $1::int2 AND \(chosen)
            ), live AS (
                SELECT id, lines, cells, quantities FROM hold WHERE state = 1 AND vshards[1] = $1::int2
                UNION ALL
                SELECT id, lines, cells, quantities FROM hold
                WHERE state = 1 AND cardinality(vshards) > 1 AND vshards[1] <> $1::int2 AND $1::int2 = ANY(vshards)
            ), held AS (
                SELECT t.cell, sum(t.quantity)::int8 AS quantity, bit_xor(hashtextextended(l.id::text, t.line)) AS holders
                FROM live l, unnest(l.lines, l.cells, l.quantities) AS t(line, cell, quantity), page p
                WHERE p.id = t.cell GROUP BY t.cell
            ), short AS (
                SELECT o.cell_id, sum(o.quantity)::int8 AS quantity FROM stock_shortage o JOIN page p ON p.id = o.cell_id
                WHERE o.closed_at IS NULL GROUP BY o.cell_id
            )
            SELECT s.epoch, p.id, p.ver, p.on_hand - p.safety - p.allocated, coalesce(h.quantity, 0),
                coalesce(h.holders, 0),
                greatest(p.allocated + coalesce(h.quantity, 0) - p.on_hand - coalesce(o.quantity, 0), 0)
            FROM shard s LEFT JOIN page p ON true LEFT JOIN held h ON h.cell = p.id LEFT JOIN short o ON o.cell_id = p.id
            WHERE s.id = $1::int2 ORDER BY p.id
            """, access: .readOnly)
    }
    private static let bookPage = cellBooks("book_page", chosen: "id > $2::int8 ORDER BY id LIMIT $3::int4")
    static let bookList = cellBooks("book_list", chosen: "id = ANY($2::int8[])")

    /// Books of up to `limit` cells of a vshard whose numbers are above `cell`; none at the end.
    public func books(of vshard: VShard, after cell: CellID, limit: Int32) async throws -> VShardBooks {
        try await books(Ledger.bookPage, [.int16(vshard.rawValue), .int64(cell.rawValue), .int32(limit)])
    }

    /// Books of some cells of a vshard.
    public func books(of vshard: VShard, cells: [CellID]) async throws -> VShardBooks {
        try await books(Ledger.bookList, [.int16(vshard.rawValue), .int64s(cells.map(\.rawValue))])
    }

    private func books(_ statement: PostgresStatement, _ values: [PostgresValue]) async throws -> VShardBooks {
        try await onConnection { connection in try Ledger.books(connection.execute(statement, values)) }
    }

    static func books(_ rows: PostgresRows) throws -> VShardBooks {
        var books = VShardBooks(epoch: 0, cells: [])
        for row in rows {
            books.epoch = try row.int64(0)
            guard let cell = try row.int64OrNil(1) else { continue }
            books.cells.append(
                CellBook(
                    base: CellBase(cell: CellID(cell), version: try row.int64(2), base: try row.int64(3)),
                    held: try row.int64(4), holders: try row.int64(5), missing: try row.int64(6)))
        }
        return books
    }
}
