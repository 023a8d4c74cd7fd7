import Domain
import PostgresClient

/// A change of one order inside its transaction, while the order's row is locked.
///
/// What it does is kept here and written together before the commit, so a refusal at any point leaves nothing. Locks are taken
/// in this order, everywhere: the fence, the order's row, that of an order made after it, holds, accounts of stored value and
/// document counters, and at the end days of locations and the cells by number. Nothing outside of the database is called in
/// between.
///
/// Each time that payments are written, accounts are locked by id and then counters by kind. A change that writes those of two
/// orders, or writes them twice, may lock one that comes before what it has; where another change then waits for it in turn,
/// PostgreSQL ends one of them, and that runs again.
struct OrderWork {
    let change: OrderChange
    let connection: PostgresConnection
    let head: OrderHead
    /// The lines by number.
    var lines: [LineUnits]
    /// What cells have set aside, by line and cell.
    var allocations: [LineAllocation]

    /// What the order's tenders hold, took and gave back; nil where it has none.
    var paid: PaidSums?
    /// What is written of it as owed and as earned, in minor units; nil where it has no tenders, or this change writes that anew.
    var kept: (owed: Int64, earned: Int64)?
    /// Its returns that are under way.
    var openReturns: Set<EntityID>
    /// Other orders that this change has part in, locked after this one: their events and money are written with it.
    private(set) var companions: [OrderWork] = []
    /// A plan of sourcing that this change carries out.
    var commitment: SourcingCommitment?
    /// Fulfilments that this change makes, by the code of their location, and the day since 1970-01-01 on which it sends them;
    /// without those whose day is not known.
    var dispatches: [String: (fulfilment: EntityID, day: Int32)] = [:]
    /// The fulfilment that this change makes a step of: what is given up of released units was its own.
    var stepping: EntityID?
    /// Whether the reply is stored, which the audit log shows for good.
    ///
    /// A step of Holdfast itself that comes to nothing stores none; what it finds must keep it from being done twice.
    var keepsReply = true

    /// Changes of cells, made when those are locked.
    private(set) var cellEffects: [CellEffect] = []
    /// Reservations that were taken, and their vshards.
    private(set) var takenHolds: [Settlement.Hold] = []
    /// Waiting units that took over supply which was set aside for them, by line.
    private(set) var grantsTaken: [Int32: Int64] = [:]
    /// Units that were not found where they were to be, by line and cell.
    private(set) var unfound: [(line: Int32, cell: CellID)] = []
    private var events: [(kind: OrderEventKind, advance: OrderAdvance?)] = []
    private(set) var steps: [LedgerStep] = []

    /// What happens to a cell once it is locked.
    enum CellEffect {
        /// What a transition does to the stock of units.
        case units(StockEffect, CellID, Int64)
        /// Units that a reservation held are set aside for a line.
        case reserved(CellID, Int64, sku: String, line: Int32)
        /// A movement of its own: goods come, are found missing, and such. Less than nothing cannot be on hand.
        case movement(MovementKind, CellID, onHand: Int64)
        /// Goods that are known to be gone leave the count, as many of them as are still on it.
        case departure(MovementKind, CellID, Int64)

        var cell: CellID {
            switch self {
            case .units(_, let cell, _), .reserved(let cell, _, _, _), .movement(_, let cell, _),
                .departure(_, let cell, _):
                cell
            }
        }
    }

    init(
        _ change: OrderChange, _ head: OrderHead, lines: [LineUnits], allocations: [LineAllocation], paid: PaidSums?,
        kept: (owed: Int64, earned: Int64)?, openReturns: Set<EntityID>, on connection: PostgresConnection
    ) {
        self.change = change
        self.connection = connection
        self.head = head
        self.lines = lines
        self.allocations = allocations
        self.paid = paid
        self.kept = kept
        self.openReturns = openReturns
    }

    /// How its returns stand.
    var returns: ReturnStanding { openReturns.isEmpty ? .idle : .underWay }

    /// The order's status after what was done so far.
    var status: OrderStatus {
        OrderStatus(lines.reduce(into: []) { $0.formUnion($1.units.present) }, payment: payment, returns: returns)
    }

    /// The position in the order's history that the next event will have.
    var nextSequence: Int32 { head.events + Int32(events.count) + 1 }

    /// The place of a line in ``lines``.
    ///
    /// - Throws: `Refusal` where the order has no such line.
    func place(ofLine number: Int32) throws -> Int {
        guard let place = lines.firstIndex(where: { $0.number == number }) else {
            throw Refusal.notFound(.orderLine, "\(head.id) line \(number)")
        }
        return place
    }

