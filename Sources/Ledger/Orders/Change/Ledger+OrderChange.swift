import Domain
import PostgresClient

extension Ledger {
    private static let lockOrder = PostgresStatement(
        "lock_order",
        """
        SELECT o.channel_id, c.code, o.external_id, o.currency, o.goods_in_hand, o.customer_id, o.customer_name,
            o.customer_email, o.customer_country, o.placed_at, o.events
        FROM orders o JOIN channel c ON c.id = o.channel_id WHERE o.id = $1::uuid FOR UPDATE OF o
        """)
    // Not with the lock: whoever waited for that would get what stood before.
    private static let readStanding = PostgresStatement(
        "order_standing",
        """
        SELECT m.adjusted, m.held, m.taken, m.given_back, m.given_otherwise, m.owed, m.earned,
            ARRAY(SELECT id FROM return_order WHERE order_id = $1::uuid AND state IN (\(ReturnStanding.openStates)))
        FROM (SELECT 1) AS one LEFT JOIN order_money m ON m.order_id = $1::uuid
        """, access: .readOnly)
    private static let readAllocations = PostgresStatement(
        "order_allocations",
        """
        SELECT a.line_number, a.cell_id, l.code, a.open, a.released, a.delivered
        FROM order_allocation a
        CROSS JOIN LATERAL (SELECT location_id FROM cell WHERE id = a.cell_id OFFSET 0) c
        CROSS JOIN LATERAL (SELECT code FROM location WHERE id = c.location_id OFFSET 0) l
        WHERE a.order_id = $1::uuid ORDER BY a.line_number, a.cell_id
        """, access: .readOnly)
    private static let writeAllocations = PostgresStatement(
        "write_allocations",
        """
        INSERT INTO order_allocation (order_id, line_number, cell_id, quantity, open, released, delivered)
        SELECT $1::uuid, n.line, n.cell, 0, n.open, n.released, n.delivered
        FROM unnest($2::int2[], $3::int8[], $4::int8[], $5::int8[], $6::int8[]) AS n(line, cell, open, released, delivered)
        ON CONFLICT (order_id, line_number, cell_id) DO UPDATE SET open = excluded.open, released = excluded.released,
            delivered = excluded.delivered
        """)
    private static let noteUnfound = PostgresStatement(
        "note_short_picks",
        """
        INSERT INTO short_pick (order_id, line_number, product_id, location_id)
        SELECT DISTINCT $1::uuid, n.line, c.product_id, c.location_id
        FROM unnest($2::int2[], $3::int8[]) AS n(line, cell) JOIN cell c ON c.id = n.cell ON CONFLICT DO NOTHING
        """)
    private static let appendEvents = PostgresStatement(
        "append_order_events",
        """
        WITH o AS (
            UPDATE orders SET events = events + cardinality($2::int4[]),
                event_xid = greatest(event_xid, pg_current_xact_id()) WHERE id = $1::uuid
            RETURNING event_xid
        ), n AS (
            SELECT * FROM unnest($2::int4[], $3::int2[], $4::text[]) AS n(sequence, kind, topic)
        ), e AS (
            INSERT INTO order_event (order_id, sequence, kind, cause_id)
            SELECT $1::uuid, n.sequence, n.kind, $5::uuid FROM n
        )
        INSERT INTO outbox (xid, topic, subject, subject_sequence, cause_id)
        SELECT o.event_xid, n.topic, $1::uuid, n.sequence, $5::uuid FROM o, n ORDER BY n.sequence
        """)
    private static let insertAdvance = PostgresStatement(
        "insert_order_advance",
        """
        INSERT INTO order_advance (order_id, sequence, status, reason, amount, thing, thing_id, before, after, lines, befores,
            afters, quantities, amounts, locations, names, details)
        VALUES ($1::uuid, $2::int4, $3::int2, $4::text, $5::int8, $6::int2, $7::uuid, $8::int2, $9::int2, $10::int2[],
            $11::int2[], $12::int2[], $13::int8[], $14::int8[], $15::text[], $16::text[], $17::text[])
        """)

