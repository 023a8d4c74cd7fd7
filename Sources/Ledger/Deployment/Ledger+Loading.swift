public import Domain
import PostgresClient

/// A live reservation as Redis must know it: its units in one vshard.
public struct LiveHold: Sendable, Hashable {
    /// The hold.
    public var key: HoldKey
    /// Fingerprint of its request.
    public var fingerprint: UInt64
    /// Its units in the vshard.
    public var takes: [CellTake]
    /// When it was made: unlike its expiry that never changes, so that pages by it miss none.
    var createdAt: Int64
}

/// What Redis must hold of one vshard is read in pages, so that memory stays bounded: first all live holds, then all cells.
///
/// Each page is a snapshot of its own. That is safe in this order, with the vshard's epoch raised before the first page and
/// Redis not armed: no hold can be added meanwhile, one that ends after its page was read stays in Redis a while (too
/// low), and the base read later has whatever an order made of it.
extension Ledger {
    private static let liveHolds = PostgresStatement(
        "live_holds",
        """
        SELECT id, kind, fingerprint, lines, cells, quantities, created_at FROM hold
        WHERE state = 1 AND vshards[1] = $1::int2 AND cardinality(vshards) = 1
            AND (created_at, id, kind) > ($5::timestamptz, $2::uuid, $3::int2)
        ORDER BY created_at, id, kind LIMIT $4::int4
        """, access: .readOnly)
    private static let wideHolds = PostgresStatement(
        "live_wide_holds",
        """
        SELECT h.id, h.kind, h.fingerprint, array_agg(t.line ORDER BY t.n), array_agg(t.cell ORDER BY t.n),
            array_agg(t.quantity ORDER BY t.n), h.created_at
        FROM (
            SELECT * FROM hold WHERE state = 1 AND cardinality(vshards) > 1 AND $1::int2 = ANY(vshards)
                AND (id, kind) > ($2::uuid, $3::int2) AND $5::timestamptz IS NOT NULL
            ORDER BY id, kind LIMIT $4::int4
        ) h, unnest(h.lines, h.cells, h.quantities) WITH ORDINALITY AS t(line, cell, quantity, n)
        JOIN cell c ON c.id = t.cell AND c.vshard = $1::int2
        GROUP BY h.id, h.kind, h.fingerprint, h.created_at ORDER BY h.id, h.kind
        """, access: .readOnly)
    private static let cellPage = PostgresStatement(
        "cell_page",
        """
        SELECT id, ver, on_hand - safety - allocated FROM cell WHERE vshard = $1::int2 AND id > $2::int8
        ORDER BY id LIMIT $3::int4
        """, access: .readOnly)

    /// Which live holds a page is of.
    public enum HoldWidth: Sendable, CaseIterable {
        /// Those with units in one vshard.
        case one
        /// Those with units in several.
        case several
    }

    /// Live holds with units in a vshard, after `last` in the order of the pages, at most `limit`.
    ///
    /// A page that is shorter than `limit` is the last one.
    public func liveHolds(in vshard: VShard, width: HoldWidth, after last: LiveHold?, limit: Int32) async throws
        -> [LiveHold]
    {
        let statement = width == .one ? Ledger.liveHolds : Ledger.wideHolds
        let from = last?.key ?? HoldKey(.reservation, EntityID(high: 0, low: 0))
        return try await onConnection { connection in
            try connection.execute(
                statement,
                [
                    .int16(vshard.rawValue), .uuid(PostgresUUID(from.id)), .int16(last == nil ? 0 : from.kind.rawValue),
                    .int32(limit), .timestamp(microsecondsSinceEpoch: last?.createdAt ?? .min),
                ]
            ).map { row in
                guard let kind = HoldKind(rawValue: try row.int16(1)) else { throw LedgerFault.planOutdated }
                return LiveHold(
                    key: HoldKey(kind, EntityID(try row.uuid(0))), fingerprint: UInt64(bitPattern: try row.int64(2)),
                    takes: try CellTake.list(
                        lines: row.int16s(3), cells: row.int64s(4), quantities: row.int64s(5)),
                    createdAt: try row.timestamp(6))
            }
        }
    }

    /// Bases of a vshard's cells after `last` in the order of their numbers, at most `limit`.
    ///
    /// A page that is shorter than `limit` is the last one. Read the live holds first.
    public func bases(in vshard: VShard, after last: CellID?, limit: Int32) async throws -> [CellBase] {
        try await onConnection { connection in
            try connection.execute(
                Ledger.cellPage, [.int16(vshard.rawValue), .int64(last?.rawValue ?? 0), .int32(limit)]
            ).map { row in
                CellBase(cell: CellID(try row.int64(0)), version: try row.int64(1), base: try row.int64(2))
            }
        }
    }
}

extension CellTake {
    /// Takes from columns that run in parallel.
    static func list(lines: [Int16], cells: [Int64], quantities: [Int64]) throws -> [CellTake] {
        guard lines.count == cells.count, cells.count == quantities.count else { throw LedgerFault.planOutdated }
        return lines.indices.map { index in
            CellTake(line: Int(lines[index]), cell: CellID(cells[index]), quantity: quantities[index])
        }
    }
}
