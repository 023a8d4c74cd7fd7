import Domain
import Logging
import PostgresClient

/// Reads a deployment's PostgreSQL directly, apart from everything that the service itself reads it with.
package struct LedgerReader: Sendable {
    let pool: PostgresPool

    /// Makes a reader; shut it down when it is no longer needed.
    package init(url: String) {
        var configuration = PostgresConfiguration(connectionString: url, connectionCount: 2)
        configuration.applicationName = "holdfast-torture"
        configuration.statementTimeout = .seconds(120)
        configuration.responseTimeout = .seconds(180)
        configuration.acquireTimeout = .seconds(60)
        configuration.maximumReconnectDelay = .milliseconds(200)
        pool = PostgresPool(
            configuration: configuration,
            logger: Logger(label: "holdfast.torture") { _ in SwiftLogNoOpLogHandler() })
    }

    package func shutdown() async { await pool.shutdown() }

    // MARK: - Facts

    private static let reservations = PostgresStatement(
        "torture_reservations",
        """
        SELECT h.id, h.state, coalesce(c.code, ''), h.order_id,
            (h.state = 4 AND h.closed_at < h.expires_at), h.lines,
            coalesce((SELECT array_agg(l.code ORDER BY u.n) FROM unnest(h.cells) WITH ORDINALITY AS u(cell, n)
                JOIN cell x ON x.id = u.cell JOIN location l ON l.id = x.location_id), '{}'),
            coalesce((SELECT array_agg(p.sku ORDER BY u.n) FROM unnest(h.cells) WITH ORDINALITY AS u(cell, n)
                JOIN cell x ON x.id = u.cell JOIN product p ON p.id = x.product_id), '{}'),
            h.quantities
        FROM hold h LEFT JOIN channel c ON c.id = h.channel_id WHERE h.kind = 1
        """, access: .readOnly)
    private static let orders = PostgresStatement(
        "torture_orders",
        """
        SELECT o.id, c.code, o.external_id, o.subtotal, o.added_tax, o.reservation_id, o.goods_in_hand
        FROM orders o JOIN channel c ON c.id = o.channel_id
        """, access: .readOnly)
    private static let orderLines = PostgresStatement(
        "torture_order_lines",
        """
        SELECT l.order_id, p.sku, l.quantity, l.amount,
            coalesce(sum(q.quantity) FILTER (WHERE q.status = 1), 0)::int8,
            coalesce(sum(q.quantity) FILTER (WHERE q.status = 2), 0)::int8,
            coalesce(sum(q.quantity) FILTER (WHERE q.status = 3), 0)::int8,
            coalesce((SELECT array_agg(x.code ORDER BY a.cell_id) FROM order_allocation a JOIN cell e ON e.id = a.cell_id
                JOIN location x ON x.id = e.location_id
                WHERE a.order_id = l.order_id AND a.line_number = l.line_number AND a.quantity > 0), '{}'),
            coalesce((SELECT array_agg(a.quantity ORDER BY a.cell_id) FROM order_allocation a
                WHERE a.order_id = l.order_id AND a.line_number = l.line_number AND a.quantity > 0), '{}'),
            coalesce(array_agg(q.status ORDER BY q.status) FILTER (WHERE q.status > 3 AND q.quantity <> 0), '{}')::int2[],
            coalesce(array_agg(q.quantity ORDER BY q.status) FILTER (WHERE q.status > 3 AND q.quantity <> 0), '{}')::int8[]
        FROM order_line l JOIN product p ON p.id = l.product_id
        LEFT JOIN line_quantity q ON q.order_id = l.order_id AND q.line_number = l.line_number
        GROUP BY l.order_id, l.line_number, p.sku, l.quantity, l.amount ORDER BY l.order_id, l.line_number
        """, access: .readOnly)
    private static let orderEvents = PostgresStatement(
        "torture_order_events",
        "SELECT order_id, sequence, kind, cause_id FROM order_event ORDER BY order_id, sequence", access: .readOnly)
    private static let advances = PostgresStatement(
        "torture_order_advances",
        """
        SELECT order_id, sequence, thing_id, lines, befores, afters, quantities, amounts FROM order_advance
        UNION ALL
        SELECT order_id, sequence, NULL, lines, array_fill(-1::int2, ARRAY[cardinality(lines)]),
            array_fill(3::int2, ARRAY[cardinality(lines)]), quantities, amounts FROM order_cancellation
        """, access: .readOnly)
    private static let refunds = PostgresStatement(
        "torture_refunds", "SELECT DISTINCT cause_id FROM payment_attempt WHERE action = 4", access: .readOnly)
    private static let movements = PostgresStatement(
        "torture_movements",
        """
        SELECT m.cause_id, p.sku, l.code, m.on_hand_delta, m.safety_delta, m.allocated_delta,
            m.sequence
        FROM stock_movement m
        JOIN cell c ON c.id = m.cell_id JOIN product p ON p.id = c.product_id JOIN location l ON l.id = c.location_id
        ORDER BY m.sequence
        """, access: .readOnly)
    private static let stored = PostgresStatement(
        "torture_stored_answers", "SELECT id, kind FROM idempotency WHERE kind IN (2, 3, 4, 40, 60, 63, 81, 82)",
        access: .readOnly)

    /// Reads everything that a run may have left.
    package func facts() async throws -> LedgerFacts {
        try await pool.withTransaction(.repeatableReadReadOnly) { connection in
            var facts = LedgerFacts()
            for row in try connection.execute(Self.reservations) {
                facts.reservations["\(try row.uuid(0))"] = try Self.reservation(row)
            }
            for row in try connection.execute(Self.orders) {
                facts.orders["\(try row.uuid(0))"] = LedgerFacts.Order(
                    channel: try row.text(1), externalID: try row.text(2), lines: [], subtotalMinor: try row.int64(3),
                    addedTaxMinor: try row.int64(4), reservation: try row.uuidOrNil(5).map { "\($0)" } ?? "",
                    events: [],
                    advances: [:], goodsInHand: try row.bool(6))
            }
            for row in try connection.execute(Self.orderLines) {
                let line = LedgerFacts.Order.Line(
                    sku: try row.text(1), quantity: try row.int64(2), amountMinor: try row.int64(3),
                    allocated: try row.int64(4), delivered: try row.int64(5), cancelled: try row.int64(6),
                    later: Dictionary(
                        zip(try row.int16s(9), try row.int64s(10)), uniquingKeysWith: { first, _ in first }),
                    captured: zip(try row.texts(7), try row.int64s(8)).map { .init(location: $0, quantity: $1) })
                facts.orders["\(try row.uuid(0))"]?.lines.append(line)
            }
            for row in try connection.execute(Self.orderEvents) {
                let kind = OrderEventKind(rawValue: try row.int16(2))?.word ?? "unknown"
                let event = (sequence: Int(try row.int32(1)), type: kind, cause: "\(try row.uuid(3))")
                facts.orders["\(try row.uuid(0))"]?.events.append(event)
            }
            for row in try connection.execute(Self.advances) {
                let sequence = Int(try row.int32(1))
                facts.orders["\(try row.uuid(0))"]?.advances?[sequence] = try Self.advance(row)
            }
            facts.refunds = Set(try connection.execute(Self.refunds).map { "\(try $0.uuid(0))" })
            for row in try connection.execute(Self.movements) {
                facts.movements["\(try row.uuid(0))", default: []].append(
                    LedgerFacts.Movement(
                        sku: try row.text(1), location: try row.text(2), onHand: try row.int64(3),
                        safety: try row.int64(4), allocated: try row.int64(5), sequence: try row.int64(6)))
            }
            var stored: [Mutation.Space: Set<String>] = [
                .movement: [], .cancellation: [], .extension_: [], .fulfilment: [], .payment: [], .storedValue: [],
                .returnCreation: [], .returnChange: [],
            ]
            for row in try connection.execute(Self.stored) {
                let space: Mutation.Space =
                    switch try row.int16(1) {
                    case 2: .movement
                    case 3: .cancellation
                    case 4: .extension_
                    case 40: .fulfilment
                    case 60: .payment
                    case 63: .storedValue
                    case 81: .returnCreation
                    default: .returnChange
                    }
                stored[space, default: []].insert("\(try row.uuid(0))")
            }
            facts.storedAnswers = stored
            return facts
        }
    }

    private static func advance(_ row: PostgresRow) throws -> LedgerFacts.Order.Advance {
        let places = zip(zip(try row.int16s(3), try row.int16s(4)), try row.int16s(5))
        let figures = zip(try row.int64s(6), try row.int64s(7))
        return LedgerFacts.Order.Advance(
            thing: try row.uuidOrNil(2).map { "\($0)" } ?? "",
            moves: zip(places, figures).map { place, figure in
                .init(
                    line: Int(place.0.0), from: place.0.1, to: place.1, quantity: figure.0, amountMinor: figure.1)
            })
    }

    private static func reservation(_ row: PostgresRow) throws -> LedgerFacts.Reservation {
        let state: LedgerFacts.Reservation.State =
            switch try row.int16(1) {
            case 1: .held
            case 2: .confirmed
            case 3: .released
            case 4: .expired
            default: .voided
            }
        var lines: [(sku: String, quantity: Int64, units: [LedgerFacts.Units])] = []
        let places = zip(zip(try row.int16s(5), try row.texts(6)), zip(try row.texts(7), try row.int64s(8)))
        for ((line, location), (sku, quantity)) in places {
            while lines.count <= Int(line) { lines.append(("", 0, [])) }
            lines[Int(line)].sku = sku
            lines[Int(line)].quantity += quantity
            lines[Int(line)].units.append(.init(location: location, quantity: quantity))
        }
        return LedgerFacts.Reservation(
            state: state, channel: try row.text(2), lines: lines,
            order: try row.uuidOrNil(3).map { "\($0)" } ?? "", expiredEarly: try row.bool(4))
    }

    // MARK: - Books

    /// A sum that must be 0, and what it means where it is not.
    private static let sums: [(statement: PostgresStatement, kind: Violation.Kind, story: String)] = [
        (
            sum(
                "fold",
                """
                SELECT count(*) FROM cell c LEFT JOIN (
                    SELECT cell_id, sum(on_hand_delta) AS a, sum(safety_delta) AS b, sum(allocated_delta) AS c
                    FROM stock_movement GROUP BY cell_id) m ON m.cell_id = c.id
                WHERE (c.on_hand, c.safety, c.allocated)
                    IS DISTINCT FROM (coalesce(m.a, 0), coalesce(m.b, 0), coalesce(m.c, 0))
                """), .books, "cells are not the sum of their movements"
        ),
        (
            sum(
                "allocated",
                """
                SELECT count(*) FROM cell c
                LEFT JOIN (SELECT cell_id, sum(open) AS open FROM order_allocation GROUP BY cell_id) a ON a.cell_id = c.id
                WHERE c.allocated <> coalesce(a.open, 0)
                """), .books, "cells have other allocated units than open order lines"
        ),
        (
            sum(
                "oversold",
                """
                SELECT count(*) FROM cell c
                LEFT JOIN (
                    SELECT t.cell, sum(t.quantity) AS quantity FROM hold h, unnest(h.cells, h.quantities) AS t(cell, quantity)
                    WHERE h.state = 1 GROUP BY t.cell) h ON h.cell = c.id
                LEFT JOIN (
                    SELECT cell_id, sum(quantity) AS quantity FROM stock_shortage WHERE closed_at IS NULL GROUP BY cell_id
                ) s ON s.cell_id = c.id
                WHERE c.allocated + coalesce(h.quantity, 0) > c.on_hand + coalesce(s.quantity, 0)
                """), .unrecordedShortage, "cells have more promised than is there, and no shortage that says so"
        ),
        (
            sum(
                "outbox",
                """
                SELECT count(*) FROM order_event e FULL JOIN (SELECT * FROM outbox WHERE topic LIKE 'order.%') o
                    ON o.subject = e.order_id AND o.subject_sequence = e.sequence AND o.cause_id = e.cause_id
                WHERE o.subject IS NULL OR e.order_id IS NULL
                """), .outbox, "changes of orders do not match what was published of them"
        ),
        (
            sum(
                "stock_outbox",
                """
                SELECT count(*) FROM (SELECT DISTINCT cause_id FROM stock_movement WHERE kind <= 6) m
                FULL JOIN (SELECT subject FROM outbox WHERE topic = 'stock.changed') o ON o.subject = m.cause_id
                WHERE o.subject IS NULL OR m.cause_id IS NULL
                """), .outbox, "changes of stock do not match what was published of them"
        ),
        (
            sum(
                "outbox_twice",
                "SELECT count(*) FROM (SELECT topic, subject, subject_sequence FROM outbox "
                    + "GROUP BY 1, 2, 3 HAVING count(*) > 1) t"), .outbox, "changes were published twice"
        ),
    ]

    private static func sum(_ name: String, _ sql: String) -> PostgresStatement {
        PostgresStatement("torture_sum_\(name)", sql, access: .readOnly)
    }

    /// Adds up the books of a ledger at rest.
    package func booksViolations() async throws -> [Violation] {
        try await pool.withTransaction(.repeatableReadReadOnly) { connection in
            try Self.sums.compactMap { sum in
                let count = try connection.execute(sum.statement).single.int64(0)
                return count == 0 ? nil : Violation(sum.kind, "\(count) \(sum.story)")
            }
        }
    }

    // MARK: - Availability

    private static let figures = PostgresStatement(
        "torture_figures",
        """
        SELECT c.id, c.vshard, p.sku, l.code, (c.on_hand - c.safety - c.allocated - coalesce(h.quantity, 0))::int8
        FROM cell c JOIN product p ON p.id = c.product_id JOIN location l ON l.id = c.location_id
        LEFT JOIN (
            SELECT t.cell, sum(t.quantity) AS quantity FROM hold h, unnest(h.cells, h.quantities) AS t(cell, quantity)
            WHERE h.state = 1 GROUP BY t.cell) h ON h.cell = c.id
        """, access: .readOnly)

    /// What a cell has.
    package struct CellFigure: Sendable {
        /// The cell's number, and its vshard.
        package var cell: Int64
        package var vshard: Int
        /// The article and the location.
        package var sku: String
        package var location: String
        /// Units available to promise; below 0 where more is promised, or kept back, than is there.
        package var available: Int64
    }

    /// Available to promise, cell by cell.
    package func figures() async throws -> [CellFigure] {
        try await pool.withConnection { connection in
            try connection.execute(Self.figures).map { row in
                CellFigure(
                    cell: try row.int64(0), vshard: Int(try row.int16(1)), sku: try row.text(2),
                    location: try row.text(3), available: try row.int64(4))
            }
        }
    }
}
