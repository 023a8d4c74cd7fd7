public import Domain
import PostgresClient

/// Figures of a cell that a plan is made on.
public struct CellFigures: Sendable, Hashable {
    /// Units on hand.
    public var onHand: Int64
    /// Safety stock.
    public var safety: Int64
    /// Units on hand that were sent to a store and have not left its counter: no count of the shelf finds them.
    public var away: Int64

    /// Makes figures.
    public init(onHand: Int64, safety: Int64, away: Int64 = 0) {
        self.onHand = onHand
        self.safety = safety
        self.away = away
    }
}

/// The take that went before a change of stock.
public struct StockTake: Sendable {
    /// The id of its hold: the same for all who plan the change alike, another one for every other plan.
    public var attempt: EntityID
    /// The calls that admitted it.
    public var stamps: [AdmissionStamp]
    /// Cells that Redis left below zero.
    public var strained: Set<CellID>

    /// Makes a take.
    public init(attempt: EntityID, stamps: [AdmissionStamp], strained: Set<CellID>) {
        self.attempt = attempt
        self.stamps = stamps
        self.strained = strained
    }
}

extension Ledger {
    private static let ensureCells = PostgresStatement(
        "ensure_cells",
        """
        INSERT INTO cell (product_id, location_id, vshard)
        SELECT p.id, l.id, p.vshard FROM (SELECT DISTINCT * FROM unnest($1::int4[], $2::int4[]) AS n(product, location)) n
        JOIN product p ON p.id = n.product JOIN location l ON l.id = n.location
        ORDER BY p.id, l.id ON CONFLICT DO NOTHING
        """)
    private static let cellFigures = PostgresStatement(
        "cell_figures", "SELECT id, on_hand, safety FROM cell WHERE id = ANY($1::int8[])", access: .readOnly)
    // By the location's pickups that are open: each row is looked up by its key, whatever a plan believes.
    private static let awayByCell = PostgresStatement(
        "away_by_cell",
        """
        SELECT fl.cell_id, sum(fl.open)::int8
        FROM (SELECT DISTINCT location_id FROM cell WHERE id = ANY($1::int8[])) c
        CROSS JOIN LATERAL (SELECT id FROM fulfilment WHERE location_id = c.location_id
            AND kind = \(FulfilmentKind.pickup.rawValue) AND state IN (\(awayStates))
            AND collect_location_id <> location_id OFFSET 0) f
        CROSS JOIN LATERAL (SELECT cell_id, open FROM fulfilment_line
            WHERE fulfilment_id = f.id AND cell_id = ANY($1::int8[]) AND open > 0 OFFSET 0) fl
        GROUP BY fl.cell_id
        """, access: .readOnly)
    private static let awayStates = [PickupState.underWay, .readyForPickup, .expired].map { "\($0.rawValue)" }
        .joined(separator: ", ")
    private static let closeShortages = PostgresStatement(
        "close_shortages",
        """
        UPDATE stock_shortage SET closed_at = now(), closed_by = $2::uuid
        WHERE closed_at IS NULL AND cell_id = ANY($1::int8[])
        """)
    static let publishStock = PostgresStatement(
        "publish_stock",
        """
        INSERT INTO outbox (topic, subject, subject_sequence, cause_id) VALUES ('stock.changed', $1::uuid, 1, $1::uuid)
        """)

    /// Creates the cells of (product, location) pairs that do not exist yet, empty.
    public func ensureCells(_ pairs: [(product: Int32, location: Int32)]) async throws {
        try await onConnection { connection in
            _ = try connection.execute(
                Ledger.ensureCells, [.int32s(pairs.map(\.product)), .int32s(pairs.map(\.location))])
        }
    }

    /// The reply stored for a change, or nil where it has not taken effect.
    public func reply(to change: StockChange) async throws -> [UInt8]? {
        try await onConnection { connection in
            try Ledger.storedReply(
                change.id, .stockChange, body: change.body, caller: change.caller, on: connection)
        }
    }

