import Domain
import PostgresClient

/// The rows that a batch of captures writes, in columns: one statement a table.
struct CaptureRows {
    private let batch: CaptureBatch

    init(_ batch: CaptureBatch) {
        self.batch = batch
    }

    private static let insertOrders = PostgresStatement(
        "insert_orders",
        """
        INSERT INTO orders (id, channel_id, external_id, request, customer_id, customer_name, customer_email,
            customer_country, currency, subtotal, added_tax, shortage, goods_in_hand, reservation_id, ordered_at, caller)
        SELECT o.id, o.channel, o.number, o.request, o.customer, o.name, o.email, o.country, o.currency, o.subtotal,
            o.tax, o.shortage, o.in_hand, o.reservation, coalesce(o.ordered_at, now()), o.caller
        FROM unnest($1::uuid[], $2::int4[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::int8[], $11::int8[], $12::int8[], $13::bool[], $14::uuid[], $15::timestamptz[],
            $16::text[])
            AS o(id, channel, number, request, customer, name, email, country, currency, subtotal, tax, shortage,
                in_hand, reservation, ordered_at, caller)
        RETURNING id, placed_at
        """)

    private static let insertLines = PostgresStatement(
        "insert_order_lines",
        """
        WITH l AS (
            SELECT * FROM unnest($1::uuid[], $2::int2[], $3::int4[], $4::text[], $5::int8[], $6::int8[], $7::int4[],
                $8::int8[], $9::int2[])
                AS l(id, number, product, description, quantity, units, nanos, amount, status)
        ), q AS (
            INSERT INTO line_quantity (order_id, line_number, status, quantity)
            SELECT id, number, status, quantity FROM l
        )
        INSERT INTO order_line (order_id, line_number, product_id, description, quantity, price_units, price_nanos, amount)
        SELECT id, number, product, description, quantity, units, nanos, amount FROM l
        """)

    private static let insertTaxes = PostgresStatement(
        "insert_order_taxes",
        """
        INSERT INTO order_line_tax (order_id, line_number, tax_number, name, amount, included)
        SELECT * FROM unnest($1::uuid[], $2::int2[], $3::int2[], $4::text[], $5::int8[], $6::bool[])
        """)

    private static let insertAllocations = PostgresStatement(
        "insert_order_allocations",
        """
        INSERT INTO order_allocation (order_id, line_number, cell_id, quantity, open, delivered)
        SELECT a.id, a.line, a.cell, a.quantity, CASE WHEN a.in_hand THEN 0 ELSE a.quantity END,
            CASE WHEN a.in_hand THEN a.quantity ELSE 0 END
        FROM unnest($1::uuid[], $2::int2[], $3::int8[], $4::int8[], $5::bool[]) AS a(id, line, cell, quantity, in_hand)
        """)

    private static let insertEvents = PostgresStatement(
        "insert_placed_events",
        """
        WITH e AS (
            INSERT INTO order_event (order_id, sequence, kind, cause_id) SELECT id, 1, 1, id FROM unnest($1::uuid[]) AS u(id)
        ), v AS (
            INSERT INTO order_review (order_id, state, due_at)
            SELECT u.id, $4::int2, now() FROM unnest($1::uuid[], $2::int4[], $3::bool[]) AS u(id, channel, in_hand)
            JOIN channel_review r ON r.channel_id = u.channel WHERE NOT u.in_hand
        )
        INSERT INTO outbox (topic, subject, subject_sequence, cause_id)
        SELECT 'order.placed', id, 1, id FROM unnest($1::uuid[]) AS u(id)
        """)

    private static let confirmHolds = PostgresStatement(
        "confirm_holds",
        """
        UPDATE hold SET state = 2, closed_at = now(), order_id = c.order_id
        FROM unnest($1::uuid[], $2::uuid[]) AS c(id, order_id)
        WHERE hold.id = c.id AND hold.kind IS NOT DISTINCT FROM 1 AND hold.state IS NOT DISTINCT FROM 1
        """)

