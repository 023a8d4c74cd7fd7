public import Domain
import PostgresClient

extension Ledger {
    // A movement that took goods away, at the latest a minute before the last promise: longer no promise is on its way.
    private static let lowerings = PostgresStatement(
        "lowerings",
        """
        SELECT c.id, l.cause_id FROM unnest($1::int8[]) AS c(id)
        CROSS JOIN LATERAL (
            SELECT max(p.at) AS at FROM (
                SELECT h.created_at AS at FROM hold h WHERE h.state = 1 AND c.id = ANY(h.cells)
                UNION ALL
                (SELECT recorded_at FROM stock_movement WHERE cell_id = c.id AND allocated_delta > 0
                ORDER BY sequence DESC LIMIT 1)) p
        ) promised
        CROSS JOIN LATERAL (
            SELECT m.cause_id FROM (
                SELECT * FROM stock_movement WHERE cell_id = c.id ORDER BY sequence DESC LIMIT 1000) m
            WHERE m.on_hand_delta < 0 AND m.allocated_delta >= 0 AND m.recorded_at > promised.at - interval '1 minute'
            ORDER BY m.sequence DESC LIMIT 1
        ) l
        """, access: .readOnly)

    /// Records units of cells that are promised, not there, and not recorded as a shortage yet.
    ///
    /// A change of stock or a sale of goods in hand records what it leaves short as far as promises have rows. One that
    /// was admitted before and gets its row after is found here; the cause is the movement that took the goods away.
    ///
    /// Returns how many units were recorded, and the cells where no movement explains what is missing: there more was
    /// promised than was there, which must never be. Nothing is recorded of those.
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
            var causes: [CellID: EntityID] = [:]
            for row in read[1] { causes[CellID(try row.int64(0))] = EntityID(try row.uuid(1)) }
            var shortages = ShortageColumns()
            var recorded: Int64 = 0
            var unexplained: [CellID] = []
            for book in try Ledger.books(read[0]).cells where book.missing > 0 {
                guard let cause = causes[book.base.cell] else {
                    unexplained.append(book.base.cell)
                    continue
                }
                shortages.append(book.base.cell, quantity: book.missing, cause: cause)
                recorded += book.missing
            }
            if recorded > 0 { _ = try connection.pipeline([shortages.inserting, (.commit, [])]) }
            return (recorded, unexplained)
        }
    }
}
