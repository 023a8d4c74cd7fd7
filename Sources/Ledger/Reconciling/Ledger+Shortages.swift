public import Domain
import PostgresClient

extension Ledger {
    // What movements took away, at the latest a minute before the last promise (longer no promise is on its way), less what
    // was recorded of it already.
    private static let lowerings = PostgresStatement(
        "lowerings",
        """
        SELECT c.id, l.cause_id, l.units - coalesce(s.units, 0) FROM unnest($1::int8[]) AS c(id)
        CROSS JOIN LATERAL (
            SELECT max(p.at) AS at FROM (
                SELECT h.created_at AS at FROM hold h WHERE h.state = 1 AND c.id = ANY(h.cells)
                UNION ALL
                (SELECT recorded_at FROM stock_movement WHERE cell_id = c.id AND allocated_delta > 0
                ORDER BY sequence DESC LIMIT 1)) p
        ) promised
        CROSS JOIN LATERAL (
            SELECT (array_agg(m.cause_id ORDER BY m.sequence DESC))[1] AS cause_id, sum(-m.on_hand_delta)::int8 AS units
            FROM (SELECT * FROM stock_movement WHERE cell_id = c.id ORDER BY sequence DESC LIMIT 1000) m
            WHERE m.on_hand_delta < 0 AND m.allocated_delta >= 0 AND m.recorded_at > promised.at - interval '1 minute'
        ) l
        CROSS JOIN LATERAL (
            SELECT sum(quantity)::int8 AS units FROM stock_shortage
            WHERE cell_id = c.id AND recorded_at > promised.at - interval '1 minute'
        ) s WHERE l.units > coalesce(s.units, 0)
        """, access: .readOnly)

    /// Records units of cells that are promised, not there, and not recorded as a shortage yet.
    ///
    /// A change of stock or a sale of goods in hand records what it leaves short as far as promises have rows. One that
    /// was admitted before and gets its row after is found here; the cause is the movement that took the goods away.
    ///
    /// Returns how many units were recorded, and the cells where movements explain nothing, or not all, of what is missing:
    /// there more was promised than was there, which must never be. No unit of that is recorded.
    ///
    /// With the cells locked the figures stand, but for reservations whose rows come at this moment: the next look finds
    /// those. Two servers at once record it once.
    public func recordShortages(of vshard: VShard, _ cells: [CellID]) async throws -> (
        recorded: Int64, unexplained: [CellID]
    ) {
        let ids = PostgresValue.int64s(cells.map(\.rawValue).sorted())
        return try await onConnection { connection in
            _ = try connection.pipeline([
                (.begin, []), (Ledger.joinFence, [.int32(LedgerLock.epochFence)]), (Ledger.lockCells, [ids]),
            ])
            let read = try connection.pipeline([
                (Ledger.bookList, [.int16(vshard.rawValue), ids]), (Ledger.lowerings, [ids]),
            ])
            var causes: [CellID: (id: EntityID, units: Int64)] = [:]
            for row in read[1] { causes[CellID(try row.int64(0))] = (EntityID(try row.uuid(1)), try row.int64(2)) }
            var shortages = ShortageColumns()
            var recorded: Int64 = 0
            var unexplained: [CellID] = []
            for book in try Ledger.books(read[0]).cells where book.missing > 0 {
                guard let cause = causes[book.base.cell] else {
                    unexplained.append(book.base.cell)
                    continue
                }
                let units = min(book.missing, cause.units)
                shortages.append(book.base.cell, quantity: units, cause: cause.id)
                recorded += units
                if units < book.missing { unexplained.append(book.base.cell) }
            }
            if recorded > 0 { _ = try connection.pipeline([shortages.inserting, (.commit, [])]) }
            return (recorded, unexplained)
        }
    }
}
