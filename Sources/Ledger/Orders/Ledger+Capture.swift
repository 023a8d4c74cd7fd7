public import Domain
import PostgresClient

extension Ledger {
    static let standingOrders = PostgresStatement(
        "standing_orders",
        """
        SELECT id, channel_id, external_id, request FROM orders WHERE id = ANY($1::uuid[])
        UNION
        SELECT o.id, o.channel_id, o.external_id, o.request
        FROM unnest($2::int4[], $3::text[]) AS n(channel, number)
        JOIN orders o ON o.channel_id = n.channel AND o.external_id = n.number
        """, access: .readOnly)

    static let lockHolds = PostgresStatement(
        "lock_holds",
        "SELECT id, kind, state FROM hold WHERE id = ANY($1::uuid[]) AND kind IN (1, 2) ORDER BY id, kind FOR UPDATE")

    static let lockCells = PostgresStatement(
        "lock_cells",
        """
        SELECT c.id, c.vshard, c.on_hand, c.safety, c.allocated, c.ver, l.code, c.held_direct, s.mode
        FROM cell c JOIN location l ON l.id = c.location_id JOIN shard s ON s.id = c.vshard
        WHERE c.id = ANY($1::int8[]) ORDER BY c.id FOR NO KEY UPDATE OF c
        """)

    static let heldByCell = PostgresStatement(
        "held_by_cell",
        """
        SELECT t.cell, sum(t.quantity)::int8 FROM hold h, unnest(h.cells, h.quantities) AS t(cell, quantity)
        WHERE h.state = 1 AND h.cells && $1::int8[] AND t.cell = ANY($1::int8[]) GROUP BY t.cell
        """, access: .readOnly)

    static let openShortages = PostgresStatement(
        "open_shortages",
        """
        SELECT cell_id, sum(quantity)::int8 FROM stock_shortage
        WHERE closed_at IS NULL AND cell_id = ANY($1::int8[]) GROUP BY cell_id
        """, access: .readOnly)

    /// Orders that stand under the ids or the channels' numbers of these requests, and the reservations they name.
    public func standing(_ requests: [(request: OrderRequest, channel: Int32)]) async throws
        -> (orders: [StandingOrder], reservations: [StoredHold])
    {
        try await onConnection { connection in
            let results = try connection.pipeline([
                (Ledger.standingOrders, Ledger.keys(of: requests)),
                (
                    Ledger.storedHolds,
                    [
                        .uuids(requests.compactMap { $0.request.reservation.map { PostgresUUID($0) } }),
                        .int16(HoldKind.reservation.rawValue),
                    ]
                ),
            ])
            return (try Ledger.standingOrders(results[0]), try Ledger.storedHolds(results[1]))
        }
    }

    /// Captures orders: each with its stock, or not at all; all of them in one transaction.
    ///
    /// Locks holds by id, then cells by number, then joins the drafts that orders are placed from. The guard stands beside
    /// its effect: with every row locked, an order passes only where `on_hand - allocated` (for what it had reserved) or
    /// `on_hand - safety - allocated` (for what it takes anew) covers it after the orders before it in the batch, and where
    /// its draft is still being placed. One that fails is left out, the others go on.
    public func capture(_ entries: [CaptureEntry]) async throws -> CaptureResult {
        try await onConnection { connection in
            do {
                return try CaptureTransaction(entries: entries, connection: connection).run()
            } catch let error as PostgresError
                where error.isConflict(on: "orders_pkey") || error.isConflict(on: "orders_channel_id_external_id_key")
                || error.isConflict(on: "hold_pkey")
            {
                // Another server was faster with one of the ids; it is seen now.
                try connection.execute(.rollback)
                return try CaptureTransaction(entries: entries, connection: connection).run()
            } catch let error as PostgresError where error.isConflict(on: "journal_seq_pkey") {
                throw LedgerFault.tripwire
            }
        }
    }

    static func keys(of requests: [(request: OrderRequest, channel: Int32)]) -> [PostgresValue] {
        [
            .uuids(requests.map { PostgresUUID($0.request.id) }),
            .int32s(requests.map(\.channel)),
            .texts(requests.map(\.request.externalID)),
        ]
    }

    static func standingOrders(_ rows: PostgresRows) throws -> [StandingOrder] {
        try rows.map { row in
            StandingOrder(
                id: EntityID(try row.uuid(0)), channel: try row.int32(1), externalID: try row.text(2),
                body: try row.bytes(3))
        }
    }
}
