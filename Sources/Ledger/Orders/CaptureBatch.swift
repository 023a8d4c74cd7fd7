import Domain
import Failpoints
import PostgresClient

/// Decides, with every row locked, which orders of a batch are captured, and keeps the cells' running figures.
struct CaptureBatch {
    private(set) var entries: [CaptureEntry]
    var cells: [CellID: LockedCell]
    let holdStates: [HoldKey: HoldState]
    let epochsStand: Bool
    /// Books of the articles that may wait.
    var books = BackorderBooks()
    /// Where the drafts stand that orders are placed from.
    var drafts: [EntityID: DraftStanding] = [:]

    var verdicts: [CaptureVerdict?]
    /// Indexes of the entries to write, in order.
    private(set) var accepted: [Int] = []
    /// Indexes of entries whose order stands with the same body.
    private(set) var standingAgain: [Int] = []
    /// Units that goods in hand took although the books did not have them on hand, by entry and cell.
    private(set) var found: [Int: [CellID: Int64]] = [:]
    /// Units by entry that are recorded as a shortage.
    private(set) var shortages: [Int: Int64] = [:]
    private(set) var shortageRows = ShortageColumns()
    /// Cells where goods in hand went below what is promised.
    private(set) var strainedCells: Set<CellID> = []

    init(entries: [CaptureEntry], cells: [CellID: LockedCell], holdStates: [HoldKey: HoldState], epochsStand: Bool) {
        self.entries = entries
        self.cells = cells
        self.holdStates = holdStates
        self.epochsStand = epochsStand
        verdicts = Array(repeating: nil, count: entries.count)
    }

    private struct Number: Hashable {
        var channel: Int32
        var externalID: String
    }

    mutating func judge(standing: [StandingOrder]) {
        var byID: [EntityID: StandingOrder] = [:]
        var byNumber: [Number: EntityID] = [:]
        for order in standing {
            byID[order.id] = order
            byNumber[Number(channel: order.channel, externalID: order.externalID)] = order.id
        }
        var ids: Set<EntityID> = []
        var numbers: Set<Number> = []
        var reservations: Set<EntityID> = []
        for (index, entry) in entries.enumerated() {
            let request = entry.request
            let number = Number(channel: entry.channel, externalID: request.externalID)
            if let order = byID[request.id] {
                if order.body == request.body {
                    standingAgain.append(index)
                } else {
                    // What another channel's order says is nothing for a caller that is held to its own.
                    let isTold = request.caller.scope.channels == nil || order.channel == entry.channel
                    verdicts[index] = .refused(
                        .differentBody(.order, request.id, stored: isTold ? order.body : []))
                }
            } else if let order = byNumber[number] {
                verdicts[index] = .refused(
                    .externalIDTaken(channel: request.channel, externalID: request.externalID, order: order))
            } else if ids.contains(request.id) || numbers.contains(number)
                || request.reservation.map({ reservations.contains($0) }) == true
            {
                verdicts[index] = .repeated
            } else if let verdict = obstacleOfDraft(request) ?? choose(index) ?? obstacle(to: entries[index])
                ?? obstacleToWaiting(entries[index])
            {
                verdicts[index] = verdict
            } else {
                ids.insert(request.id)
                numbers.insert(number)
                if let reservation = request.reservation { reservations.insert(reservation) }
                accepted.append(index)
                apply(entries[index], index: index)
            }
        }
    }

    /// Chooses the units of undecided lines from what the orders before have left, or says why that cannot be.
    private mutating func choose(_ index: Int) -> CaptureVerdict? {
        let entry = entries[index]
        guard !entry.undecided.isEmpty else { return nil }
        guard epochsStand else { return .fenced }
        var lines = entry.undecided.flatMap(\.lines)
        var choice = choice(of: lines, entry)
        while case .short(let short) = choice, short.allSatisfy({ entry.request.lines[$0.line].backorder != nil }) {
            guard entry.supply != nil else { return .mayWait(short) }
            // What stock cannot serve waits; each round asks for less.
            for line in short {
                guard let place = lines.firstIndex(where: { $0.index == line.line }) else { continue }
                let units = lines[place].quantity - line.available
                let location = entry.request.lines[line.line].demand.location
                entries[index].letWait(
                    units, line: line.line, locations: entry.waitingLocations[line.line] ?? nil,
                    single: location.isEmpty && !lines[place].split)
                lines[place].quantity = line.available
                if line.available == 0 { lines.remove(at: place) }
            }
            choice = self.choice(of: lines, entry)
        }
        switch choice {
        case .unknown: return .fenced
        case .short(let lines): return .refused(.shortage(shortage(of: entry, lines)))
        case .chosen(let takes):
            entries[index].direct = (entry.direct + takes).sorted { ($0.line, $0.cell) < ($1.line, $1.cell) }
            entries[index].stamps += entry.undecided.map(\.stamp)
            var left: [CellID: Int64] = [:]
            for take in takes { left[take.cell, default: cells[take.cell]?.available ?? 0] -= take.quantity }
            entries[index].strained.formUnion(left.filter { $0.value < 0 }.keys)
            return nil
        }
    }

