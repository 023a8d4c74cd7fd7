public import Domain
import PostgresClient

/// What the ledger's books say when they are added up.
public struct LedgerBooks: Sendable {
    /// A cell's figures.
    public struct Cell: Sendable {
        /// The cell.
        public var cell: CellID
        /// The article.
        public var sku: String
        /// The location.
        public var location: String
        /// Its vshard.
        public var vshard: VShard
        /// on hand − safety − allocated − held.
        public var availableToPromise: Int64
    }

    /// Every cell.
    public var cells: [Cell]
    /// Cells whose columns are not the sum of their movements.
    public var foldMismatches: Int64
    /// Cells whose allocated units are not the sum of the open units of order lines and of what is set aside for lines
    /// that wait.
    public var allocationMismatches: Int64
    /// Order lines whose units by status do not add up to the quantity ordered, to their allocations, or to what
    /// fulfilments have of them.
    public var lineMismatches: Int64
    /// Orders that gave back more than they took, in all ways together, or more in other ways than by their tenders than their
    /// returns say.
    public var moneyMismatches: Int64
    /// Days of locations whose capacity in use is not the sum of what plans and fulfilments have booked.
    public var capacityMismatches: Int64
    /// Orders whose events have a gap.
    public var eventGaps: Int64
    /// Units promised beyond what is there and not recorded as a shortage.
    public var oversold: Int64
    /// Units recorded as a shortage and not counted yet.
    public var openShortage: Int64
    /// Live reservations.
    public var liveReservations: Int64
    /// Orders.
    public var orders: Int64
}

extension Ledger {
    private static let unhurried = PostgresStatement(
        "unhurried", "SET LOCAL statement_timeout = 0", access: .readOnly)
    private static let bookCells = PostgresStatement(
        "book_cells",
        """
        WITH held AS (
            SELECT t.cell, sum(t.quantity) AS quantity FROM hold h, unnest(h.cells, h.quantities) AS t(cell, quantity)
            WHERE h.state = 1 GROUP BY t.cell
        )
        SELECT c.id, p.sku, l.code, c.vshard, (c.on_hand - c.safety - c.allocated - coalesce(h.quantity, 0))::int8
        FROM cell c JOIN product p ON p.id = c.product_id JOIN location l ON l.id = c.location_id
        LEFT JOIN held h ON h.cell = c.id ORDER BY c.id
        """, access: .readOnly)
    private static let bookFold = PostgresStatement(
        "book_fold",
        """
        SELECT count(*) FROM cell c LEFT JOIN (
            SELECT cell_id, sum(on_hand_delta) AS on_hand, sum(safety_delta) AS safety, sum(allocated_delta) AS allocated
            FROM stock_movement GROUP BY cell_id) m ON m.cell_id = c.id
        WHERE (c.on_hand, c.safety, c.allocated)
            IS DISTINCT FROM (coalesce(m.on_hand, 0), coalesce(m.safety, 0), coalesce(m.allocated, 0))
        """, access: .readOnly)
    private static let bookAllocations = PostgresStatement(
        "book_allocations",
        """
        SELECT count(*) FROM cell c
        LEFT JOIN (SELECT cell_id, sum(open) AS open FROM order_allocation GROUP BY cell_id) a ON a.cell_id = c.id
        LEFT JOIN (SELECT cell_id, sum(quantity) AS units FROM backorder_grant GROUP BY cell_id) g ON g.cell_id = c.id
        WHERE c.allocated <> coalesce(a.open, 0) + coalesce(g.units, 0)
        """, access: .readOnly)
    /// Kinds and states of fulfilments whose units are set aside for them.
    private static let fulfilmentsWithUnits = FulfilmentKind.allCases.flatMap { kind in
        FulfilmentStanding.all(of: kind).filter { standing in
            standing.units.map { LineStatusSet.setAside.contains(LineStatusSet($0)) } ?? false
        }
    }.map { "(\($0.kind.rawValue), \($0.stored))" }.joined(separator: ", ")
    private static let bookLines = PostgresStatement(
        "book_lines",
        """
        SELECT count(*) FROM order_line l JOIN product p ON p.id = l.product_id
        LEFT JOIN (
            SELECT order_id, line_number, sum(quantity) AS total,
                sum(quantity) FILTER (WHERE status IN (1, 5, 6, 7)) AS set_aside,
                sum(quantity) FILTER (WHERE status IN (5, 6, 7)) AS released,
                sum(quantity) FILTER (WHERE status IN (2, 8, 9)) AS gone
            FROM line_quantity GROUP BY order_id, line_number) q USING (order_id, line_number)
        LEFT JOIN (
            SELECT order_id, line_number, sum(open) AS open, sum(released) AS released, sum(delivered) AS delivered
            FROM order_allocation GROUP BY order_id, line_number) a USING (order_id, line_number)
        LEFT JOIN (
            SELECT f.order_id, fl.line_number, sum(fl.open) AS units
            FROM fulfilment f JOIN fulfilment_line fl ON fl.fulfilment_id = f.id
            WHERE (f.kind, f.state) IN (\(fulfilmentsWithUnits)) GROUP BY f.order_id, fl.line_number
        ) f USING (order_id, line_number)
        WHERE q.total IS DISTINCT FROM l.quantity OR coalesce(q.released, 0) <> coalesce(f.units, 0)
            OR (p.tracked AND (coalesce(q.set_aside, 0) <> coalesce(a.open, 0)
                OR coalesce(q.released, 0) <> coalesce(a.released, 0)
                OR coalesce(q.gone, 0) > coalesce(a.delivered, 0)))
            OR (NOT p.tracked AND a.open IS NOT NULL)
        """, access: .readOnly)
    private static let bookEvents = PostgresStatement(
        "book_events",
        """
        SELECT count(*) FROM orders o LEFT JOIN (
            SELECT order_id, count(*) AS n, min(sequence) AS low, max(sequence) AS high FROM order_event GROUP BY order_id
        ) e ON e.order_id = o.id WHERE (e.n, e.low, e.high) IS DISTINCT FROM (o.events::int8, 1, o.events)
        """, access: .readOnly)
    /// From the attempts and the returns, whatever the order's own row says.
    private static let bookMoney = PostgresStatement(
        "book_money",
        """
        SELECT count(*) FROM order_money m
        LEFT JOIN (
            SELECT order_id, sum(amount) FILTER (WHERE action IN (2, 5)) AS taken,
                sum(amount) FILTER (WHERE action = 4) AS given_back
            FROM payment_attempt WHERE state = 2 GROUP BY order_id) a USING (order_id)
        LEFT JOIN (
            SELECT r.order_id, sum(CASE WHEN r.settlement IN (\(otherWays)) THEN r.settled ELSE 0 END
                + CASE WHEN r.ahead_settlement IN (\(otherWays)) THEN r.ahead ELSE 0 END + coalesce(x.credited, 0)) AS amount
            FROM return_order r LEFT JOIN return_exchange x ON x.return_id = r.id AND x.state = 2
            GROUP BY r.order_id) r USING (order_id)
        WHERE coalesce(a.given_back, 0) + m.given_otherwise > coalesce(a.taken, 0)
            OR m.given_otherwise > coalesce(r.amount, 0)
        """, access: .readOnly)
    /// How returns give money back that is not the tenders'.
    private static let otherWays = [ReturnSettlement.storeCredit, .outside].map { "\($0.rawValue)" }.joined(
        separator: ", ")
    /// A day's orders are the plans and the fulfilments with units of it, its lines those of each of them.
    private static let bookCapacity = PostgresStatement(
        "book_capacity",
        """
        SELECT count(*) FROM sourcing_day d FULL JOIN (
            SELECT location_id, day, sum(units) AS units, count(*) AS lines, count(DISTINCT cause) AS orders FROM (
                SELECT location_id, day, plan_id AS cause, units FROM sourcing_booking
                UNION ALL
                SELECT f.location_id, b.day, b.fulfilment_id, b.units
                FROM fulfilment_booking b JOIN fulfilment f ON f.id = b.fulfilment_id
            ) n WHERE units > 0 GROUP BY location_id, day
        ) b USING (location_id, day)
        WHERE (coalesce(d.units, 0), coalesce(d.lines, 0), coalesce(d.orders, 0))
            IS DISTINCT FROM (coalesce(b.units, 0), coalesce(b.lines, 0), coalesce(b.orders, 0))
        """, access: .readOnly)
    private static let bookTotals = PostgresStatement(
        "book_totals",
        """
        WITH held AS (
            SELECT t.cell, sum(t.quantity) AS quantity FROM hold h, unnest(h.cells, h.quantities) AS t(cell, quantity)
            WHERE h.state = 1 GROUP BY t.cell
        ), short AS (
            SELECT cell_id, sum(quantity) AS quantity FROM stock_shortage WHERE closed_at IS NULL GROUP BY cell_id
        )
        SELECT
            (SELECT coalesce(sum(greatest(c.allocated + coalesce(h.quantity, 0) - c.on_hand - coalesce(s.quantity, 0), 0)), 0)
                FROM cell c LEFT JOIN held h ON h.cell = c.id LEFT JOIN short s ON s.cell_id = c.id)::int8,
            (SELECT coalesce(sum(quantity), 0) FROM short)::int8,
            (SELECT count(*) FROM hold WHERE state = 1),
            (SELECT count(*) FROM orders)
        """, access: .readOnly)