    static let insertClosedHolds = PostgresStatement(
        "insert_closed_holds",
        """
        INSERT INTO hold (id, kind, state, closed_at, vshards, epochs, seqs)
        SELECT h.id, $2::int2, 2, now(), ($5::int2[])[h.first:h.last], ($6::int8[])[h.first:h.last],
            ($7::int8[])[h.first:h.last]
        FROM unnest($1::uuid[], $3::int4[], $4::int4[]) AS h(id, first, last)
        """)

    /// The statements in order; the first returns when each order was placed.
    var steps: [LedgerStep] {
        var steps = [orders, lines]
        steps.append(contentsOf: taxes)
        steps.append(contentsOf: deliveries)
        steps.append(contentsOf: stock)
        steps.append(contentsOf: CaptureRows.waiting(accepted))
        steps.append(
            (
                CaptureRows.insertEvents,
                [
                    .uuids(accepted.map { PostgresUUID($0.request.id) }), .int32s(accepted.map(\.channel)),
                    .bools(accepted.map(\.request.goodsInHand)), .int16(ReviewState.due.rawValue),
                ]
            ))
        for entry in accepted where !entry.waiting.isEmpty { steps.append(CaptureRows.telling(waitingOf: entry)) }
        return steps
    }

    private var accepted: [CaptureEntry] { batch.accepted.map { batch.entries[$0] } }

    private var orders: LedgerStep {
        let requests = accepted.map(\.request)
        return (
            CaptureRows.insertOrders,
            [
                .uuids(requests.map { PostgresUUID($0.id) }),
                .int32s(accepted.map(\.channel)),
                .texts(requests.map(\.externalID)),
                .bytesArray(requests.map(\.body)),
                .texts(requests.map(\.customer.id)),
                .texts(requests.map(\.customer.name)),
                .texts(requests.map(\.customer.email)),
                .texts(requests.map(\.customer.country)),
                .texts(requests.map(\.currency.code)),
                .int64s(requests.map(\.subtotal)),
                .int64s(requests.map(\.addedTax)),
                .int64s(batch.accepted.map { batch.shortages[$0] ?? 0 }),
                .bools(requests.map(\.goodsInHand)),
                .optionalUUIDs(requests.map { $0.reservation.map { PostgresUUID($0) } }),
                .optionalTimestamps(requests.map { $0.orderedAt?.microseconds }),
                .texts(requests.map(\.caller.id)),
            ]
        )
    }

    private var lines: LedgerStep {
        var ids: [PostgresUUID] = []
        var numbers: [Int16] = []
        var products: [Int32] = []
        var items: [OrderRequest.Line] = []
        var statuses: [Int16] = []
        for entry in accepted {
            let status = entry.entering.to.rawValue
            for (index, line) in entry.request.lines.enumerated() {
                ids.append(PostgresUUID(entry.request.id))
                numbers.append(Int16(index + 1))
                products.append(entry.products[index])
                items.append(line)
                statuses.append(status)
            }
        }
        return (
            CaptureRows.insertLines,
            [
                .uuids(ids), .int16s(numbers), .int32s(products), .texts(items.map(\.description)),
                .int64s(items.map(\.demand.quantity)), .int64s(items.map(\.unitPrice.units)),
                .int32s(items.map(\.unitPrice.nanos)), .int64s(items.map(\.amount.minorUnits)), .int16s(statuses),
            ]
        )
    }

    private var taxes: [LedgerStep] {
        var ids: [PostgresUUID] = []
        var lines: [Int16] = []
        var numbers: [Int16] = []
        var taxes: [Tax] = []
        for entry in accepted {
            for (index, line) in entry.request.lines.enumerated() {
                for (number, tax) in line.taxes.enumerated() {
                    ids.append(PostgresUUID(entry.request.id))
                    lines.append(Int16(index + 1))
                    numbers.append(Int16(number + 1))
                    taxes.append(tax)
                }
            }
        }
        guard !taxes.isEmpty else { return [] }
        return [
            (
                CaptureRows.insertTaxes,
                [
                    .uuids(ids), .int16s(lines), .int16s(numbers), .texts(taxes.map(\.name)),
                    .int64s(taxes.map(\.amountMinor)), .bools(taxes.map(\.included)),
                ]
            )
        ]
    }