    /// What the order is worth, of that what was cancelled, earned, and is due back; minor units, with added taxes.
    var money: (value: Int64, notOwed: Int64, earned: Int64, refundDue: Int64) {
        lines.reduce((0, 0, 0, 0)) { sum, line in
            (
                sum.0 + line.books.valueMinor, sum.1 + line.books.notOwedMinor, sum.2 + line.money.earned,
                sum.3 + line.money.refundDue
            )
        }
    }

    /// Writes what was done with another order's events and money in the same transaction; of its units nothing may be changed.
    mutating func add(_ companion: OrderWork) { companions.append(companion) }

    /// Adds a statement to those that are run before the commit.
    mutating func write(_ step: LedgerStep) { steps.append(step) }

    /// Tells an event: the next one in the order's history, in the outbox under the topic `order.` and its word.
    ///
    /// - Parameters:
    ///   - kind: what happened.
    ///   - moved: the units that moved with it.
    ///   - thing: what else changed its state.
    ///   - amountMinor: the amount that it is about.
    ///   - details: what is particular to it, by name; no personal data.
    mutating func tell(
        _ kind: OrderEventKind, moved: [UnitsMoved] = [], thing: OrderAdvance.Thing? = nil, amountMinor: Int64? = nil,
        details: [String: String] = [:]
    ) {
        events.append(
            (
                kind,
                OrderAdvance(
                    currency: head.currency, units: moved.map(\.fact), status: status, thing: thing,
                    amountMinor: amountMinor, reason: change.reason, details: details)
            ))
    }

    /// Tells an event whose facts are kept elsewhere.
    mutating func tellBare(_ kind: OrderEventKind) { events.append((kind, nil)) }

    /// Notes a movement of a cell that is no transition of units.
    mutating func book(_ kind: MovementKind, _ cell: CellID, onHand: Int64) {
        cellEffects.append(.movement(kind, cell, onHand: onHand))
    }

    /// Notes goods of a cell that are gone: a count that was taken since has found that already, and is not lowered again.
    mutating func depart(_ kind: MovementKind, _ cell: CellID, _ quantity: Int64) {
        cellEffects.append(.departure(kind, cell, quantity))
    }

    /// Notes that a cell's shelf did not have units of a line: the line is not served from there until that is known better.
    mutating func noteUnfound(_ cell: CellID, line: Int32) { unfound.append((line, cell)) }

    /// How it stands with the goods that have stock: whether none of them is set aside or waits for supply, and whether some were
    /// sent, or the order has none.
    var goods: (isOver: Bool, wereSent: Bool) {
        let tracked = lines.filter(\.isTracked)
        return (
            !tracked.contains { $0.units[.allocated] + $0.units[.backordered] > 0 },
            tracked.isEmpty
                || tracked.contains { $0.units[.shipped] + $0.units[.delivered] + $0.units[.returned] > 0 }
        )
    }

    // MARK: - Units

    /// Moves units of a line that stand in one status, with all that the table says of it: stock, allocations, money.
    ///
    /// - Parameters:
    ///   - event: what happens to them.
    ///   - quantity: how many, at least 1.
    ///   - number: the line.
    ///   - status: where they stand.
    ///   - parts: the cells whose units they are, where that matters; empty takes the line's own that are free, or that a
    ///     fulfilment has, as the status says, the last allocated first.
    /// - Returns: what was done.
    /// - Throws: `Refusal` where the table does not know it, or there are fewer units; nothing is kept of the change then.
    @discardableResult
    mutating func move(
        _ event: LineEvent, _ quantity: Int64, line number: Int32, from status: LineStatus, parts: [CellPart] = []
    ) throws -> UnitsMoved {
        let place = try place(ofLine: number)
        let moved: LineBooks.Booked
        do {
            moved = try lines[place].books.move(event, quantity, from: status)
        } catch {
            throw error.refusal(naming: "\(head.id) line \(number)")
        }
        let line = lines[place]
        var used: [CellPart] = []
        if line.isTracked {
            used = try concern(moved.transition, quantity, of: line, parts)
        }
        let locations = Set(used.compactMap { part in location(of: part.cell, line: number) })
        return UnitsMoved(
            line: number, sku: line.sku, transition: moved.transition, quantity: quantity,
            amountMinor: moved.amountMinor, valueMinor: moved.valueMinor, parts: used,
            location: locations.count == 1 ? locations.first ?? "" : "")
    }

    private func location(of cell: CellID, line: Int32) -> String? {
        allocations.first { $0.cell == cell && $0.line == line }?.location
    }

