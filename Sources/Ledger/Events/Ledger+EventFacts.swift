public import Domain
import PostgresClient

/// Reading what events tell: rows that were written with them and never change, so that a late reader is told what was true
/// then, and not what has become of it.
extension Ledger {
    private static let placedHeads = PostgresStatement(
        "event_placed_heads",
        """
        SELECT id, external_id, customer_id, currency, subtotal, added_tax, ordered_at, reservation_id, goods_in_hand, shortage
        FROM orders WHERE id = ANY($1::uuid[])
        """, access: .readOnly)
    private static let placedLines = PostgresStatement(
        "event_placed_lines",
        """
        SELECT l.order_id, l.line_number, p.sku, l.description, l.quantity, l.price_units, l.price_nanos, l.amount
        FROM order_line l JOIN product p ON p.id = l.product_id WHERE l.order_id = ANY($1::uuid[]) AND l.since_event = 1
        ORDER BY l.order_id, l.line_number
        """, access: .readOnly)
    private static let placedAllocations = PostgresStatement(
        "event_placed_allocations",
        """
        SELECT a.order_id, a.line_number, l.code, sum(a.quantity)::int8
        FROM order_allocation a JOIN cell c ON c.id = a.cell_id JOIN location l ON l.id = c.location_id
        WHERE a.order_id = ANY($1::uuid[]) AND a.quantity > 0
        GROUP BY a.order_id, a.line_number, l.rank, l.code ORDER BY a.order_id, a.line_number, l.rank, l.code
        """, access: .readOnly)
    private static let cancellations = PostgresStatement(
        "event_cancellations",
        """
        SELECT o.id, n.sequence, o.currency, c.reason, c.status, c.lines, c.quantities, c.amounts,
            ARRAY(SELECT p.sku FROM unnest(c.lines) WITH ORDINALITY AS t(line, place)
                JOIN order_line l ON l.order_id = o.id AND l.line_number = t.line JOIN product p ON p.id = l.product_id
                ORDER BY t.place)
        FROM unnest($1::uuid[], $2::int4[]) AS n(id, sequence) JOIN orders o ON o.id = n.id
        LEFT JOIN order_cancellation c ON c.order_id = n.id AND c.sequence = n.sequence
        """, access: .readOnly)
    private static let advances = PostgresStatement(
        "event_advances",
        """
        SELECT a.order_id, a.sequence, o.currency, a.status, a.reason, a.amount, a.thing, a.thing_id, a.before, a.after,
            a.lines, a.befores, a.afters, a.quantities, a.amounts, a.locations, a.names, a.details,
            ARRAY(SELECT p.sku FROM unnest(a.lines) WITH ORDINALITY AS t(line, place)
                JOIN order_line l ON l.order_id = a.order_id AND l.line_number = t.line
                JOIN product p ON p.id = l.product_id ORDER BY t.place)
        FROM unnest($1::uuid[], $2::int4[]) AS n(id, sequence)
        JOIN order_advance a ON a.order_id = n.id AND a.sequence = n.sequence JOIN orders o ON o.id = a.order_id
        """, access: .readOnly)
    private static let movementsOfChanges = PostgresStatement(
        "event_movements",
        """
        SELECT m.sequence, m.kind, p.sku, l.code, m.on_hand_delta, m.safety_delta, m.allocated_delta, m.cause_id,
            m.reason, m.recorded_at
        FROM stock_movement m JOIN cell c ON c.id = m.cell_id JOIN product p ON p.id = c.product_id
        JOIN location l ON l.id = c.location_id
        WHERE m.cause_id = ANY($1::uuid[]) AND m.kind <> ALL ($2::int2[]) ORDER BY m.cause_id, m.sequence
        """, access: .readOnly)

    /// What events tell, by their place; those of topics that this program does not know are left out.
    public func facts(of entries: [OutboxEntry]) async throws -> [EventPosition: EventFacts] {
        let placed = entries.filter { $0.topic == EventTopic.orderPlaced.rawValue }
        let cancelled = entries.filter { $0.topic == EventTopic.orderCancelled.rawValue }
        let changed = entries.filter { $0.topic == EventTopic.stockChanged.rawValue }
        let advanced = entries.filter { entry in
            guard case .order(let kind) = EventTopic(rawValue: entry.topic) else { return false }
            return kind != .placed && kind != .cancelled
        }
        guard placed.count + cancelled.count + changed.count + advanced.count > 0 else { return [:] }
        return try await onConnection { connection in
            let orders = PostgresValue.uuids(placed.map { PostgresUUID($0.subject) })
            let results = try connection.pipeline([
                (Ledger.placedHeads, [orders]), (Ledger.placedLines, [orders]), (Ledger.placedAllocations, [orders]),
                (
                    Ledger.cancellations,
                    [.uuids(cancelled.map { PostgresUUID($0.subject) }), .int32s(cancelled.map(\.sequence))]
                ),
                (
                    Ledger.movementsOfChanges,
                    [
                        .uuids(changed.map { PostgresUUID($0.subject) }),
                        .int16s(MovementKind.allCases.filter { !$0.isToldAsStock }.map(\.rawValue)),
                    ]
                ),
                (
                    Ledger.advances,
                    [.uuids(advanced.map { PostgresUUID($0.subject) }), .int32s(advanced.map(\.sequence))]
                ),
            ])
            var facts: [EventPosition: EventFacts] = [:]
            let captures = try Ledger.captures(heads: results[0], lines: results[1], allocations: results[2])
            for entry in placed { facts[entry.position] = captures[entry.subject].map { .orderPlaced($0) } }
            let units = try Ledger.cancelledUnits(results[3])
            for entry in cancelled {
                facts[entry.position] = units[SubjectPlace(subject: entry.subject, sequence: entry.sequence)]
                    .map { .orderCancelled($0) }
            }
            var movements: [EntityID: [StockMovement]] = [:]
            for row in results[4] {
                let movement = try StockMovement(row: row)
                if let cause = movement.cause { movements[cause, default: []].append(movement) }
            }
            for entry in changed { facts[entry.position] = .stockChanged(movements[entry.subject] ?? []) }
            let advances = try Ledger.advances(results[5])
            for entry in advanced {
                facts[entry.position] = advances[SubjectPlace(subject: entry.subject, sequence: entry.sequence)]
                    .map { .orderAdvanced($0) }
            }
            return facts
        }
    }

