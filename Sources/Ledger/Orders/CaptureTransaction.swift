import Domain
import Failpoints
import PostgresClient

/// One batch of captures on one connection, in two round trips: lock and read, then write and commit.
///
/// A crash before the commit leaves nothing; after it everything, whether or not anyone was told.
struct CaptureTransaction {
    let entries: [CaptureEntry]
    let connection: PostgresConnection

    func run() throws -> CaptureResult {
        let reservations = entries.filter { !$0.reservedCells.isEmpty }.compactMap(\.request.reservation)
        let direct = entries.filter(\.takesAnew).map(\.attempt)
        var cellIDs: Set<CellID> = []
        for entry in entries {
            cellIDs.formUnion(entry.reservedCells)
            cellIDs.formUnion(entry.direct.map(\.cell))
            for part in entry.undecided { for line in part.lines { cellIDs.formUnion(line.groups.joined()) } }
        }
        let calls = Set(entries.flatMap { $0.stamps + $0.undecided.map(\.stamp) })
        let epochs = Set(calls.map { VShardEpoch(vshard: $0.vshard, epoch: $0.epoch) })
        let waiting = Set(entries.flatMap(\.waitingProducts)).sorted()
        var steps: [LedgerStep] = [
            (.begin, []),
            (Ledger.joinFence, [.int32(LedgerLock.epochFence)]),
            (
                Ledger.epochsStand,
                [.int16s(epochs.map(\.vshard.rawValue)), .int64s(epochs.map(\.epoch))]
            ),
            (Ledger.lockHolds, [.uuids((reservations + direct).map { PostgresUUID($0) })]),
            (Ledger.lockCells, [.int64s(cellIDs.map(\.rawValue).sorted())]),
        ]
        if !waiting.isEmpty { steps += BackorderBooks.reading(waiting) }
        let drafts = entries.map(\.request).filter { $0.draftRevision != nil }.map(\.id)
        if !drafts.isEmpty { steps.append((Ledger.joinDrafts, [.uuids(drafts.map { PostgresUUID($0) })])) }
        // Last: whoever held the locks may have been placing one of these very orders.
        steps.append((Ledger.standingOrders, Ledger.keys(of: entries.map { ($0.request, $0.channel) })))
        let locked = try connection.pipeline(steps)
        let epochsStand = try locked[2].first.map { try $0.int64(0) } == Int64(epochs.count)
        let standing = try Ledger.standingOrders(locked[locked.count - 1])
        var holdStates: [HoldKey: HoldState] = [:]
        for row in locked[3] {
            guard let kind = HoldKind(rawValue: try row.int16(1)), let state = HoldState(rawValue: try row.int16(2))
            else { throw LedgerFault.planOutdated }
            holdStates[HoldKey(kind, EntityID(try row.uuid(0)))] = state
        }
        var batch = CaptureBatch(
            entries: entries, cells: try LockedCell.byID(locked[4]), holdStates: holdStates, epochsStand: epochsStand)
        if !waiting.isEmpty { batch.books = try BackorderBooks(locked[5], locked[6]) }
        if !drafts.isEmpty { batch.drafts = try CaptureBatch.drafts(locked[locked.count - 2]) }
        batch.judge(standing: standing)
        if !batch.strainedCells.isEmpty {
            let cells = PostgresValue.int64s(batch.strainedCells.map(\.rawValue))
            let figures = try connection.pipeline([(Ledger.heldByCell, [cells]), (Ledger.openShortages, [cells])])
            batch.recordShortages(
                held: try Ledger.unitsByCell(figures[0]), open: try Ledger.unitsByCell(figures[1]))
        }
        // Before the commit: after it nothing may fail any more.
        let repeated = batch.standingAgain
        if !repeated.isEmpty {
            let facts = try Ledger.capturedOrders(repeated.map { entries[$0].request.id }, on: connection)
            for index in repeated {
                guard let order = facts[entries[index].request.id] else { throw LedgerFault.planOutdated }
                batch.verdicts[index] = .stands(order)
            }
        }
        if batch.accepted.isEmpty {
            _ = try connection.execute(.rollback)
        } else {
            Failpoint.captureUncommitted.pass()
            let written = try connection.pipeline(CaptureRows(batch).steps + [(.commit, [])])
            let placed = try Ledger.afterCommit {
                if Failpoint.captured.pass() { throw LedgerFault.planOutdated }
                var placed: [EntityID: Instant] = [:]
                for row in written[0] {
                    placed[EntityID(try row.uuid(0))] = Instant(microseconds: try row.timestamp(1))
                }
                return placed
            }
            for index in batch.accepted {
                guard let placedAt = placed[entries[index].request.id] else {
                    throw Refusal.outcomeUnknown("the ledger's answer after the commit lacks an order")
                }
                batch.verdicts[index] = .captured(batch.facts(of: index, placedAt: placedAt))
            }
        }
        return CaptureResult(verdicts: batch.verdicts.map { $0 ?? .repeated }, settlement: batch.settlement)
    }
}