    /// Books a transition of tracked units on their allocations and cells.
    private mutating func concern(
        _ transition: LineTransition, _ quantity: Int64, of line: LineUnits, _ parts: [CellPart]
    ) throws -> [CellPart] {
        let isReleased = transition.from.map { $0 == .released || $0 == .picked || $0 == .packed } ?? false
        let stock = transition.effect.stock
        switch (transition.event, stock) {
        case (.release, _), (.withdraw, _), (_, .free), (_, .issue):
            break
        default:
            // Between release and departure units only change hands where they are; what comes back is booked by who says where.
            return parts
        }
        let chosen = try choose(quantity, of: line, released: isReleased, parts)
        for part in chosen {
            guard let place = allocations.firstIndex(where: { $0.line == line.number && $0.cell == part.cell }) else {
                throw Ledger.lost(part.cell, line: line.number, of: head.id)
            }
            switch (transition.event, stock) {
            case (.release, _): allocations[place].released += part.quantity
            case (.withdraw, _): allocations[place].released -= part.quantity
            default:
                allocations[place].open -= part.quantity
                if isReleased { allocations[place].released -= part.quantity }
                if stock == .issue { allocations[place].delivered += part.quantity }
                cellEffects.append(.units(stock, part.cell, part.quantity))
            }
            allocations[place].isChanged = true
        }
        return chosen
    }

    private func choose(
        _ quantity: Int64, of line: LineUnits, released: Bool, _ parts: [CellPart]
    ) throws -> [CellPart] {
        if !parts.isEmpty {
            for part in parts {
                let there = allocations.first { $0.line == line.number && $0.cell == part.cell }
                guard let there, part.quantity > 0, part.quantity <= (released ? there.released : there.free) else {
                    throw Ledger.lost(part.cell, line: line.number, of: head.id)
                }
            }
            guard parts.reduce(0, { $0 + $1.quantity }) == quantity else {
                throw Ledger.lost(parts[0].cell, line: line.number, of: head.id)
            }
            return parts
        }
        var rest = quantity
        var chosen: [CellPart] = []
        for allocation in allocations.reversed() where allocation.line == line.number && rest > 0 {
            let part = min(rest, released ? allocation.released : allocation.free)
            guard part > 0 else { continue }
            chosen.append(CellPart(cell: allocation.cell, quantity: part))
            rest -= part
        }
        guard rest == 0 else { throw UnreadableValue(column: "order_allocation.open") }
        return chosen
    }

    // MARK: - Stock from a reservation

    private static let lockReservation = PostgresStatement(
        "lock_reservation",
        """
        SELECT state, lines, cells, quantities, vshards FROM hold
        WHERE id = $1::uuid AND kind IS NOT DISTINCT FROM 1 FOR UPDATE
        """)
    private static let confirmReservation = PostgresStatement(
        "confirm_reservation",
        """
        UPDATE hold SET state = 2, closed_at = now(), order_id = $2::uuid
        WHERE id = $1::uuid AND kind IS NOT DISTINCT FROM 1 AND state IS NOT DISTINCT FROM 1
        """)
    private static let locationsOfCells = PostgresStatement(
        "locations_of_cells",
        """
        SELECT c.id, l.code FROM cell c JOIN location l ON l.id = c.location_id WHERE c.id = ANY($1::int8[])
        """, access: .readOnly)

    /// Takes the units that a reservation holds: its lines are the demands that were set aside for this change.
    ///
    /// The reservation is confirmed, its cells set the units aside for the order's lines, and the units stand as allocated:
    /// those that waited for supply (`backordered`), those whose other cell gives them up (`allocated`, `released`, `picked` or
    /// `packed`, re-sourced), or new ones (nil, an amendment's).
    ///
    /// - Parameters:
    ///   - reservation: its id.
    ///   - targets: for each of its lines in order, the order's line, where those units stand, and for units that another cell
    ///     has, which cells give them up (empty chooses).
    /// - Returns: what was done, a part for each target.
    /// - Throws: ``LedgerFault/planOutdated`` where the reservation is not held any more: set aside anew.
    mutating func take(
        reserved reservation: EntityID, for targets: [(line: Int32, from: LineStatus?, parts: [CellPart])]
    ) throws -> [UnitsMoved] {
        let id = PostgresValue.uuid(PostgresUUID(reservation))
        guard let row = try connection.execute(Self.lockReservation, [id]).first,
            try row.int16(0) == HoldState.held.rawValue
        else { throw LedgerFault.planOutdated }
        let demandOf = try row.int16s(1)
        let cells = try row.int64s(2)
        let quantities = try row.int64s(3)
        var locations: [CellID: String] = [:]
        for row in try connection.execute(Self.locationsOfCells, [.int64s(Set(cells).sorted())]) {
            locations[CellID(try row.int64(0))] = try row.text(1)
        }
        var moved: [UnitsMoved] = []
        for (index, target) in targets.enumerated() {
            let parts = demandOf.indices.filter { Int(demandOf[$0]) == index }
                .map { CellPart(cell: CellID(cells[$0]), quantity: quantities[$0]) }
            let quantity = parts.reduce(0) { $0 + $1.quantity }
            guard quantity > 0 else { continue }
            moved.append(try allocate(quantity, to: target, from: parts, locations))
        }
        takenHolds.append(
            .init(key: HoldKey(.reservation, reservation), vshards: try row.int16s(4).map { VShard($0) }))
        write((Self.confirmReservation, [id, .uuid(PostgresUUID(head.id))]))
        return moved
    }

