public import Domain
import PostgresClient

extension Ledger {
    private static let holdStates = PostgresStatement(
        "hold_states",
        """
        SELECT h.id, h.kind, h.state FROM unnest($1::uuid[], $2::int2[]) AS k(id, kind)
        JOIN hold h ON h.id = k.id AND h.kind = k.kind
        """, access: .readOnly)

    private static let buryHolds = PostgresStatement(
        "bury_holds",
        """
        INSERT INTO hold (id, kind, state, closed_at) SELECT id, kind, 5, now() FROM unnest($1::uuid[], $2::int2[])
            AS k(id, kind) ORDER BY id, kind
        ON CONFLICT DO NOTHING RETURNING id, kind
        """)

    private static func columns(of keys: [HoldKey]) -> [PostgresValue] {
        [.uuids(keys.map { PostgresUUID($0.id) }), .int16s(keys.map(\.kind.rawValue))]
    }

    /// Where holds stand; those without a row are left out.
    public func states(of keys: [HoldKey]) async throws -> [HoldKey: HoldState] {
        guard !keys.isEmpty else { return [:] }
        return try await onConnection { connection in
            var states: [HoldKey: HoldState] = [:]
            for row in try connection.execute(Ledger.holdStates, Ledger.columns(of: keys)) {
                guard let kind = HoldKind(rawValue: try row.int16(1)), let state = HoldState(rawValue: try row.int16(2))
                else { continue }
                states[HoldKey(kind, EntityID(try row.uuid(0)))] = state
            }
            return states
        }
    }

    /// Writes tombstones for attempts that have no row, so that they never can have one, and returns their keys.
    ///
    /// Whoever writes the row first wins: an attempt that is still on its way finds the tombstone and fails, or keeps its
    /// units because its row was there. A tombstone belongs to no channel: who made the attempt is not known.
    ///
    /// After a lost answer the tombstone stands or not; a second call finds out.
    public func bury(_ keys: [HoldKey]) async throws -> [HoldKey] {
        guard !keys.isEmpty else { return [] }
        return try await onConnection { connection in
            try connection.execute(Ledger.buryHolds, Ledger.columns(of: keys)).compactMap { row in
                let id = EntityID(try row.uuid(0))
                return HoldKind(rawValue: try row.int16(1)).map { HoldKey($0, id) }
            }
        }
    }
}
