public import Domain
import PostgresClient

extension Ledger {
    private static let lockOrder = PostgresStatement(
        "lock_order",
        """
        SELECT o.currency, o.events, c.code FROM orders o JOIN channel c ON c.id = o.channel_id
        WHERE o.id = $1::uuid FOR UPDATE OF o
        """)
    private static let orderQuantities = PostgresStatement(
        "order_quantities",
        """
        SELECT l.line_number, l.quantity, l.amount,
            coalesce(sum(q.quantity) FILTER (WHERE q.status = 1), 0)::int8,
            coalesce(sum(q.quantity) FILTER (WHERE q.status = 2), 0)::int8,
            coalesce(sum(q.quantity) FILTER (WHERE q.status = 3), 0)::int8
        FROM order_line l LEFT JOIN line_quantity q ON q.order_id = l.order_id AND q.line_number = l.line_number
        WHERE l.order_id = $1::uuid GROUP BY l.line_number, l.quantity, l.amount ORDER BY l.line_number
        """, access: .readOnly)
    private static let openAllocations = PostgresStatement(
        "open_allocations",
        """
        SELECT line_number, cell_id, open FROM order_allocation WHERE order_id = $1::uuid AND open > 0
        ORDER BY line_number, cell_id
        """, access: .readOnly)
    private static let cancelQuantities = PostgresStatement(
        "cancel_quantities",
        """
        WITH n AS (SELECT * FROM unnest($2::int2[], $3::int8[]) AS n(line, quantity)),
        d AS (
            UPDATE line_quantity q SET quantity = q.quantity - n.quantity FROM n
            WHERE q.order_id = $1::uuid AND q.line_number = n.line AND q.status = 1
        )
        INSERT INTO line_quantity (order_id, line_number, status, quantity)
        SELECT $1::uuid, n.line, 3, n.quantity FROM n
        ON CONFLICT (order_id, line_number, status) DO UPDATE SET quantity = line_quantity.quantity + excluded.quantity
        """)
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
        WITH o AS (UPDATE orders SET events = $2::int4 WHERE id = $1::uuid),
        e AS (INSERT INTO order_event (order_id, sequence, kind, cause_id) VALUES ($1::uuid, $2::int4, $3::int2, $4::uuid))
        INSERT INTO outbox (topic, subject, subject_sequence, cause_id) VALUES ($5::text, $1::uuid, $2::int4, $4::uuid)
        """)

    /// One line of an order with its units by status.
    struct LineUnits {
        var number: Int32
        var quantity: Int64
        var amountMinor: Int64
        var allocated: Int64
        var delivered: Int64
        var cancelled: Int64
    }

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
            let read = try connection.pipeline([(Ledger.orderQuantities, [order]), (Ledger.openAllocations, [order])])
            var lines = try read[0].map { row in
                LineUnits(
                    number: Int32(try row.int16(0)), quantity: try row.int64(1), amountMinor: try row.int64(2),
                    allocated: try row.int64(3), delivered: try row.int64(4), cancelled: try row.int64(5))
            }
            let cancelled = try Ledger.cancel(request, in: &lines)
            var rest = Dictionary(uniqueKeysWithValues: cancelled.map { ($0.number, $0.quantity) })
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
                cells[part.cell]?.apply(allocated: -part.quantity)
                movements.append(
                    .deallocation, part.cell, allocated: -part.quantity, cause: request.id, reason: request.reason)
            }
            let status = OrderStatus(
                allocated: lines.reduce(0) { $0 + $1.allocated }, delivered: lines.reduce(0) { $0 + $1.delivered })
            let reply = try encodeReply(
                Cancellation(lines: cancelled, currency: currency, status: status, sequence: sequence))
            var steps: [LedgerStep] = [
                (
                    Ledger.cancelQuantities,
                    [order, .int16s(cancelled.map { Int16($0.number) }), .int64s(cancelled.map(\.quantity))]
                ),
                (
                    Ledger.appendEvent,
                    [
                        order, .int32(sequence), .int16(OrderEventKind.cancelled.rawValue),
                        .uuid(PostgresUUID(request.id)), .text("order.cancelled"),
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

    /// Moves units from allocated to cancelled, and says what that is worth: parts of a line add up to its amount.
    private static func cancel(_ request: CancellationRequest, in lines: inout [LineUnits]) throws
        -> [Cancellation.Line]
    {
        var wanted: [Int32: Int64] = [:]
        for line in request.lines { wanted[line.number] = line.quantity }
        if request.lines.isEmpty {
            for line in lines where line.allocated > 0 { wanted[line.number] = line.allocated }
            if wanted.isEmpty {
                throw Refusal.wrongState(
                    .order, request.order.description,
                    state: OrderStatus(allocated: 0, delivered: lines.reduce(0) { $0 + $1.delivered }) == .cancelled
                        ? "cancelled" : "delivered",
                    explanation: "no unit of the order is open")
            }
        }
        for number in wanted.keys where !lines.contains(where: { $0.number == number }) {
            throw Refusal.notFound(.orderLine, "\(request.order) line \(number)")
        }
        var cancelled: [Cancellation.Line] = []
        for index in lines.indices {
            guard let quantity = wanted[lines[index].number] else { continue }
            guard quantity <= lines[index].allocated else {
                throw Refusal.wrongState(
                    .orderLine, "\(request.order) line \(lines[index].number)",
                    state: "open=\(lines[index].allocated)",
                    explanation: "\(quantity) units were asked to be cancelled, \(lines[index].allocated) are open")
            }
            let from = lines[index].cancelled
            cancelled.append(
                Cancellation.Line(
                    number: lines[index].number, quantity: quantity,
                    amountMinor: Rounding.share(
                        of: lines[index].amountMinor, from: from, to: from + quantity, count: lines[index].quantity)))
            lines[index].allocated -= quantity
            lines[index].cancelled += quantity
        }
        return cancelled
    }
}