    private func choice(of lines: [SupplyLine], _ entry: CaptureEntry) -> SupplyChoice {
        SupplyChoice(lines, force: entry.request.goodsInHand, available: { self.cells[$0]?.available })
    }

    /// Why the units that are to wait may not, or nil.
    private func obstacleToWaiting(_ entry: CaptureEntry) -> CaptureVerdict? {
        guard !entry.waiting.isEmpty else { return nil }
        var wanted: [Int32: Int64] = [:]
        for units in entry.waiting {
            let product = entry.products[units.line]
            if books.hadSupply(of: product, since: entry.supply?[product]) { return .supplied }
            wanted[product, default: 0] += units.quantity
        }
        let beyond = wanted.filter { $0.value > books.left(of: $0.key, in: entry.channel) }
        guard !beyond.isEmpty else { return nil }
        return .refused(
            .shortage(
                entry.waiting.filter { beyond[entry.products[$0.line]] != nil }.map { units in
                    let demand = entry.request.lines[units.line].demand
                    return LineShortage(
                        line: units.line, sku: demand.sku, location: demand.location, wanted: demand.quantity,
                        available: demand.quantity - units.quantity,
                        backorderLeft: books.left(of: entry.products[units.line], in: entry.channel))
                }))
    }

    /// What was short, counting what the reservation covered as available to its line.
    private func shortage(of entry: CaptureEntry, _ lines: [LineAvailable]) -> [LineShortage] {
        lines.map { line in
            let demand = entry.request.lines[line.line].demand
            let covered = entry.fromReservation.filter { $0.line == line.line }.reduce(0) { $0 + $1.quantity }
            return LineShortage(
                line: line.line, sku: demand.sku, location: demand.location, wanted: demand.quantity,
                available: min(demand.quantity - 1, line.available + covered))
        }
    }

    /// A draft whose row is joined.
    struct DraftStanding {
        var state: DraftState
        var revision: Int32
    }

    /// Reads what ``Ledger/joinDrafts`` found.
    static func drafts(_ rows: PostgresRows) throws -> [EntityID: DraftStanding] {
        var drafts: [EntityID: DraftStanding] = [:]
        for row in rows {
            guard let state = DraftState(rawValue: try row.int16(1)) else {
                throw UnreadableValue(column: "order_draft.state")
            }
            drafts[EntityID(try row.uuid(0))] = DraftStanding(state: state, revision: try row.int32(2))
        }
        return drafts
    }

    /// Refuses an order whose draft was opened again meanwhile, and may have been changed or given up since.
    private func obstacleOfDraft(_ request: OrderRequest) -> CaptureVerdict? {
        guard let revision = request.draftRevision else { return nil }
        guard let draft = drafts[request.id] else {
            return .refused(.missing(.draft, request.id.description, for: request.caller))
        }
        if draft.state == .placing && draft.revision == revision { return nil }
        return .refused(
            .wrongState(
                .draft, request.id.description, state: draft.state.word,
                explanation: "it was opened again before this order was captured"))
    }

    /// Why an entry cannot be captured now, or nil.
    private func obstacle(to entry: CaptureEntry) -> CaptureVerdict? {
        let request = entry.request
        if !entry.direct.isEmpty {
            if !epochsStand { return .fenced }
            if holdStates[HoldKey(.order, entry.attempt)] != nil { return .buried }
        }
        #if HOLDFAST_FAILPOINTS
            if Sabotage.captureWithoutGuard.isOn { return nil }
        #endif
        if !entry.reservedCells.isEmpty, let reservation = request.reservation {
            guard let state = holdStates[HoldKey(.reservation, reservation)] else {
                return .refused(.missing(.reservation, reservation.description, for: request.caller))
            }
            if state != .held { return .reservationClosed(state) }
        }
        if request.goodsInHand { return nil }
        var wanted: [CellID: (reserved: Int64, direct: Int64)] = [:]
        for take in entry.fromReservation { wanted[take.cell, default: (0, 0)].reserved += take.quantity }
        for take in entry.direct { wanted[take.cell, default: (0, 0)].direct += take.quantity }
        var lacking: [CellID: Int64] = [:]
        for (id, units) in wanted {
            guard let cell = cells[id] else { continue }
            let physical = cell.onHand - cell.allocated
            let left = units.direct > 0 ? cell.base : physical
            if units.reserved + units.direct > left { lacking[id] = max(0, left) }
        }
        guard !lacking.isEmpty else { return nil }
        var short: [LineShortage] = []
        for (line, item) in request.lines.enumerated() {
            let takes = (entry.fromReservation + entry.direct).filter { $0.line == line }
            guard takes.contains(where: { lacking[$0.cell] != nil }) else { continue }
            let available = takes.reduce(0) { $0 + min($1.quantity, lacking[$1.cell] ?? $1.quantity) }
            short.append(
                LineShortage(
                    line: line, sku: item.demand.sku, location: item.demand.location, wanted: item.demand.quantity,
                    available: min(available, item.demand.quantity - 1)))
        }
        return .refused(.shortage(short))
    }