    /// Changes one order in one transaction, once only; the reply is stored with the effect.
    ///
    /// Concurrent changes of an order wait for each other: the first wins, the next one finds what it left. A crash before the
    /// commit leaves nothing; after it everything, whether or not anyone was told. What Redis must be told is in the
    /// settlement, and if that is lost, the comparison of the stores finds it.
    ///
    /// - Parameters:
    ///   - change: who asks for what.
    ///   - whenRepeated: called where the reply is that of the same request before; the body may have run nevertheless, in a
    ///     transaction that did not commit because the other one did.
    ///   - body: what is to be done, with the order locked; returns the reply. It must call nothing outside of the database.
    /// - Returns: the reply, this time's or that of the same request before, and what Redis must be told.
    /// - Throws: `Refusal`, and what the body throws; nothing is changed then.
    func changeOrder(
        _ change: OrderChange, whenRepeated: @escaping @Sendable () -> Void = {},
        _ body: @escaping @Sendable (inout OrderWork) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        do {
            return try await onceOnly { connection in
                let read = try Ledger.readForChange(change, on: connection)
                if change.caller.scope.channels != nil {
                    try change.caller.scope.admit(channel: read[2].first.map { try $0.text(1) } ?? "")
                }
                if let reply = try Ledger.storedReply(
                    read[read.count - 1], to: change.id, change.kind, body: change.body, caller: change.caller)
                {
                    whenRepeated()
                    return (reply, Settlement())
                }
                var work = try Ledger.work(on: change, read.dropFirst(2), connection)
                let reply = try body(&work)
                let capacitySteps = try DayCapacity.follow(work)
                let (cells, stockSteps) = try Ledger.applyCells(of: work)
                var steps =
                    LineUnits.writing(work.lines, of: change.order) + Ledger.writingAllocations(of: work)
                    + Ledger.appending(work.told, of: work) + stockSteps + work.steps + capacitySteps
                    + work.keepingMoney
                    + work.companions.flatMap { Ledger.appending($0.told, of: $0) + $0.steps + $0.keepingMoney }
                if work.keepsReply {
                    steps.append(
                        Ledger.storing(
                            change.id, change.kind, body: change.body, reply: reply, caller: change.caller,
                            subject: change.order))
                }
                // Where nothing is to be written it is rolled back.
                guard !steps.isEmpty else { return (reply, Settlement()) }
                _ = try connection.pipeline(steps + [(.commit, [])])
                return (
                    reply,
                    Settlement(holds: work.takenHolds, bases: cells.values.filter(\.changed).map(\.settlementBase))
                )
            }
        } catch let error as PostgresError where error.isConflict(on: "payment_attempt_pkey") {
            // What pays by the id of its request: another kind of request, of another order, had the same one.
            throw Refusal.differentBody(.paymentAttempt, change.id, stored: [])
        }
    }

    /// Begins a transaction, joins the fence, locks the order and reads it, and behind that the stored reply of the change.
    private static func readForChange(
        _ change: OrderChange, on connection: PostgresConnection
    ) throws -> [PostgresRows] {
        try connection.pipeline(
            [(.begin, []), (joinFenceByKey, [.int32(LedgerLock.epochFence)])] + readingForChange(of: change.order)
                + [readingReply(of: change.id, change.kind)])
    }

    private static func readingForChange(of id: EntityID) -> [LedgerStep] {
        let order = PostgresValue.uuid(PostgresUUID(id))
        return [
            (lockOrder, [order]), LineUnits.reading(id), (readAllocations, [order]), (readStanding, [order]),
        ]
    }

    /// Another order that a change has part in, its row locked.
    ///
    /// Of two orders the one is locked first that was there first, so that nobody waits for somebody who waits.
    ///
    /// - Parameters:
    ///   - id: an order that was made after the one of the change.
    ///   - work: the change.
    /// - Returns: the other order, to be given to ``OrderWork/add(_:)`` when something was done with it.
    /// - Throws: `Refusal` where there is no such order.
    static func companion(_ id: EntityID, of work: OrderWork) throws -> OrderWork {
        var change = work.change
        change.order = id
        return try self.work(on: change, try work.connection.pipeline(readingForChange(of: id))[...], work.connection)
    }

    /// From how many lines on each array is compared with each row, unless PostgreSQL knows how large they are.
    private static let manyLines = 50

    private static func work(
        on change: OrderChange, _ rows: ArraySlice<PostgresRows>, _ connection: PostgresConnection
    ) throws -> OrderWork {
        let read = Array(rows)
        guard let row = read[0].first else { throw Refusal.notFound(.order, change.order.description) }
        let head = try orderHead(row, id: change.order)
        let standing = try read[3].single
        if read[1].count > manyLines { try connection.execute(planByValues) }
        return OrderWork(
            change, head,
            lines: try read[1].map { try LineUnits(row: $0, goodsInHand: head.goodsInHand) },
            allocations: try read[2].map { row in
                let (open, released, delivered) = (try row.int64(3), try row.int64(4), try row.int64(5))
                return LineAllocation(
                    line: Int32(try row.int16(0)), cell: CellID(try row.int64(1)), location: try row.text(2),
                    open: open, released: released, delivered: delivered, before: open + delivered,
                    givenBefore: released + delivered)
            }, paid: try PaidSums(row: standing, from: 0),
            kept: try standing.int64OrNil(5).map { ($0, try standing.int64(6)) },
            openReturns: Set(try standing.uuids(7).map { EntityID($0) }), on: connection)
    }

