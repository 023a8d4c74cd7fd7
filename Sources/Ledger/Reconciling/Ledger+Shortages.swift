public import Domain
import PostgresClient

extension Ledger {
    private static let lastCauses = PostgresStatement(
        "last_causes",
        """
        SELECT c.id, m.cause_id FROM unnest($1::int8[]) AS c(id)
        CROSS JOIN LATERAL (
            SELECT cause_id FROM stock_movement WHERE cell_id = c.id ORDER BY sequence DESC LIMIT 1) m
        """, access: .readOnly)

    /// Records units of cells that are promised, not there, and not recorded as a shortage yet; returns how many.
    ///
    /// A change of stock or a sale of goods in hand records what it leaves short as far as promises have rows. One that
    /// was admitted before and gets its row after is found here. Its cause is the cell's last movement.
    ///
    /// With the cells locked the figures stand, but for reservations whose rows come at this moment: the next look finds
    /// those. Two servers at once record it once.
    public func recordShortages(of vshard: VShard, _ cells: [CellID]) async throws -> Int64 {
        let ids = PostgresValue.int64s(cells.map(\.rawValue).sorted())
        return try await onConnection { connection in
            _ = try connection.pipeline([
                (.begin, []), (Ledger.joinFence, [.int32(LedgerLock.epochFence)]), (Ledger.lockCells, [ids]),
            ])
            let read = try connection.pipeline([
                (Ledger.bookList, [.int16(vshard.rawValue), ids]), (Ledger.lastCauses, [ids]),
            ])
            var causes: [CellID: EntityID] = [:]
            for row in read[1] { causes[CellID(try row.int64(0))] = EntityID(try row.uuid(1)) }
            var shortages = ShortageColumns()
            var recorded: Int64 = 0
            for book in try Ledger.books(read[0]).cells where book.missing > 0 {
                guard let cause = causes[book.base.cell] else { continue }
                shortages.append(book.base.cell, quantity: book.missing, cause: cause)
                recorded += book.missing
            }
            guard recorded > 0 else { return 0 }
            _ = try connection.pipeline([shortages.inserting, (.commit, [])])
            return recorded
        }
    }
}