    private mutating func apply(_ entry: CaptureEntry, index: Int) {
        for take in entry.reservedTakes { cells[take.cell]?.hold(-take.quantity) }
        for units in entry.waiting {
            books.add(units.quantity, of: entry.products[units.line], in: entry.channel)
        }
        let stock = entry.entering.effect.stock
        for take in entry.fromReservation + entry.direct {
            guard var cell = cells[take.cell] else { continue }
            let unknown = entry.request.goodsInHand ? max(0, take.quantity - cell.onHand) : 0
            if unknown > 0 {
                cell.apply(onHand: unknown)
                found[index, default: [:]][take.cell, default: 0] += unknown
            }
            cell.apply(stock, take.quantity)
            if entry.request.goodsInHand
                && (unknown > 0 || entry.strained.contains(take.cell) || cell.onHand < cell.allocated)
            {
                strainedCells.insert(take.cell)
            }
            cells[take.cell] = cell
        }
    }

    /// Records what goods in hand took beyond what the books could spare.
    ///
    /// For a cell that is `found + max(0, allocated + held - on_hand - open shortages)`, borne by the last order that
    /// took from it.
    mutating func recordShortages(held: [CellID: Int64], open: [CellID: Int64]) {
        for id in strainedCells.sorted() {
            guard let cell = cells[id],
                let index = accepted.last(where: { index in
                    entries[index].request.goodsInHand
                        && (entries[index].direct + entries[index].fromReservation).contains { $0.cell == id }
                })
            else { continue }
            // What the orders of this batch had reserved is theirs, no longer held against the cell.
            let used = accepted.reduce(Int64(0)) { sum, accepted in
                guard !entries[accepted].reservedCells.isEmpty else { return sum }
                return sum + entries[accepted].fromReservation.filter { $0.cell == id }.reduce(0) { $0 + $1.quantity }
            }
            let unknown = accepted.reduce(Int64(0)) { $0 + (found[$1]?[id] ?? 0) }
            let beyond = max(0, cell.allocated + (held[id] ?? 0) - used - cell.onHand - (open[id] ?? 0))
            guard unknown + beyond > 0 else { continue }
            shortageRows.append(id, quantity: unknown + beyond, cause: entries[index].request.id)
            shortages[index, default: 0] += unknown + beyond
        }
    }

    func facts(of index: Int, placedAt: Instant) -> CapturedOrder {
        let request = entries[index].request
        var allocations: [[Allocation]] = Array(repeating: [], count: request.lines.count)
        for take in self.allocations(of: index) {
            guard let location = cells[take.cell]?.location else { continue }
            allocations[take.line].append(Allocation(location: location, quantity: take.quantity))
        }
        return CapturedOrder(
            id: request.id, currency: request.currency, subtotal: request.subtotal, addedTax: request.addedTax,
            lines: request.lines.indices.map { line in
                CapturedOrder.Line(
                    amountMinor: request.lines[line].amount.minorUnits, allocations: allocations[line],
                    backordered: entries[index].waiting.first { $0.line == line }?.quantity ?? 0)
            },
            placedAt: placedAt, shortage: shortages[index] ?? 0)
    }

    /// Units of an entry by line and cell, each pair once, in the order in which they are read back.
    func allocations(of index: Int) -> [CellTake] {
        var merged: [CellTake] = []
        for take in entries[index].fromReservation + entries[index].direct {
            if let place = merged.firstIndex(where: { $0.line == take.line && $0.cell == take.cell }) {
                merged[place].quantity += take.quantity
            } else {
                merged.append(take)
            }
        }
        return merged.sorted { ($0.line, $0.cell) < ($1.line, $1.cell) }
    }

    /// What Redis must be told once the transaction is committed.
    var settlement: Settlement {
        var settlement = Settlement()
        var touched: Set<CellID> = []
        for index in accepted {
            let entry = entries[index]
            if !entry.reservedCells.isEmpty, let reservation = entry.request.reservation {
                settlement.holds.append(
                    .init(key: HoldKey(.reservation, reservation), vshards: entry.reservedVShards))
                touched.formUnion(entry.reservedCells)
            }
            if !entry.direct.isEmpty {
                settlement.holds.append(
                    .init(key: HoldKey(.order, entry.attempt), vshards: entry.stamps.map(\.vshard)))
                touched.formUnion(entry.direct.map(\.cell))
            }
        }
        settlement.bases = touched.sorted().compactMap { cells[$0]?.settlementBase }
        return settlement
    }
}