    /// Adds up the books in one snapshot.
    public func books() async throws -> LedgerBooks {
        try await onConnection { connection in
            // One trip each: months of trade take a while to read, and each answer has the whole time-out to itself.
            _ = try connection.pipeline([
                (PostgresTransactionMode.repeatableReadReadOnly.begin, []), (Ledger.unhurried, []),
            ])
            let results = try [
                Ledger.bookCells, Ledger.bookFold, Ledger.bookAllocations, Ledger.bookLines, Ledger.bookEvents,
                Ledger.bookTotals, Ledger.bookMoney, Ledger.bookCapacity,
            ].map { try connection.execute($0) }
            _ = try connection.execute(PostgresTransactionMode.repeatableReadReadOnly.commit)
            guard let fold = results[1].first, let allocations = results[2].first, let lines = results[3].first,
                let events = results[4].first, let totals = results[5].first, let money = results[6].first,
                let capacity = results[7].first
            else { throw LedgerFault.planOutdated }
            return LedgerBooks(
                cells: try results[0].map { row in
                    LedgerBooks.Cell(
                        cell: CellID(try row.int64(0)), sku: try row.text(1), location: try row.text(2),
                        vshard: VShard(try row.int16(3)), availableToPromise: try row.int64(4))
                },
                foldMismatches: try fold.int64(0), allocationMismatches: try allocations.int64(0),
                lineMismatches: try lines.int64(0), moneyMismatches: try money.int64(0),
                capacityMismatches: try capacity.int64(0), eventGaps: try events.int64(0),
                oversold: try totals.int64(0), openShortage: try totals.int64(1),
                liveReservations: try totals.int64(2), orders: try totals.int64(3))
        }
    }
}