    private static func captures(
        heads: PostgresRows, lines: PostgresRows, allocations: PostgresRows
    ) throws -> [EntityID: PlacedOrderFacts] {
        var captures: [EntityID: PlacedOrderFacts] = [:]
        for row in heads {
            guard let currency = Currency(code: try row.text(3)) else {
                throw UnreadableValue(column: "orders.currency")
            }
            captures[EntityID(try row.uuid(0))] = PlacedOrderFacts(
                externalID: try row.text(1), customerID: try row.text(2), currency: currency, lines: [],
                subtotal: try row.int64(4), addedTax: try row.int64(5),
                orderedAt: Instant(microseconds: try row.timestamp(6)),
                reservation: try row.uuidOrNil(7).map { EntityID($0) }, goodsInHand: try row.bool(8),
                shortage: try row.int64(9))
        }
        for row in lines {
            guard let price = UnitPrice(units: try row.int64(5), nanos: try row.int32(6)) else {
                throw UnreadableValue(column: "order_line.price_units")
            }
            captures[EntityID(try row.uuid(0))]?.lines.append(
                .init(
                    number: try row.int32(1), sku: try row.text(2), description: try row.text(3),
                    quantity: try row.int64(4), unitPrice: price, amountMinor: try row.int64(7), allocations: []))
        }
        for row in allocations {
            let line = Int(try row.int32(1)) - 1
            let allocation = Allocation(location: try row.text(2), quantity: try row.int64(3))
            captures[EntityID(try row.uuid(0))]?.lines[line].allocations.append(allocation)
        }
        return captures
    }

    private struct SubjectPlace: Hashable {
        var subject: EntityID
        var sequence: Int32
    }

    private static func advances(_ rows: PostgresRows) throws -> [SubjectPlace: OrderAdvance] {
        var advances: [SubjectPlace: OrderAdvance] = [:]
        for row in rows {
            guard let currency = Currency(code: try row.text(2)) else {
                throw UnreadableValue(column: "orders.currency")
            }
            guard let status = OrderStatus(rawValue: try row.int16(3)) else {
                throw UnreadableValue(column: "order_advance.status")
            }
            var advance = OrderAdvance(
                currency: currency, status: status, amountMinor: try row.int64OrNil(5), reason: try row.text(4))
            if let number = try row.int16OrNil(6), let id = try row.uuidOrNil(7), let after = try row.int16OrNil(9) {
                guard let kind = OrderAdvance.Kind(rawValue: number) else {
                    throw UnreadableValue(column: "order_advance.thing")
                }
                advance.thing = OrderAdvance.Thing(
                    kind: kind, id: EntityID(id), before: try row.int16OrNil(8), after: after)
            }
            let (lines, befores, afters) = (try row.int16s(10), try row.int16s(11), try row.int16s(12))
            let (quantities, amounts) = (try row.int64s(13), try row.int64s(14))
            let (locations, skus) = (try row.texts(15), try row.texts(18))
            guard skus.count == lines.count else { throw UnreadableValue(column: "order_advance.lines") }
            advance.units = try lines.indices.map { index in
                guard let to = LineStatus(rawValue: afters[index]) else {
                    throw UnreadableValue(column: "order_advance.afters")
                }
                return OrderAdvance.Units(
                    line: Int32(lines[index]), sku: skus[index], from: LineStatus(rawValue: befores[index]), to: to,
                    quantity: quantities[index], amountMinor: amounts[index], location: locations[index])
            }
            advance.details = Dictionary(
                zip(try row.texts(16), try row.texts(17)), uniquingKeysWith: { _, last in last })
            advances[SubjectPlace(subject: EntityID(try row.uuid(0)), sequence: try row.int32(1))] = advance
        }
        return advances
    }

    private static func cancelledUnits(_ rows: PostgresRows) throws -> [SubjectPlace: CancelledOrderFacts] {
        var units: [SubjectPlace: CancelledOrderFacts] = [:]
        for row in rows {
            guard let currency = Currency(code: try row.text(2)) else {
                throw UnreadableValue(column: "orders.currency")
            }
            var facts = CancelledOrderFacts(currency: currency, lines: [], reason: "", status: nil)
            if let status = try row.int16OrNil(4) {
                guard let status = OrderStatus(rawValue: status) else {
                    throw UnreadableValue(column: "order_cancellation.status")
                }
                let (quantities, amounts, skus) = (try row.int64s(6), try row.int64s(7), try row.texts(8))
                let lines = try row.int16s(5)
                guard skus.count == lines.count else { throw UnreadableValue(column: "order_cancellation.lines") }
                facts.reason = try row.text(3)
                facts.status = status
                facts.lines = lines.indices.map { index in
                    .init(
                        number: Int32(lines[index]), sku: skus[index], quantity: quantities[index],
                        amountMinor: amounts[index])
                }
            }
            units[SubjectPlace(subject: EntityID(try row.uuid(0)), sequence: try row.int32(1))] = facts
        }
        return units
    }
}
