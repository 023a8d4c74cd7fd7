import Domain
import PostgresClient

/// New supply goes to the lines that wait for it in the transaction that brings it, before anybody can be promised a unit.
///
/// A transaction that raises what a cell can promise locks the cell, then the book of the article. What it raises, and no
/// more, is set aside for waiting lines of that article: the cell's allocated units rise by it, a row of `backorder_grant`
/// says for whom, and Redis hears only of the rest. What Redis would admit never falls by it, so nothing has to be taken
/// there first, and no reservation can come between. Goods of second grade have cells of their own, and serve nobody. The orders themselves are not locked, because orders come before cells
/// in the order of locks: each takes its grants over in a transaction of its own, soon after. A crash between the two leaves
/// rows that whoever runs next finds.
enum BackorderServing {
    private static let lock = PostgresStatement(
        "lock_backorder_books",
        """
        SELECT b.product_id, b.waiting FROM backorder_book b
        WHERE b.product_id IN (SELECT product_id FROM cell WHERE id = ANY($1::int8[]))
        ORDER BY b.product_id FOR UPDATE OF b
        """)
    private static let places = PostgresStatement(
        "backorder_places",
        """
        SELECT c.id, c.product_id, c.location_id FROM cell c JOIN location l ON l.id = c.location_id
        WHERE c.id = ANY($1::int8[]) AND \(Ledger.isServeable) ORDER BY l.rank, l.code, c.id
        """, access: .readOnly)
    private static let page = PostgresStatement(
        "backorder_page",
        """
        SELECT q.order_id, q.line_number, q.channel_id, q.locations, q.single, q.quantity,
            ARRAY(SELECT s.location_id FROM short_pick s WHERE s.order_id = q.order_id AND s.line_number = q.line_number)
        FROM backorder_queue q WHERE q.product_id = $1::int4 AND q.quantity > 0
        ORDER BY q.priority DESC, q.since, q.place LIMIT $2::int4 OFFSET $3::int8
        """, access: .readOnly)
    private static let forget = PostgresStatement(
        "forget_short_picks",
        """
        DELETE FROM short_pick s USING cell c
        WHERE c.id = ANY($1::int8[]) AND s.product_id = c.product_id AND s.location_id = c.location_id
        """)
    private static let note = PostgresStatement(
        "note_supply",
        """
        UPDATE backorder_book b SET supply = b.supply + 1, waiting = b.waiting - coalesce(
            (SELECT n.units FROM unnest($2::int4[], $3::int8[]) AS n(product, units) WHERE n.product = b.product_id), 0)
        WHERE b.product_id IN (SELECT c.product_id FROM cell c WHERE c.id = ANY($1::int8[]) AND \(Ledger.isServeable))
        """)
    private static let lower = PostgresStatement(
        "lower_waiting",
        """
        UPDATE backorder_policy p SET waiting = p.waiting - n.units
        FROM unnest($1::int4[], $2::int4[], $3::int8[]) AS n(product, channel, units)
        WHERE p.product_id = n.product AND p.channel_id = n.channel
        """)
    private static let grant = PostgresStatement(
        "grant_backorders",
        """
        WITH g AS (
            SELECT * FROM unnest($1::uuid[], $2::int2[], $3::int8[], $4::int8[], $5::int4[])
                AS g(order_id, line, cell, quantity, location)
        ), q AS (
            UPDATE backorder_queue q SET quantity = q.quantity - n.quantity,
                locations = CASE WHEN q.single THEN ARRAY[n.location] ELSE q.locations END
            FROM (SELECT order_id, line, sum(quantity)::int8 AS quantity, min(location) AS location FROM g GROUP BY 1, 2) n
            WHERE q.order_id = n.order_id AND q.line_number = n.line
        )
        INSERT INTO backorder_grant (order_id, line_number, cell_id, quantity)
        SELECT order_id, line, cell, quantity FROM g
        """)

    /// Lines that are read at a time.
    private static let portion = 500

    /// The step that locks the books of the articles in these cells; right behind the one that locks the cells.
    static func locking(_ cells: some Sequence<CellID>) -> LedgerStep {
        (lock, [.int64s(cells.map(\.rawValue))])
    }

    private struct Channel: Hashable {
        var product: Int32
        var channel: Int32
    }

