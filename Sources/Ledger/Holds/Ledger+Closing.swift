public import Domain
public import PostgresClient

/// What closing holds did.
public struct ClosedHolds: Sendable {
    /// Ids that this call closed.
    public var closed: [EntityID]
    /// Every hold asked for as it stands now; ids without a row are left out.
    public var standing: [StoredHold]
    /// What Redis must be told.
    public var settlement: Settlement
}

extension Ledger {
    /// Takes what `closed` held off the cells that PostgreSQL decides.
    ///
    /// In the statement that closes, so that mode, hold and cell are of one snapshot. Cells are locked in order; where Redis decides nothing is looked at.
    static let unheld = """
        given AS (
            SELECT t.cell, sum(t.quantity)::int8 AS quantity
            FROM closed, unnest(closed.cells, closed.quantities) AS t(cell, quantity)
            WHERE EXISTS (SELECT FROM shard WHERE mode = 2) GROUP BY t.cell
        ), locked AS (
            SELECT c.id, g.quantity FROM given g JOIN cell c ON c.id = g.cell JOIN shard s ON s.id = c.vshard
            WHERE s.mode = 2 ORDER BY c.id FOR NO KEY UPDATE OF c
        ), unheld AS (
            UPDATE cell SET held_direct = cell.held_direct - l.quantity FROM locked l WHERE cell.id = l.id
        )
        """

    // Rows are found by their ids. IS NOT DISTINCT FROM keeps the partial indexes over states and kinds out of it: where
    // statistics know of few live holds, or of none yet, a walk through all of them would be planned.
    private static let releaseHolds = PostgresStatement(
        "release_holds",
        """
        WITH closed AS (
            UPDATE hold SET state = 3, closed_at = now(), closed_by = l.caller
            FROM (
                SELECT h.id, r.caller FROM unnest($1::uuid[], $2::text[], $3::int4[]) AS r(id, caller, scope)
                    JOIN hold h ON h.id = r.id AND h.kind IS NOT DISTINCT FROM 1
                WHERE h.state IS NOT DISTINCT FROM 1
                    AND (r.scope = 0 OR (r.scope, h.channel_id) IN (
                        SELECT s.scope, c.id FROM unnest($4::int4[], $5::text[]) AS s(scope, code)
                            JOIN channel c ON c.code = s.code))
                ORDER BY h.id FOR UPDATE OF h
            ) l
            WHERE hold.id = l.id AND hold.kind IS NOT DISTINCT FROM 1 AND hold.state IS NOT DISTINCT FROM 1
            RETURNING hold.id, hold.cells, hold.quantities
        ), \(Ledger.unheld)
        SELECT id FROM closed
        """)

    private static let voidHolds = PostgresStatement(
        "void_holds",
        """
        INSERT INTO hold (id, kind, state, channel_id, closed_at, vshards)
        SELECT id, $2::int2, 5, channel, now(), '{}' FROM unnest($1::uuid[], $3::int4[]) AS u(id, channel) ORDER BY id
        ON CONFLICT DO NOTHING RETURNING id
        """)

    static let cellBases = PostgresStatement(
        "cell_bases",
        """
        SELECT id, vshard, ver, on_hand - safety - allocated FROM cell WHERE id = ANY($1::int8[])
        """, access: .readOnly)

    private static let basesOfHolds = PostgresStatement(
        "bases_of_holds",
        """
        SELECT id, vshard, ver, on_hand - safety - allocated FROM cell
        WHERE id = ANY (ARRAY(SELECT unnest(cells) FROM hold
            WHERE id = ANY($1::uuid[]) AND kind IS NOT DISTINCT FROM 1))
        """, access: .readOnly)

    /// Releases reservations that are still held: a compare-and-set, so a confirm or an expiry that came first wins.
    ///
    /// One whose channel lies outside the scope of who asks stays as it is; that is decided in the same statement.
    public func release(
        _ requests: [(id: EntityID, caller: Caller)]
    ) -> @Sendable (PostgresConnection) throws -> ClosedHolds {
        let uuids = PostgresValue.uuids(Set(requests.map(\.id)).map { PostgresUUID($0) })
        let scopes = ChannelScopes(requests.map(\.caller.scope))
        let columns: [PostgresValue] = [
            .uuids(requests.map { PostgresUUID($0.id) }), .texts(requests.map(\.caller.id)), .int32s(scopes.numbers),
            .int32s(scopes.rows.map(\.number)), .texts(scopes.rows.map(\.channel)),
        ]
        return { connection in
            let results = try connection.pipeline([
                (.begin, []),
                (Ledger.joinFence, [.int32(LedgerLock.epochFence)]),
                (Ledger.releaseHolds, columns),
                (Ledger.storedHolds, [uuids, .int16(HoldKind.reservation.rawValue)]),
                (Ledger.basesOfHolds, [uuids]),
                (.commit, []),
            ])
            let closed = try results[2].map { row in EntityID(try row.uuid(0)) }
            let standing = try Ledger.storedHolds(results[3])
            return ClosedHolds(
                closed: closed, standing: standing,
                settlement: Settlement(
                    holds: standing.filter { $0.state != .held }.map { .init(key: $0.key, vshards: $0.vshards) },
                    bases: try Ledger.bases(results[4])))
        }
    }

    /// Writes tombstones for attempts that never became true, so that they never can.
    ///
    /// Each belongs to the channel with the number beside it. Returns the ids that had no row.
    public func void(_ holds: [(id: EntityID, channel: Int32)], kind: HoldKind) async throws -> [EntityID] {
        let ids = PostgresValue.uuids(holds.map { PostgresUUID($0.id) })
        let channels = PostgresValue.int32s(holds.map(\.channel))
        return try await onConnection { connection in
            try connection.execute(Ledger.voidHolds, [ids, .int16(kind.rawValue), channels]).map { row in
                EntityID(try row.uuid(0))
            }
        }
    }

    /// Current bases of cells.
    public func bases(of cells: [CellID]) async throws -> [Settlement.Base] {
        try await onConnection { connection in
            try Ledger.bases(connection.execute(Ledger.cellBases, [.int64s(cells.map(\.rawValue))]))
        }
    }

    static func bases(_ rows: PostgresRows) throws -> [Settlement.Base] {
        try rows.map { row in
            Settlement.Base(
                vshard: VShard(try row.int16(1)),
                base: CellBase(cell: CellID(try row.int64(0)), version: try row.int64(2), base: try row.int64(3)))
        }
    }
}
