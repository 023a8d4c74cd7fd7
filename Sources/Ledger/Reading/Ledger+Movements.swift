public import Domain
import PostgresClient

/// Which movements are wanted; all of them where nothing is said.
public struct MovementFilter: Hashable, Sendable {
    /// Only this article; empty is all.
    public var sku: String
    /// Only this location; empty is all.
    public var location: String
    /// Only what this request caused.
    public var cause: EntityID?
    /// Only these locations, by code, whatever else is asked; nil is all.
    public var locations: Set<String>?

    /// Makes a filter.
    public init(
        sku: String = "", location: String = "", cause: EntityID? = nil, locations: Set<String>? = nil
    ) {
        self.sku = sku
        self.location = location
        self.cause = cause
        self.locations = locations
    }
}

extension Ledger {
    private static let movementColumns = """
        SELECT m.sequence, m.kind, p.sku, l.code, m.on_hand_delta, m.safety_delta, m.allocated_delta, m.cause_id,
            m.reason, m.recorded_at
        """

    // One statement for each index that can lead: of the cause, of the article's cells, of the sequence.
    private static let movementsOfCause = PostgresStatement(
        "movements_of_cause",
        """
        \(movementColumns)
        FROM stock_movement m JOIN cell c ON c.id = m.cell_id JOIN product p ON p.id = c.product_id
            JOIN location l ON l.id = c.location_id
        WHERE m.cause_id = $1::uuid AND m.sequence < $2::int8
            AND ($3::text = '' OR p.sku = $3::text) AND ($4::text[] IS NULL OR l.code = ANY($4::text[]))
        ORDER BY m.sequence DESC LIMIT $5::int4
        """, access: .readOnly)
    private static let movementsOfProduct = PostgresStatement(
        "movements_of_product",
        """
        \(movementColumns)
        FROM product p JOIN cell c ON c.product_id = p.id JOIN location l ON l.id = c.location_id
            CROSS JOIN LATERAL (
                SELECT * FROM stock_movement n WHERE n.cell_id = c.id AND n.sequence < $2::int8
                ORDER BY n.sequence DESC LIMIT $4::int4
            ) m
        WHERE p.sku = $1::text AND ($3::text[] IS NULL OR l.code = ANY($3::text[]))
        ORDER BY m.sequence DESC LIMIT $4::int4
        """, access: .readOnly)
    private static let movementsOfAll = PostgresStatement(
        "movements_of_all",
        """
        \(movementColumns)
        FROM stock_movement m JOIN cell c ON c.id = m.cell_id JOIN product p ON p.id = c.product_id
            JOIN location l ON l.id = c.location_id
        WHERE m.sequence < $1::int8 AND ($2::text[] IS NULL OR l.code = ANY($2::text[]))
            AND ($2::text[] IS NULL OR EXISTS (SELECT FROM location WHERE code = ANY($2::text[])))
        ORDER BY m.sequence DESC LIMIT $3::int4
        """, access: .readOnly)

    /// Movements before a place in their sequence, newest first.
    public func movements(_ filter: MovementFilter, before: Int64?, limit: Int) async throws -> Page<StockMovement> {
        let before = PostgresValue.int64(before ?? .max)
        let locations = PostgresValue.codes(
            filter.location.isEmpty ? filter.locations : filter.locations.narrowed(to: filter.location))
        let most = PostgresValue.int32(Int32(clamping: limit + 1))
        let query: (statement: PostgresStatement, values: [PostgresValue]) =
            if let cause = filter.cause {
                (
                    Ledger.movementsOfCause,
                    [.uuid(PostgresUUID(cause)), before, .text(filter.sku), locations, most]
                )
            } else if !filter.sku.isEmpty {
                (Ledger.movementsOfProduct, [.text(filter.sku), before, locations, most])
            } else {
                (Ledger.movementsOfAll, [before, locations, most])
            }
        return try await onConnection { connection in
            Page(
                try connection.execute(query.statement, query.values).map { try StockMovement(row: $0) }, limit: limit)
        }
    }
}

extension StockMovement {
    init(row: PostgresRow) throws {
        guard let kind = MovementKind(rawValue: try row.int16(1)) else {
            throw UnreadableValue(column: "stock_movement.kind")
        }
        self.init(
            sequence: try row.int64(0), kind: kind, sku: try row.text(2), location: try row.text(3),
            onHandDelta: try row.int64(4), safetyDelta: try row.int64(5), allocatedDelta: try row.int64(6),
            cause: EntityID(try row.uuid(7)), reason: try row.text(8),
            recordedAt: Instant(microseconds: try row.timestamp(9)))
    }
}
