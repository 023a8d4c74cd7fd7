public import Domain
import PostgresClient

extension Ledger {
    private static let reservationHead = PostgresStatement(
        "reservation_head",
        """
        SELECT coalesce(c.code, ''), CASE WHEN h.state = 1 AND h.expires_at <= now() THEN 4::int2 ELSE h.state END,
            h.created_at, h.expires_at, h.order_id, h.state = 1 AND h.expires_at <= now()
        FROM hold h LEFT JOIN channel c ON c.id = h.channel_id WHERE h.id = $1::uuid AND h.kind = 1
        """, access: .readOnly)
    private static let reservationUnits = PostgresStatement(
        "reservation_units",
        """
        SELECT t.line, p.sku, l.code, t.quantity
        FROM hold h, unnest(h.lines, h.cells, h.quantities) WITH ORDINALITY AS t(line, cell, quantity, position)
            JOIN cell c ON c.id = t.cell JOIN product p ON p.id = c.product_id JOIN location l ON l.id = c.location_id
        WHERE h.id = $1::uuid AND h.kind = 1 ORDER BY t.line, t.position
        """, access: .readOnly)

    /// A reservation as it stands, or nil.
    ///
    /// One whose time has passed is told as expired; `isDue` where nobody has ended it yet, so that an order may still be
    /// faster.
    public func reservation(_ id: EntityID) async throws -> (reservation: Reservation, isDue: Bool)? {
        try await onConnection { connection in
            let values = [PostgresValue.uuid(PostgresUUID(id))]
            // Units never change once they stand; a hold that appears between the two reads has units and no head.
            let results = try connection.pipeline([
                (Ledger.reservationHead, values), (Ledger.reservationUnits, values),
            ])
            guard let head = results[0].first else { return nil }
            guard let state = HoldState(rawValue: try head.int16(1)) else {
                throw UnreadableValue(column: "hold.state")
            }
            var lines: [Reservation.Line] = []
            var current: Int32?
            for row in results[1] {
                let line = try row.int32(0)
                if line != current {
                    lines.append(.init(sku: try row.text(1), quantity: 0, allocations: []))
                    current = line
                }
                let allocation = Allocation(location: try row.text(2), quantity: try row.int64(3))
                lines[lines.count - 1].quantity += allocation.quantity
                lines[lines.count - 1].allocations.append(allocation)
            }
            let reservation = Reservation(
                id: id, channel: try head.text(0), state: state, lines: lines,
                createdAt: Instant(microseconds: try head.timestamp(2)),
                expiresAt: Instant(microseconds: try head.timestamp(3)),
                order: try head.uuidOrNil(4).map { EntityID($0) })
            return (reservation, try head.bool(5))
        }
    }
}