    /// An order that a transaction has begun to look at, its row locked, within the caller's scope.
    static func lockedOrder(_ change: OrderChange, on connection: PostgresConnection) throws -> OrderWork {
        let read = try readForChange(change, on: connection)
        if change.caller.scope.channels != nil {
            try change.caller.scope.admit(channel: read[2].first.map { try $0.text(1) } ?? "")
        }
        return try work(on: change, read.dropFirst(2), connection)
    }

    private static func orderHead(_ row: PostgresRow, id: EntityID) throws -> OrderHead {
        guard let currency = Currency(code: try row.text(3)) else { throw UnreadableValue(column: "orders.currency") }
        return OrderHead(
            id: id, channel: try row.text(1), channelID: try row.int32(0), externalID: try row.text(2),
            currency: currency, goodsInHand: try row.bool(4),
            customer: Customer(
                id: try row.text(5), name: try row.text(6), email: try row.text(7), country: try row.text(8)),
            placedAt: Instant(microseconds: try row.timestamp(9)), events: try row.int32(10))
    }

    /// Locks the cells that a change concerns, in order, and makes its changes of them.
    private static func applyCells(of work: OrderWork) throws -> (cells: [CellID: LockedCell], steps: [LedgerStep]) {
        let waiting = work.waitingChanges
        guard !work.cellEffects.isEmpty || !waiting.isEmpty else { return ([:], []) }
        let ids = Set(work.cellEffects.map(\.cell)).sorted()
        let locked = try work.connection.pipeline(
            [(lockCells, [.int64s(ids.map(\.rawValue))])] + BackorderFollowing.locking(ids, waiting))
        var cells = try LockedCell.byID(locked[0])
        var movements = MovementColumns()
        // What left without an order, by cell: more than is promised of it may be gone then.
        var taken: [CellID: Int64] = [:]
        // Goods changed their place or were found gone: that is told as a change of stock.
        var isToldAsStock = false
        let (cause, reason) = (work.change.id, work.change.reason)
        for effect in work.cellEffects {
            guard var cell = cells[effect.cell] else { throw LedgerFault.planOutdated }
            switch effect {
            case .units(let stock, let id, let quantity):
                // Goods that leave are there, whatever the books say.
                let unknown = stock == .issue ? max(0, quantity - cell.onHand) : 0
                if unknown > 0 {
                    cell.apply(onHand: unknown)
                    movements.append(.found, id, onHand: unknown, cause: cause, reason: reason)
                }
                cell.apply(stock, quantity)
                movements.append(stock, id, quantity, cause: cause, reason: reason)
            case .reserved(let id, let quantity, let sku, let line):
                let physical = cell.onHand - cell.allocated
                guard quantity <= physical else {
                    throw Refusal.shortage([
                        LineShortage(
                            line: Int(line) - 1, sku: sku, location: cell.location, wanted: quantity,
                            available: max(0, physical))
                    ])
                }
                cell.hold(-quantity)
                cell.apply(.allocate, quantity)
                movements.append(.allocate, id, quantity, cause: cause, reason: reason)
            case .movement(let kind, let id, let onHand):
                guard (0...Quantity.cellBound).contains(cell.onHand + onHand) else {
                    throw Refusal.wrongState(
                        .stock, "cell \(id.rawValue)@\(cell.location)", state: "on_hand=\(cell.onHand)",
                        explanation: "on_hand would be \(cell.onHand + onHand)")
                }
                cell.apply(onHand: onHand)
                movements.append(kind, id, onHand: onHand, cause: cause, reason: reason)
                taken[id, default: 0] -= onHand
                if kind == .transferIn { isToldAsStock = true }
            case .departure(let kind, let id, let quantity):
                let leaving = min(quantity, cell.onHand)
                guard leaving > 0 else { continue }
                cell.apply(onHand: -leaving)
                movements.append(kind, id, onHand: -leaving, cause: cause, reason: reason)
                taken[id, default: 0] += leaving
                isToldAsStock = true
            }
            cells[effect.cell] = cell
        }
        if !work.unfound.isEmpty {
            try work.connection.execute(
                noteUnfound,
                [
                    .uuid(PostgresUUID(work.head.id)), .int16s(work.unfound.map { Int16($0.line) }),
                    .int64s(work.unfound.map(\.cell.rawValue)),
                ])
        }
        // What this order lets wait or takes from the queue is known before others are served with what it gives back.
        try BackorderFollowing.follow(waiting, of: work.head, on: work.connection)
        var steps = try BackorderServing.serve(
            locked[locked.count - 1], &cells, movements: &movements,
            but: waiting.contains { $0.units > 0 } ? work.head.id : nil, on: work.connection)
        if !movements.isEmpty { steps += [movements.inserting, LockedCell.writing(cells.values)] }
        if isToldAsStock { steps.append((publishStock, [.uuid(PostgresUUID(cause))])) }
        if let shortages = try newShortages(taken, of: work, in: cells) { steps.append(shortages) }
        return (cells, steps)
    }