    /// Figures of cells now, and the reply stored for the change where it took effect before.
    public func planning(_ change: StockChange, cells: [CellID]) async throws
        -> (reply: [UInt8]?, figures: [CellID: CellFigures])
    {
        try await onConnection { connection in
            let reply = try Ledger.storedReply(
                change.id, .stockChange, body: change.body, caller: change.caller, on: connection)
            var figures: [CellID: CellFigures] = [:]
            let ids = cells.map(\.rawValue)
            for row in try connection.execute(Ledger.cellFigures, [.int64s(ids)]) {
                figures[CellID(try row.int64(0))] = CellFigures(onHand: try row.int64(1), safety: try row.int64(2))
            }
            guard case .count = change.action else { return (reply, figures) }
            for (cell, units) in try Ledger.unitsByCell(connection.execute(Ledger.awayByCell, [.int64s(ids)])) {
                figures[cell]?.away = units
            }
            return (reply, figures)
        }
    }

    /// Applies a planned change, with its movements, its reply and the record of its take, or nothing.
    ///
    /// `decided` are the vshards whose loss PostgreSQL decides here, with their epochs; all others' was taken in Redis.
    ///
    /// Throws ``LedgerFault/planOutdated`` where the figures have moved, ``LedgerFault/fenced`` where an epoch has risen
    /// since the take, ``LedgerFault/buried`` where the take was given up for dead, `Refusal` where more would leave than is there.
    public func apply(
        _ plan: StockPlan, take: StockTake?, decided: [VShardEpoch],
        encodeReply: @escaping @Sendable ([StockLevel]) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        try await onceOnly { connection in
            let change = plan.change
            let epochs = (take?.stamps ?? []).map { VShardEpoch(vshard: $0.vshard, epoch: $0.epoch) } + decided
            let cellIDs = Set(plan.effects.map(\.cell)).sorted()
            let ids = PostgresValue.int64s(cellIDs.map(\.rawValue))
            let read = try connection.pipeline([
                (.begin, []),
                (Ledger.joinFence, [.int32(LedgerLock.epochFence)]),
                (Ledger.epochsStand, [.int16s(epochs.map(\.vshard.rawValue)), .int64s(epochs.map(\.epoch))]),
                (Ledger.lockCells, [ids]),
                (Ledger.openShortages, [ids]),
                BackorderServing.locking(cellIDs),
            ])
            if let reply = try Ledger.storedReply(
                change.id, .stockChange, body: change.body, caller: change.caller, on: connection)
            {
                return (reply, Settlement())
            }
            guard try read[2].first.map({ try $0.int64(0) }) == Int64(epochs.count) else { throw LedgerFault.fenced }
            var cells = try LockedCell.byID(read[3])
            var open = try Ledger.unitsByCell(read[4])
            // With the cells locked nothing of them leaves a counter: whoever wants that waits for this count.
            let away =
                plan.effects.contains { $0.expectedAway != nil }
                ? try Ledger.unitsByCell(connection.execute(Ledger.awayByCell, [ids])) : [:]
            var movements = MovementColumns()
            // What this change makes short: never more than it takes away. What is promised twice stays visible as that.
            var taken: [CellID: Int64] = [:]
            for effect in plan.effects {
                guard var cell = cells[effect.cell] else { throw LedgerFault.planOutdated }
                if let expected = effect.expectedAway, expected != away[effect.cell, default: 0] {
                    throw LedgerFault.planOutdated
                }
                try Ledger.check(effect, against: cell, change: change)
                taken[effect.cell, default: 0] -= effect.onHandDelta
                cell.apply(onHand: effect.onHandDelta, safety: effect.safetyDelta)
                cells[effect.cell] = cell
                if effect.onHandDelta != 0 || effect.safetyDelta != 0 {
                    movements.append(
                        effect.kind, effect.cell, onHand: effect.onHandDelta, safety: effect.safetyDelta,
                        cause: change.id, reason: change.reason)
                }
            }
            var steps: [LedgerStep] = []
            var shortages = ShortageColumns()
            let counted: Set<CellID>
            if case .count = change.action { counted = Set(cellIDs) } else { counted = [] }
            // A count settles what was recorded; what is still promised beyond the figure is recorded anew.
            let settled = counted.filter { open[$0] != nil }
            if counted.contains(where: { open[$0] != nil }) {
                steps.append((Ledger.closeShortages, [ids, .uuid(PostgresUUID(change.id))]))
                for cell in counted { taken[cell, default: 0] += open.removeValue(forKey: cell) ?? 0 }
            }
            let suspects = cellIDs.filter { id in
                take?.strained.contains(id) == true || (cells[id]?.available ?? 0) < 0
                    || settled.contains(id)
                    || (counted.contains(id) && (cells[id].map { $0.onHand < $0.allocated } ?? false))
            }
            if !suspects.isEmpty {
                let held = try Ledger.unitsByCell(
                    connection.execute(Ledger.heldByCell, [.int64s(suspects.map(\.rawValue))]))
                for id in suspects {
                    guard let cell = cells[id] else { continue }
                    let beyond = min(
                        cell.allocated + (held[id] ?? 0) - cell.onHand - (open[id] ?? 0), taken[id] ?? 0)
                    guard beyond > 0 else { continue }
                    shortages.append(id, quantity: beyond, cause: change.id)
                    open[id, default: 0] += beyond
                }
            }
            steps += try BackorderServing.serve(
                read[5], &cells, movements: &movements, counted: counted, on: connection)
            let reply = try encodeReply(Ledger.levels(of: plan, cells: cells, open: open))
            if !movements.isEmpty {
                steps.append(movements.inserting)
                steps.append(LockedCell.writing(cells.values))
                steps.append((Ledger.publishStock, [.uuid(PostgresUUID(change.id))]))
            }
            if !shortages.isEmpty { steps.append(shortages.inserting) }
            var settlement = Settlement(bases: cells.values.filter(\.changed).map(\.settlementBase))
            if let take {
                let key = HoldKey(.movement, take.attempt)
                steps.append(Ledger.insertingClosedHolds([(key, take.stamps)], kind: .movement))
                steps.append(Ledger.journaling(take.stamps))
                settlement.holds = [.init(key: key, vshards: take.stamps.map(\.vshard))]
            }
            steps.append(
                Ledger.storing(
                    change.id, .stockChange, body: change.body, reply: reply, caller: change.caller))
            do {
                _ = try connection.pipeline(steps + [(.commit, [])])
            } catch let error as PostgresError where error.isConflict(on: "journal_seq_pkey") {
                throw LedgerFault.tripwire
            } catch let error as PostgresError where error.isConflict(on: "hold_pkey") {
                throw LedgerFault.buried
            }
            return (reply, settlement)
        }
    }

