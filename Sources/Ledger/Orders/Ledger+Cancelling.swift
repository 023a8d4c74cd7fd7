public import Domain
import PostgresClient

extension Ledger {
    private static let lockOrder = PostgresStatement(
        "lock_order",
        """
        SELECT o.currency, o.events, c.code FROM orders o JOIN channel c ON c.id = o.channel_id
        WHERE o.id = $1::uuid FOR UPDATE OF o
        """)
    private static let openAllocations = PostgresStatement(
        "open_allocations",
        """
        SELECT line_number, cell_id, open FROM order_allocation WHERE order_id = $1::uuid AND open > 0
        ORDER BY line_number, cell_id
        """, access: .readOnly)
    private static let reduceAllocations = PostgresStatement(
        "reduce_allocations",
        """
        UPDATE order_allocation a SET open = a.open - n.quantity
        FROM unnest($2::int2[], $3::int8[], $4::int8[]) AS n(line, cell, quantity)
        WHERE a.order_id = $1::uuid AND a.line_number = n.line AND a.cell_id = n.cell
        """)
    private static let appendEvent = PostgresStatement(
        "append_order_event",
        """
        WITH o AS (
            UPDATE orders SET events = $2::int4, event_xid = greatest(event_xid, pg_current_xact_id()) WHERE id = $1::uuid
            RETURNING event_xid
        ),
        e AS (INSERT INTO order_event (order_id, sequence, kind, cause_id) VALUES ($1::uuid, $2::int4, $3::int2, $4::uuid)),
        c AS (
            INSERT INTO order_cancellation (order_id, sequence, reason, status, lines, quantities, amounts)
            VALUES ($1::uuid, $2::int4, $6::text, $7::int2, $8::int2[], $9::int8[], $10::int8[])
        )
        INSERT INTO outbox (xid, topic, subject, subject_sequence, cause_id)
        SELECT o.event_xid, $5::text, $1::uuid, $2::int4, $4::uuid FROM o
        """)

