public import Domain
import PostgresClient

/// What Redis must hold of one vshard.
public struct VShardSnapshot: Sendable {
    /// The vshard.
    public var vshard: VShard
    /// Bases of its cells.
    public var bases: [CellBase]
    /// Its live reservations: id, fingerprint and the units they have in this vshard.
    public var holds: [(key: HoldKey, fingerprint: UInt64, takes: [CellTake])]
}

extension Ledger {
    private static let snapshotCells = PostgresStatement(
        "snapshot_cells", "SELECT id, ver, on_hand - safety - allocated FROM cell WHERE vshard = $1::int2",
        access: .readOnly)
    private static let snapshotHolds = PostgresStatement(
        "snapshot_holds",
        """
        SELECT h.id, h.kind, h.fingerprint, t.line, t.cell, t.quantity
        FROM hold h, unnest(h.lines, h.cells, h.quantities) AS t(line, cell, quantity)
        JOIN cell c ON c.id = t.cell AND c.vshard = $1::int2
        WHERE h.state = 1 AND $1::int2 = ANY(h.vshards)
        ORDER BY h.id, h.kind
        """, access: .readOnly)

    /// Reads what Redis must hold of a vshard, in one snapshot.
    ///
    /// Start it after the vshard's epoch was raised.
    public func snapshot(_ vshard: VShard) async throws -> VShardSnapshot {
        try await onConnection { connection in
            let results = try connection.pipeline([
                (PostgresTransactionMode.repeatableReadReadOnly.begin, []),
                (Ledger.snapshotCells, [.int16(vshard.rawValue)]),
                (Ledger.snapshotHolds, [.int16(vshard.rawValue)]),
                (PostgresTransactionMode.repeatableReadReadOnly.commit, []),
            ])
            var snapshot = VShardSnapshot(vshard: vshard, bases: [], holds: [])
            snapshot.bases = try results[1].map { row in
                CellBase(cell: CellID(try row.int64(0)), version: try row.int64(1), base: try row.int64(2))
            }
            for row in results[2] {
                guard let kind = HoldKind(rawValue: try row.int16(1)) else { continue }
                let key = HoldKey(kind, EntityID(try row.uuid(0)))
                let take = CellTake(
                    line: Int(try row.int16(3)), cell: CellID(try row.int64(4)), quantity: try row.int64(5))
                if snapshot.holds.last?.key == key {
                    snapshot.holds[snapshot.holds.count - 1].takes.append(take)
                } else {
                    snapshot.holds.append((key, UInt64(bitPattern: try row.int64(2)), [take]))
                }
            }
            return snapshot
        }
    }
}
