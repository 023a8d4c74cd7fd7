import Domain
import PostgresClient

/// The queue of waiting lines follows the units of an order, in the transaction that moves them.
///
/// For each line, what waits in the queue and what is set aside for it add up to its backordered units. Units that leave
/// without having been served, by a cancellation, leave the queue first; where less of them waits there, because supply was
/// set aside meanwhile, what is set aside too much is given back by whoever takes the order's grants over.
enum BackorderFollowing {
    /// Units of a line that began to wait (more than 0) or ceased to, but for those that grants served.
    struct Change {
        var line: Int32
        var product: Int32
        var units: Int64
    }

    private static let open = PostgresStatement(
        "open_waiting_books",
        """
        WITH b AS (
            INSERT INTO backorder_book (product_id) SELECT DISTINCT p FROM unnest($1::int4[]) AS n(p) ORDER BY p
            ON CONFLICT (product_id) DO NOTHING
        )
        SELECT 1
        """)
    private static let lock = PostgresStatement(
        "lock_books_of_change",
        """
        SELECT b.product_id, b.waiting FROM backorder_book b
        WHERE b.product_id = ANY(ARRAY(SELECT product_id FROM cell WHERE id = ANY($1::int8[])) || $2::int4[])
        ORDER BY b.product_id FOR UPDATE OF b
        """)
    private static let leave = PostgresStatement(
        "leave_queue",
        """
        WITH o AS MATERIALIZED (
            SELECT q.line_number, q.product_id, q.channel_id, least(q.quantity, n.units) AS units
            FROM unnest($2::int2[], $3::int8[]) AS n(line, units)
            JOIN backorder_queue q ON q.order_id = $1::uuid AND q.line_number = n.line
        ), s AS (
            SELECT product_id, channel_id, sum(units)::int8 AS units FROM o GROUP BY product_id, channel_id
        ), u AS (
            UPDATE backorder_queue q SET quantity = q.quantity - o.units FROM o
            WHERE q.order_id = $1::uuid AND q.line_number = o.line_number
        ), p AS (
            UPDATE backorder_policy p SET waiting = p.waiting - s.units FROM s
            WHERE p.product_id = s.product_id AND p.channel_id = s.channel_id
        )
        UPDATE backorder_book b SET waiting = b.waiting - s.units
        FROM (SELECT product_id, sum(units)::int8 AS units FROM s GROUP BY product_id) s WHERE b.product_id = s.product_id
        """)
    private static let join = PostgresStatement(
        "join_queue",
        """
        WITH n AS (
            SELECT * FROM unnest($2::int2[], $3::int4[], $4::int8[]) AS n(line, product, units)
        ), s AS (
            SELECT product, sum(units)::int8 AS units FROM n GROUP BY product
        ), q AS (
            INSERT INTO backorder_queue (order_id, line_number, product_id, channel_id, single, captured, quantity, priority,
                since)
            SELECT $1::uuid, n.line, n.product, $5::int4, false, 0, n.units, 0, $6::timestamptz FROM n
            ON CONFLICT (order_id, line_number) DO UPDATE SET quantity = backorder_queue.quantity + excluded.quantity
        ), p AS (
            INSERT INTO backorder_policy (product_id, channel_id, cap, waiting)
            SELECT s.product, $5::int4, 0, s.units FROM s
            ON CONFLICT (product_id, channel_id) DO UPDATE SET waiting = backorder_policy.waiting + excluded.waiting
        )
        UPDATE backorder_book b SET waiting = b.waiting + s.units FROM s WHERE b.product_id = s.product
        """)

    /// The steps that lock the books which a change of an order concerns, behind the one that locks cells; the last one
    /// returns them.
    static func locking(_ cells: [CellID], _ changes: [Change]) -> [LedgerStep] {
        let products = PostgresValue.int32s(changes.map(\.product))
        let joining = changes.filter { $0.units > 0 }
        let opening: [LedgerStep] = joining.isEmpty ? [] : [(open, [.int32s(joining.map(\.product))])]
        return opening + [(lock, [.int64s(cells.map(\.rawValue)), products])]
    }

    /// Makes the queue follow the units.
    static func follow(_ changes: [Change], of head: OrderHead, on connection: PostgresConnection) throws {
        let order = PostgresValue.uuid(PostgresUUID(head.id))
        let leaving = changes.filter { $0.units < 0 }
        let joining = changes.filter { $0.units > 0 }
        var steps: [LedgerStep] = []
        if !leaving.isEmpty {
            steps.append(
                (leave, [order, .int16s(leaving.map { Int16($0.line) }), .int64s(leaving.map { -$0.units })]))
        }
        if !joining.isEmpty {
            // An order that was promised goods which are not found keeps its age.
            steps.append(
                (
                    join,
                    [
                        order, .int16s(joining.map { Int16($0.line) }), .int32s(joining.map(\.product)),
                        .int64s(joining.map(\.units)), .int32(head.channelID),
                        .timestamp(microsecondsSinceEpoch: head.placedAt.microseconds),
                    ]
                ))
        }
        if !steps.isEmpty { _ = try connection.pipeline(steps) }
    }
}

extension OrderWork {
    /// How the waiting units of tracked lines changed, but for those that grants served.
    var waitingChanges: [BackorderFollowing.Change] {
        lines.compactMap { line in
            guard line.isTracked else { return nil }
            let units = line.waitingChange + (grantsTaken[line.number] ?? 0)
            return units == 0 ? nil : .init(line: line.number, product: line.product, units: units)
        }
    }
}