    private var deliveries: [LedgerStep] {
        var columns = DeliveryColumns()
        for entry in accepted {
            if let delivery = entry.request.delivery {
                columns.append(delivery, of: entry.request.id, sequence: 1)
            }
        }
        return columns.isEmpty ? [] : [columns.inserting]
    }

    private var stock: [LedgerStep] {
        var steps: [LedgerStep] = []
        var allocationIDs: [PostgresUUID] = []
        var allocations: [CellTake] = []
        var inHand: [Bool] = []
        var movements = MovementColumns()
        for index in batch.accepted {
            let request = batch.entries[index].request
            let entering = batch.entries[index].entering
            var units: [CellID: Int64] = [:]
            for take in batch.allocations(of: index) {
                allocationIDs.append(PostgresUUID(request.id))
                allocations.append(take)
                inHand.append(entering.to == .delivered)
                units[take.cell, default: 0] += take.quantity
            }
            for (cell, quantity) in units.sorted(by: { $0.key < $1.key }) {
                let reason = request.goodsInHand ? request.externalID : ""
                if let found = batch.found[index]?[cell] {
                    movements.append(.found, cell, onHand: found, cause: request.id, reason: reason)
                }
                movements.append(entering.effect.stock, cell, quantity, cause: request.id, reason: reason)
            }
        }
        if !allocations.isEmpty {
            steps.append(
                (
                    CaptureRows.insertAllocations,
                    [
                        .uuids(allocationIDs), .int16s(allocations.map { Int16($0.line + 1) }),
                        .int64s(allocations.map(\.cell.rawValue)), .int64s(allocations.map(\.quantity)),
                        .bools(inHand),
                    ]
                ))
            steps.append(movements.inserting)
        }
        if batch.cells.values.contains(where: \.isTouched) { steps.append(LockedCell.writing(batch.cells.values)) }
        if !batch.shortageRows.isEmpty { steps.append(batch.shortageRows.inserting) }
        steps.append(contentsOf: holds)
        return steps
    }

    private var holds: [LedgerStep] {
        var steps: [LedgerStep] = []
        let confirmed = accepted.filter { !$0.reservedCells.isEmpty }
        if !confirmed.isEmpty {
            steps.append(
                (
                    CaptureRows.confirmHolds,
                    [
                        .uuids(confirmed.compactMap { $0.request.reservation.map { PostgresUUID($0) } }),
                        .uuids(confirmed.map { PostgresUUID($0.request.id) }),
                    ]
                ))
        }
        let direct = accepted.filter { !$0.direct.isEmpty }
        if !direct.isEmpty {
            steps.append(
                Ledger.insertingClosedHolds(
                    direct.map { (HoldKey(.order, $0.attempt), $0.stamps) }, kind: .order))
            steps.append(Ledger.journaling(Array(Set(direct.flatMap(\.stamps)))))
        }
        return steps
    }
}

extension Ledger {
    /// The step that records takes which are final from the start.
    static func insertingClosedHolds(_ holds: [(key: HoldKey, stamps: [AdmissionStamp])], kind: HoldKind)
        -> LedgerStep
    {
        var first: [Int32] = []
        var last: [Int32] = []
        var stamps: [AdmissionStamp] = []
        for hold in holds {
            first.append(Int32(stamps.count + 1))
            stamps.append(contentsOf: hold.stamps)
            last.append(Int32(stamps.count))
        }
        return (
            CaptureRows.insertClosedHolds,
            [
                .uuids(holds.map { PostgresUUID($0.key.id) }), .int16(kind.rawValue), .int32s(first), .int32s(last),
                .int16s(stamps.map(\.vshard.rawValue)), .int64s(stamps.map(\.epoch)),
                .int64s(stamps.map(\.sequence)),
            ]
        )
    }

    /// The step that journals admitting calls; a call that was journalled before fails on the primary key.
    ///
    /// What PostgreSQL decided alone has no such call.
    static func journaling(_ stamps: [AdmissionStamp]) -> LedgerStep {
        let calls = stamps.filter { $0.sequence > 0 }
        return (
            journalCalls,
            [
                .int16s(calls.map(\.vshard.rawValue)), .int64s(calls.map(\.epoch)),
                .int64s(calls.map(\.sequence)),
            ]
        )
    }
}
