import Domain
import PostgresClient

/// The rows of units that wait for supply; an order that lets none wait writes nothing of this.
extension CaptureRows {
    private static let queue = PostgresStatement(
        "insert_waiting_lines",
        """
        WITH w AS (
            SELECT * FROM unnest($1::uuid[], $2::int2[], $3::int4[], $4::int4[], $5::int8[], $6::text[], $7::bool[],
                $8::int4[]) AS w(id, line, product, channel, quantity, locations, single, priority)
        ), u AS (
            UPDATE line_quantity q SET quantity = q.quantity - w.quantity FROM w
            WHERE q.order_id = w.id AND q.line_number = w.line AND q.status = $9::int2
        ), s AS (
            INSERT INTO line_quantity (order_id, line_number, status, quantity)
            SELECT id, line, $10::int2, quantity FROM w
        )
        INSERT INTO backorder_queue (order_id, line_number, product_id, channel_id, locations, single, captured, quantity,
            priority, since)
        SELECT w.id, w.line, w.product, w.channel,
            coalesce((SELECT array_agg(DISTINCT c.location_id) FROM order_allocation a JOIN cell c ON c.id = a.cell_id
                WHERE w.single AND a.order_id = w.id AND a.line_number = w.line),
                string_to_array(w.locations, ',')::int4[]),
            w.single, w.quantity, w.quantity, w.priority, now() FROM w
        """)
    private static let raise = PostgresStatement(
        "raise_waiting",
        """
        WITH n AS (
            SELECT product, channel, sum(units)::int8 AS units
            FROM unnest($1::int4[], $2::int4[], $3::int8[]) AS n(product, channel, units) GROUP BY product, channel
        ), p AS (
            UPDATE backorder_policy p SET waiting = p.waiting + n.units FROM n
            WHERE p.product_id = n.product AND p.channel_id = n.channel
        )
        UPDATE backorder_book b SET waiting = b.waiting + n.units
        FROM (SELECT product, sum(units)::int8 AS units FROM n GROUP BY product) n WHERE b.product_id = n.product
        """)

    private static let tell = PostgresStatement(
        "tell_backordered",
        """
        WITH o AS (
            UPDATE orders SET events = 2, event_xid = pg_current_xact_id() WHERE id = $1::uuid RETURNING event_xid
        ), e AS (
            INSERT INTO order_event (order_id, sequence, kind, cause_id) VALUES ($1::uuid, 2, $2::int2, $1::uuid)
        ), a AS (
            INSERT INTO order_advance (order_id, sequence, status, reason, lines, befores, afters, quantities, amounts,
                locations, names, details)
            SELECT $1::uuid, 2, $3::int2, '', $4::int2[], array_fill(0::int2, ARRAY[n]),
                array_fill($5::int2, ARRAY[n]), $6::int8[], array_fill(0::int8, ARRAY[n]), array_fill(''::text, ARRAY[n]),
                '{}', '{}'
            FROM (SELECT cardinality($4::int2[]) AS n) n
        )
        INSERT INTO outbox (xid, topic, subject, subject_sequence, cause_id)
        SELECT o.event_xid, $7::text, $1::uuid, 2, $1::uuid FROM o
        """)

    /// The step that tells of the units of an order that wait, as its second event.
    static func telling(waitingOf entry: CaptureEntry) -> LedgerStep {
        let waiting = entry.waiting.sorted { $0.line < $1.line }
        var present: LineStatusSet = [LineStatusSet(.backordered)]
        for (index, line) in entry.request.lines.enumerated() {
            let units = waiting.first { $0.line == index }?.quantity ?? 0
            if units < line.demand.quantity { present.insert(LineStatusSet(entry.entering.to)) }
        }
        return (
            tell,
            [
                .uuid(PostgresUUID(entry.request.id)), .int16(OrderEventKind.backordered.rawValue),
                .int16(OrderStatus(present).rawValue), .int16s(waiting.map { Int16($0.line + 1) }),
                .int16(LineStatus.backordered.rawValue), .int64s(waiting.map(\.quantity)),
                .text(EventTopic.order(.backordered).rawValue),
            ]
        )
    }

    /// The step that raises the units which wait by article and channel.
    static func raising(_ units: [(product: Int32, channel: Int32, units: Int64)]) -> LedgerStep {
        (raise, [.int32s(units.map(\.product)), .int32s(units.map(\.channel)), .int64s(units.map(\.units))])
    }

    /// Puts the waiting units of these orders into the queue, behind their lines and allocations.
    static func waiting(_ entries: [CaptureEntry]) -> [LedgerStep] {
        let units = entries.flatMap { entry in entry.waiting.map { (entry: entry, units: $0) } }
        guard !units.isEmpty else { return [] }
        let products = units.map { $0.entry.products[$0.units.line] }
        return [
            (
                queue,
                [
                    .uuids(units.map { PostgresUUID($0.entry.request.id) }),
                    .int16s(units.map { Int16($0.units.line + 1) }),
                    .int32s(products), .int32s(units.map(\.entry.channel)), .int64s(units.map(\.units.quantity)),
                    .optionalTexts(
                        units.map { $0.units.locations.map { $0.map(String.init).joined(separator: ",") } }),
                    .bools(units.map(\.units.single)),
                    .int32s(units.map { $0.entry.request.lines[$0.units.line].backorder?.priority ?? 0 }),
                    .int16(LineStatus.allocated.rawValue), .int16(LineStatus.backordered.rawValue),
                ]
            ),
            raising(
                units.indices.map { (products[$0], units[$0].entry.channel, units[$0].units.quantity) }),
        ]
    }
}