    /// Sets aside for waiting lines what this transaction raises, and notes that there was supply.
    ///
    /// Lines that were not found at a location are served from it again from now on where goods came in or were counted.
    ///
    /// - Parameters:
    ///   - books: what ``locking(_:)`` returned.
    ///   - cells: the locked cells with their new figures; what is set aside is applied to them.
    ///   - movements: the transaction's movements; those of the grants are added, each caused by its order.
    ///   - counted: cells whose goods were counted, whatever came out.
    ///   - order: an order that gets none of it: it has just let wait what it could not find there.
    ///   - connection: the transaction.
    /// - Returns: the steps that write it, none where no article of the cells may wait.
    /// - Throws: what PostgreSQL throws.
    static func serve(
        _ books: PostgresRows, _ cells: inout [CellID: LockedCell], movements: inout MovementColumns,
        counted: Set<CellID> = [], but order: EntityID? = nil, on connection: PostgresConnection
    ) throws -> [LedgerStep] {
        let seen = cells.values.filter { $0.onHand > $0.onHandAtLock || counted.contains($0.id) }.map(\.id).sorted()
        if !seen.isEmpty { try connection.execute(forget, [.int64s(seen.map(\.rawValue))]) }
        var waiting: [Int32: Int64] = [:]
        for row in books { waiting[try row.int32(0)] = try row.int64(1) }
        let raised = cells.values.filter { $0.base > $0.baseAtLock }.map(\.id).sorted()
        guard !waiting.isEmpty, !raised.isEmpty else { return [] }
        let ids = PostgresValue.int64s(raised.map(\.rawValue))
        var grants = GrantColumns()
        var byProduct: [Int32: Int64] = [:]
        var byChannel: [Channel: Int64] = [:]
        if waiting.values.contains(where: { $0 > 0 }) {
            let read = try connection.pipeline([(places, [ids]), (Ledger.heldByCell, [ids])])
            let held = try Ledger.unitsByCell(read[1])
            var parts: [Int32: [SupplyOffer.Part]] = [:]
            for row in read[0] {
                let id = CellID(try row.int64(0))
                guard let cell = cells[id] else { continue }
                let free = min(cell.base - cell.baseAtLock, cell.available ?? (cell.base - (held[id] ?? 0)))
                parts[try row.int32(1), default: []].append(
                    .init(cell: id, location: try row.int32(2), units: max(0, free)))
            }
            for (product, parts) in parts.sorted(by: { $0.key < $1.key }) where waiting[product, default: 0] > 0 {
                var offer = SupplyOffer(parts)
                var offset: Int64 = 0
                var hasMore = true
                while hasMore && !offer.isEmpty {
                    let rows = try connection.execute(
                        page, [.int32(product), .int32(Int32(portion)), .int64(offset)])
                    for row in rows {
                        let wish = SupplyOffer.Wish(
                            units: try row.int64(5), locations: try row.int32sOrNil(3).map { Set($0) },
                            single: try row.bool(4), avoided: Set(try row.int32s(6)))
                        let waiter = EntityID(try row.uuid(0))
                        if waiter == order { continue }
                        for part in offer.serve(wish) {
                            grants.append(order: waiter, line: try row.int16(1), part)
                            cells[part.cell]?.apply(.allocate, part.units)
                            movements.append(.allocate, part.cell, part.units, cause: waiter, reason: "backorder")
                            byProduct[product, default: 0] += part.units
                            byChannel[Channel(product: product, channel: try row.int32(2)), default: 0] += part.units
                        }
                    }
                    offset += Int64(rows.count)
                    hasMore = rows.count == portion
                }
            }
        }
        let products = byProduct.sorted { $0.key < $1.key }
        var steps: [LedgerStep] = [
            (note, [ids, .int32s(products.map(\.key)), .int64s(products.map(\.value))])
        ]
        guard !grants.isEmpty else { return steps }
        steps.append(lowering(byChannel.map { ($0.key.product, $0.key.channel, $0.value) }))
        steps.append(grants.inserting)
        return steps
    }

    /// The step that lowers the units which wait by article and channel.
    static func lowering(_ units: [(product: Int32, channel: Int32, units: Int64)]) -> LedgerStep {
        (lower, [.int32s(units.map(\.product)), .int32s(units.map(\.channel)), .int64s(units.map(\.units))])
    }

    /// Grants of a transaction, in columns.
    private struct GrantColumns {
        private var orders: [PostgresUUID] = []
        private var lines: [Int16] = []
        private var cells: [Int64] = []
        private var quantities: [Int64] = []
        private var locations: [Int32] = []

        var isEmpty: Bool { orders.isEmpty }

        mutating func append(order: EntityID, line: Int16, _ grant: SupplyOffer.Grant) {
            orders.append(PostgresUUID(order))
            lines.append(line)
            cells.append(grant.cell.rawValue)
            quantities.append(grant.units)
            locations.append(grant.location)
        }

        var inserting: LedgerStep {
            (
                BackorderServing.grant,
                [.uuids(orders), .int16s(lines), .int64s(cells), .int64s(quantities), .int32s(locations)]
            )
        }
    }
}