    /// Cancels open units of an order; the reply is stored with the effect.
    ///
    /// Returns it with what Redis must be told.
    ///
    /// The fence is joined first, then the order's row is locked, then its cells by number. Throws `Refusal`.
    public func cancel(
        _ request: CancellationRequest, encodeReply: @escaping @Sendable (Cancellation) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], settlement: Settlement) {
        try await onceOnly { connection in
            let order = PostgresValue.uuid(PostgresUUID(request.order))
            let head = try connection.pipeline([
                (.begin, []), (Ledger.joinFence, [.int32(LedgerLock.epochFence)]), (Ledger.lockOrder, [order]),
            ])[2]
            if request.caller.scope.channels != nil {
                try request.caller.scope.admit(channel: head.first.map { try $0.text(2) } ?? "")
            }
            if let reply = try Ledger.storedReply(
                request.id, .cancellation, body: request.body, caller: request.caller, on: connection)
            {
                return (reply, Settlement())
            }
            guard let row = head.first, let currency = Currency(code: try row.text(0)) else {
                throw Refusal.notFound(.order, request.order.description)
            }
            let sequence = try row.int32(1) + 1
            let read = try connection.pipeline([
                Ledger.readingUnits(of: request.order), (Ledger.openAllocations, [order]),
            ])
            var lines = try Ledger.lineUnits(read[0])
            let (cancelled, moves) = try Ledger.cancel(request, in: &lines)
            // Units to free, by line; untracked products have no allocations below that they could be freed from.
            var rest: [Int32: Int64] = [:]
            for (line, move) in moves where move.transition.effect.stock == .free {
                rest[line, default: 0] += move.quantity
            }
            var freed: [(line: Int32, cell: CellID, quantity: Int64)] = []
            for row in read[1].reversed() {
                let line = Int32(try row.int16(0))
                let part = min(rest[line] ?? 0, try row.int64(2))
                guard part > 0 else { continue }
                rest[line, default: 0] -= part
                freed.append((line, CellID(try row.int64(1)), part))
            }
            var cells = try LockedCell.byID(
                connection.execute(Ledger.lockCells, [.int64s(Set(freed.map(\.cell.rawValue)).sorted())]))
            var movements = MovementColumns()
            for part in freed {
                cells[part.cell]?.apply(.free, part.quantity)
                movements.append(.free, part.cell, part.quantity, cause: request.id, reason: request.reason)
            }
            let status = OrderStatus(Ledger.present(in: lines))
            let reply = try encodeReply(
                Cancellation(lines: cancelled, currency: currency, status: status, sequence: sequence))
            var steps: [LedgerStep] = [
                Ledger.movingUnits(of: request.order, moves),
                (
                    Ledger.appendEvent,
                    [
                        order, .int32(sequence), .int16(OrderEventKind.cancelled.rawValue),
                        .uuid(PostgresUUID(request.id)), .text(EventTopic.orderCancelled.rawValue),
                        .text(request.reason), .int16(status.rawValue),
                        .int16s(cancelled.map { Int16($0.number) }), .int64s(cancelled.map(\.quantity)),
                        .int64s(cancelled.map(\.amountMinor)),
                    ]
                ),
                Ledger.storing(
                    request.id, .cancellation, body: request.body, reply: reply, caller: request.caller,
                    subject: request.order),
            ]
            if !freed.isEmpty {
                steps.append(
                    (
                        Ledger.reduceAllocations,
                        [
                            order, .int16s(freed.map { Int16($0.line) }), .int64s(freed.map(\.cell.rawValue)),
                            .int64s(freed.map(\.quantity)),
                        ]
                    ))
                steps.append(movements.inserting)
                steps.append(LockedCell.writing(cells.values))
            }
            _ = try connection.pipeline(steps + [(.commit, [])])
            return (reply, Settlement(bases: cells.values.filter(\.changed).map(\.settlementBase)))
        }
    }

    /// The statuses that units of lines have.
    private static func present(in lines: [LineUnits]) -> LineStatusSet {
        lines.reduce(into: []) { $0.formUnion($1.units.present) }
    }

    /// Moves units that can be cancelled, and says what that is worth: parts of a line add up to its amount.
    ///
    /// Who may is decided by the table before anything else.
    private static func cancel(_ request: CancellationRequest, in lines: inout [LineUnits]) throws
        -> (lines: [Cancellation.Line], moves: [(line: Int32, move: LineQuantities.Move)])
    {
        guard !Lifecycle.line.roles(for: .cancel).isDisjoint(with: request.caller.roles) else {
            throw Refusal.eventNotGranted(.orderLine, event: LineEvent.cancel.word)
        }
        var wanted: [Int32: Int64] = [:]
        for line in request.lines { wanted[line.number] = line.quantity }
        if request.lines.isEmpty {
            for line in lines {
                let open = line.units.movable(by: .cancel)
                if open > 0 { wanted[line.number] = open }
            }
            if wanted.isEmpty {
                throw Refusal.wrongState(
                    .order, request.order.description, state: OrderStatus(present(in: lines)).word,
                    explanation: "no unit of the order is open")
            }
        }
        for number in wanted.keys where !lines.contains(where: { $0.number == number }) {
            throw Refusal.notFound(.orderLine, "\(request.order) line \(number)")
        }
        var cancelled: [Cancellation.Line] = []
        var moves: [(line: Int32, move: LineQuantities.Move)] = []
        for index in lines.indices {
            let line = lines[index]
            guard let quantity = wanted[line.number] else { continue }
            do {
                moves += try lines[index].units.move(.cancel, quantity).map { (line.number, $0) }
            } catch {
                let name = "\(request.order) line \(line.number)"
                guard case .tooMany(_, _, let open, _) = error else { throw error.refusal(naming: name) }
                throw Refusal.wrongState(
                    .orderLine, name, state: "open=\(open)",
                    explanation: "\(quantity) units were asked to be cancelled, \(open) are open")
            }
            let from = line.units[.cancelled]
            cancelled.append(
                Cancellation.Line(
                    number: line.number, quantity: quantity,
                    amountMinor: Rounding.share(
                        of: line.amountMinor, from: from, to: from + quantity, count: line.units.ordered)))
        }
        return (cancelled, moves)
    }
}