    private mutating func allocate(
        _ quantity: Int64, to target: (line: Int32, from: LineStatus?, parts: [CellPart]), from parts: [CellPart],
        _ locations: [CellID: String]
    ) throws -> UnitsMoved {
        let place = try place(ofLine: target.line)
        let transition: LineTransition
        do {
            switch target.from {
            case nil: transition = try lines[place].books.add(.allocate, quantity)
            case .backordered:
                transition = try lines[place].books.move(.allocate, quantity, from: .backordered).transition
            case .some(let status):
                transition = try lines[place].books.move(.reallocate, quantity, from: status).transition
                try giveUp(quantity, of: lines[place], standing: status, target.parts)
            }
        } catch let error as LineMoveRefusal {
            throw error.refusal(naming: "\(head.id) line \(target.line)")
        }
        let line = lines[place]
        for part in parts {
            cellEffects.append(.reserved(part.cell, part.quantity, sku: line.sku, line: line.number))
        }
        open(parts, line: line.number, locations)
        let codes = Set(parts.compactMap { locations[$0.cell] })
        return UnitsMoved(
            line: line.number, sku: line.sku, transition: transition, quantity: quantity, amountMinor: 0, valueMinor: 0,
            parts: parts, location: codes.count == 1 ? codes.first ?? "" : "")
    }

    /// Waiting units of a line take over supply that a cell has set aside for them; what is too much is given back.
    ///
    /// - Returns: what was done; nil where none of them waits any longer.
    mutating func take(granted part: CellPart, line number: Int32, location: String) throws -> UnitsMoved? {
        let place = try place(ofLine: number)
        let quantity = min(part.quantity, lines[place].units[.backordered])
        if quantity < part.quantity { cellEffects.append(.units(.free, part.cell, part.quantity - quantity)) }
        guard quantity > 0 else { return nil }
        let transition: LineTransition
        do {
            transition = try lines[place].books.move(.allocate, quantity, from: .backordered).transition
        } catch {
            throw error.refusal(naming: "\(head.id) line \(number)")
        }
        grantsTaken[number, default: 0] += quantity
        let taken = CellPart(cell: part.cell, quantity: quantity)
        open([taken], line: number, [part.cell: location])
        return UnitsMoved(
            line: number, sku: lines[place].sku, transition: transition, quantity: quantity, amountMinor: 0,
            valueMinor: 0, parts: [taken], location: location)
    }

    /// Notes what cells have set aside for a line.
    private mutating func open(_ parts: [CellPart], line: Int32, _ locations: [CellID: String]) {
        for part in parts {
            if let place = allocations.firstIndex(where: { $0.line == line && $0.cell == part.cell }) {
                allocations[place].open += part.quantity
                allocations[place].isChanged = true
            } else {
                allocations.append(
                    LineAllocation(
                        line: line, cell: part.cell, location: locations[part.cell] ?? "", open: part.quantity,
                        released: 0, delivered: 0, isChanged: true))
            }
        }
    }

    /// The cells that had set units aside may promise them again: others serve the line now.
    private mutating func giveUp(
        _ quantity: Int64, of line: LineUnits, standing status: LineStatus, _ parts: [CellPart]
    ) throws {
        let isReleased = status != .allocated
        for part in try choose(quantity, of: line, released: isReleased, parts) {
            guard let place = allocations.firstIndex(where: { $0.line == line.number && $0.cell == part.cell }) else {
                throw Ledger.lost(part.cell, line: line.number, of: head.id)
            }
            allocations[place].open -= part.quantity
            if isReleased { allocations[place].released -= part.quantity }
            allocations[place].isChanged = true
            cellEffects.append(.units(.free, part.cell, part.quantity))
        }
    }
}

extension OrderWork {
    /// The events of this change, for ``Ledger``.
    var told: [(kind: OrderEventKind, advance: OrderAdvance?)] { events }
}

extension Ledger {
    /// A cell was named that has not as many units for a line as asked.
    fileprivate static func lost(_ cell: CellID, line: Int32, of order: EntityID) -> Refusal {
        .wrongState(
            .orderLine, "\(order) line \(line)", state: "cell \(cell.rawValue)",
            explanation: "the cell has not so many units set aside for the line")
    }
}
