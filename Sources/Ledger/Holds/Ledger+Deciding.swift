public import Domain
import Failpoints
public import PostgresClient

/// Reservations in the time in which PostgreSQL decides alone.
///
/// One transaction a batch: join the fence and look at the epochs (a vshard's mode never changes without its epoch) → lock
/// the candidate cells in order → choose, entry after entry, from base − held → write the holds and what the cells hold now.
/// A crash before the commit leaves nothing, after it everything.
extension Ledger {
    private static let insertHolds = PostgresStatement(
        "insert_decided_holds",
        """
        INSERT INTO hold (id, kind, state, channel_id, request, fingerprint, lines, cells, quantities,
            vshards, epochs, seqs, expires_at, caller)
        SELECT r.id, 1, 1, r.channel, r.request, r.fingerprint,
            ($10::int2[])[r.first:r.last], ($11::int8[])[r.first:r.last], ($12::int8[])[r.first:r.last],
            ($13::int2[])[r.call_first:r.call_last], ($14::int8[])[r.call_first:r.call_last],
            ($15::int8[])[r.call_first:r.call_last], now() + r.ttl * interval '1 millisecond', r.caller
        FROM unnest($1::uuid[], $2::int4[], $3::bytea[], $4::int8[], $5::int4[], $6::int4[], $7::int4[], $8::int4[],
            $9::int8[], $16::text[])
            AS r(id, channel, request, fingerprint, first, last, call_first, call_last, ttl, caller)
        ORDER BY r.id
        RETURNING id, created_at, expires_at
        """)
    private static let heldIDs = PostgresStatement(
        "held_ids", "SELECT id FROM hold WHERE id = ANY($1::uuid[]) AND kind IS NOT DISTINCT FROM 1", access: .readOnly)

    /// Decides what Redis does not and makes the reservations true: all of a tick in one transaction, under the fence.
    ///
    /// Returns a verdict per entry. `calls` are the admitting calls of those parts that Redis decided. Throws
    /// ``LedgerFault/fenced`` where an epoch has risen, ``LedgerFault/tripwire`` where a call was journalled before: nothing
    /// was written.
    public func decide(_ entries: [HoldEntry], calls: [AdmissionStamp])
        -> @Sendable (PostgresConnection) throws -> [JournalVerdict]
    {
        { connection in
            do {
                return try Ledger.decide(entries, calls: calls, on: connection)
            } catch let error as PostgresError where error.isConflict(on: "hold_pkey") {
                // Another server was faster with one of the ids; it is seen now.
                try connection.execute(.rollback)
                return try Ledger.decide(entries, calls: calls, on: connection)
            } catch let error as PostgresError where error.isConflict(on: "journal_seq_pkey") {
                throw LedgerFault.tripwire
            }
        }
    }

    private static func decide(_ entries: [HoldEntry], calls: [AdmissionStamp], on connection: PostgresConnection)
        throws
        -> [JournalVerdict]
    {
        let stamps = calls + entries.flatMap { $0.undecided.map(\.stamp) }
        let epochs = Array(Set(stamps.map { VShardEpoch(vshard: $0.vshard, epoch: $0.epoch) }))
        let candidates = Set(entries.flatMap { $0.undecided.flatMap { $0.lines.flatMap { $0.groups.joined() } } })
        let read = try connection.pipeline([
            (.begin, []),
            (Ledger.joinFence, [.int32(LedgerLock.epochFence)]),
            (Ledger.epochsStand, [.int16s(epochs.map(\.vshard.rawValue)), .int64s(epochs.map(\.epoch))]),
            (Ledger.heldIDs, [.uuids(entries.map { PostgresUUID($0.id) })]),
            (Ledger.lockCells, [.int64s(candidates.map(\.rawValue).sorted())]),
        ])
        guard try read[2].first.map({ try $0.int64(0) }) == Int64(epochs.count) else { throw LedgerFault.fenced }
        let standing = Set(try read[3].map { EntityID(try $0.uuid(0)) })
        var cells = try LockedCell.byID(read[4])
        var verdicts: [JournalVerdict?] = Array(repeating: nil, count: entries.count)
        var accepted: [(index: Int, entry: HoldEntry, decided: [CellTake])] = []
        for (index, entry) in entries.enumerated() {
            guard !standing.contains(entry.id) else {
                verdicts[index] = .stands
                continue
            }
            switch SupplyChoice(entry.undecided.flatMap(\.lines), force: false, available: { cells[$0]?.available }) {
            case .short(let lines): verdicts[index] = .short(lines)
            case .unknown: throw LedgerFault.fenced
            case .chosen(let takes):
                for take in takes { cells[take.cell]?.hold(take.quantity) }
                var entry = entry
                entry.takes = (entry.takes + takes).sorted { ($0.line, $0.cell) < ($1.line, $1.cell) }
                entry.stamps += entry.undecided.map(\.stamp)
                accepted.append((index, entry, takes))
            }
        }
        guard !accepted.isEmpty else {
            try connection.execute(.rollback)
            return verdicts.map { $0 ?? .stands }
        }
        var steps: [LedgerStep] = [
            (Ledger.insertHolds, Ledger.columns(of: accepted.map(\.entry)) + [.texts(accepted.map(\.entry.caller))])
        ]
        if cells.values.contains(where: \.isTouched) { steps.append(LockedCell.writing(cells.values)) }
        if !calls.isEmpty { steps.append(Ledger.journaling(calls)) }
        let written = try connection.pipeline(steps + [(.commit, [])])[0]
        return try Ledger.afterCommit {
            if Failpoint.journalled.pass() { throw LedgerFault.planOutdated }
            var times: [EntityID: (Instant, Instant)] = [:]
            for row in written {
                times[EntityID(try row.uuid(0))] = (
                    Instant(microseconds: try row.timestamp(1)), Instant(microseconds: try row.timestamp(2))
                )
            }
            for (index, entry, decided) in accepted {
                guard let (created, expires) = times[entry.id] else { throw LedgerFault.planOutdated }
                verdicts[index] = .journalled(createdAt: created, expiresAt: expires, decided: decided)
            }
            return verdicts.map { $0 ?? .stands }
        }
    }

    private static let availableNow = PostgresStatement(
        "available_now",
        "SELECT id, on_hand - safety - allocated - held_direct FROM cell WHERE id = ANY($1::int8[])", access: .readOnly)

    /// What cells of vshards that PostgreSQL decides have to promise.
    public func available(_ cells: [CellID]) -> @Sendable (PostgresConnection) throws -> [CellID: Int64] {
        { connection in
            try Ledger.unitsByCell(
                connection.execute(Ledger.availableNow, [.int64s(cells.map(\.rawValue))]))
        }
    }
}