    private static func check(_ effect: StockPlan.Effect, against cell: LockedCell, change: StockChange) throws {
        if let expected = effect.expectedOnHand, expected != cell.onHand { throw LedgerFault.planOutdated }
        if let expected = effect.expectedSafety, expected != cell.safety { throw LedgerFault.planOutdated }
        guard cell.onHand + effect.onHandDelta <= Quantity.cellBound else {
            throw Refusal.invalid([FieldViolation("lines", "stock on hand would exceed \(Quantity.cellBound) units")])
        }
        guard cell.onHand + effect.onHandDelta >= 0 else {
            throw Refusal.wrongState(
                .stock, "\(effect.sku)@\(effect.location)", state: "on_hand=\(cell.onHand)",
                explanation: "\(-effect.onHandDelta) units cannot leave, \(cell.onHand) are on hand")
        }
        let free = cell.available ?? cell.base
        if effect.kind == .transferOut, free + effect.onHandDelta < 0 {
            throw Refusal.shortage([
                LineShortage(
                    line: change.lines.firstIndex { $0.sku == effect.sku } ?? 0, sku: effect.sku,
                    location: effect.location, wanted: -effect.onHandDelta, available: max(0, free))
            ])
        }
    }

    private static func levels(of plan: StockPlan, cells: [CellID: LockedCell], open: [CellID: Int64]) -> [StockLevel] {
        var seen: Set<CellID> = []
        return plan.effects.compactMap { effect in
            guard seen.insert(effect.cell).inserted, let cell = cells[effect.cell] else { return nil }
            return StockLevel(
                sku: effect.sku, location: effect.location, onHand: cell.onHand, safety: cell.safety,
                allocated: cell.allocated, held: 0, shortage: open[effect.cell] ?? 0)
        }
    }
}