    /// What movements took from cells beyond what is promised of them, and is not recorded yet.
    private static func newShortages(
        _ taken: [CellID: Int64], of work: OrderWork, in cells: [CellID: LockedCell]
    ) throws -> LedgerStep? {
        let suspects = taken.filter { $0.value > 0 }.keys.map(\.rawValue).sorted()
        guard !suspects.isEmpty else { return nil }
        let figures = try work.connection.pipeline([
            (heldByCell, [.int64s(suspects)]), (openShortages, [.int64s(suspects)]),
        ])
        let held = try unitsByCell(figures[0])
        let open = try unitsByCell(figures[1])
        var shortages = ShortageColumns()
        for id in suspects.map({ CellID($0) }) {
            guard let cell = cells[id] else { continue }
            let beyond = min(
                cell.allocated + (held[id] ?? 0) - cell.onHand - (open[id] ?? 0), taken[id] ?? 0)
            if beyond > 0 { shortages.append(id, quantity: beyond, cause: work.change.id) }
        }
        return shortages.isEmpty ? nil : shortages.inserting
    }

    private static func writingAllocations(of work: OrderWork) -> [LedgerStep] {
        let changed = work.allocations.filter(\.isChanged)
        guard !changed.isEmpty else { return [] }
        return [
            (
                writeAllocations,
                [
                    .uuid(PostgresUUID(work.head.id)), .int16s(changed.map { Int16($0.line) }),
                    .int64s(changed.map(\.cell.rawValue)), .int64s(changed.map(\.open)),
                    .int64s(changed.map(\.released)), .int64s(changed.map(\.delivered)),
                ]
            )
        ]
    }

    private static func appending(
        _ events: [(kind: OrderEventKind, advance: OrderAdvance?)], of work: OrderWork
    ) -> [LedgerStep] {
        guard !events.isEmpty else { return [] }
        let order = PostgresValue.uuid(PostgresUUID(work.head.id))
        let sequences = events.indices.map { work.head.events + Int32($0) + 1 }
        var steps: [LedgerStep] = [
            (
                appendEvents,
                [
                    order, .int32s(sequences), .int16s(events.map(\.kind.rawValue)),
                    .texts(events.map { EventTopic.order($0.kind).rawValue }), .uuid(PostgresUUID(work.change.id)),
                ]
            )
        ]
        for (sequence, event) in zip(sequences, events) {
            guard let advance = event.advance else { continue }
            let names = advance.details.keys.sorted()
            steps.append(
                (
                    insertAdvance,
                    [
                        order, .int32(sequence), .int16(advance.status.rawValue), .text(advance.reason),
                        .optional(advance.amountMinor) { .int64($0) },
                        .optional(advance.thing) { .int16($0.kind.rawValue) },
                        .optional(advance.thing) { .uuid(PostgresUUID($0.id)) },
                        .optional(advance.thing?.before) { .int16($0) },
                        .optional(advance.thing) { .int16($0.after) },
                        .int16s(advance.units.map { Int16($0.line) }),
                        .int16s(advance.units.map { $0.from?.rawValue ?? 0 }),
                        .int16s(advance.units.map(\.to.rawValue)), .int64s(advance.units.map(\.quantity)),
                        .int64s(advance.units.map(\.amountMinor)), .texts(advance.units.map(\.location)),
                        .texts(names), .texts(names.map { advance.details[$0] ?? "" }),
                    ]
                ))
        }
        return steps
    }
}
