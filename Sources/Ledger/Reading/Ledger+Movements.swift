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
    /// Whether cause and reason of what orders and cancellations did are kept back: they tell of every channel.
    public var hidesOrders: Bool

    /// Makes a filter.
    public init(
        sku: String = "", location: String = "", cause: EntityID? = nil, locations: Set<String>? = nil,
        hidesOrders: Bool = false
    ) {
        self.sku = sku
        self.location = location
        self.cause = cause
        self.locations = locations
        self.hidesOrders = hidesOrders
    }
}

extension Ledger {
    private static let movementColumns = """
        SELECT m.sequence, m.kind, p.sku, l.code, m.on_hand_delta, m.safety_delta, m.allocated_delta, m.cause_id,
            m.reason, m.recorded_at
        """
    private static let movementCells = """
        JOIN cell c ON c.id = m.cell_id JOIN product p ON p.id = c.product_id JOIN location l ON l.id = c.location_id
        """

    // One statement for each index that can lead: of the cause, of the article's cells, of the locations' cells, of the
    // sequence.
    private static let movementsOfCause = PostgresStatement(
        "movements_of_cause",
        """
        \(movementColumns)
        FROM stock_movement m \(movementCells)
        WHERE m.cause_id = $1::uuid AND m.sequence < $2::int8 AND m.kind <> ALL ($5::int2[])
            AND ($3::text = '' OR p.sku = $3::text) AND ($4::text[] IS NULL OR l.code = ANY($4::text[]))
        ORDER BY m.sequence DESC LIMIT $6::int4
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
    // What is looked at among the latest of all locations, before the cells of those that are asked for lead.
    private static let movementsLately = PostgresStatement(
        "movements_lately",
        """
        \(movementColumns)
        FROM (
            SELECT * FROM stock_movement n WHERE n.sequence < $1::int8 ORDER BY n.sequence DESC LIMIT 5000
        ) m \(movementCells)
        WHERE l.code = ANY($2::text[])
        ORDER BY m.sequence DESC LIMIT $3::int4
        """, access: .readOnly)
    private static let movementsOfLocations = PostgresStatement(
        "movements_of_locations",
        """
        \(movementColumns)
        FROM stock_movement m \(movementCells)
        WHERE m.sequence = ANY (ARRAY(
            SELECT n.sequence FROM location w JOIN cell d ON d.location_id = w.id CROSS JOIN LATERAL (
                SELECT e.sequence FROM stock_movement e WHERE e.cell_id = d.id AND e.sequence < $1::int8
                ORDER BY e.sequence DESC LIMIT $3::int4
            ) n
            WHERE w.code = ANY($2::text[]) ORDER BY n.sequence DESC LIMIT $3::int4))
        ORDER BY m.sequence DESC
        """, access: .readOnly)
    private static let movementsOfAll = PostgresStatement(
        "movements_of_all",
        """
        \(movementColumns)
        FROM stock_movement m \(movementCells)
        WHERE m.sequence < $1::int8
        ORDER BY m.sequence DESC LIMIT $2::int4
        """, access: .readOnly)

    /// Movements before a place in their sequence, newest first.
    public func movements(_ filter: MovementFilter, before: Int64?, limit: Int) async throws -> Page<StockMovement> {
        let codes = filter.location.isEmpty ? filter.locations : filter.locations.narrowed(to: filter.location)
        if codes?.isEmpty == true { return Page([], limit: limit) }
        let before = PostgresValue.int64(before ?? .max)
        let locations = PostgresValue.codes(codes)
        let most = PostgresValue.int32(Int32(clamping: limit + 1))
        let hidden = filter.hidesOrders ? MovementKind.allCases.filter(\.isOfOrder) : []
        let rows = try await onConnection { connection -> [StockMovement] in
            func read(_ statement: PostgresStatement, _ values: [PostgresValue]) throws -> [StockMovement] {
                try connection.execute(statement, values).map { try StockMovement(row: $0) }
            }
            if let cause = filter.cause {
                return try read(
                    Ledger.movementsOfCause,
                    [
                        .uuid(PostgresUUID(cause)), before, .text(filter.sku), locations,
                        .int16s(hidden.map(\.rawValue)), most,
                    ])
            }
            if !filter.sku.isEmpty {
                return try read(Ledger.movementsOfProduct, [.text(filter.sku), before, locations, most])
            }
            guard codes != nil else { return try read(Ledger.movementsOfAll, [before, most]) }
            // Busy locations have a page among the latest; of quiet ones every cell is asked for its own latest.
            let lately = try read(Ledger.movementsLately, [before, locations, most])
            return lately.count > limit ? lately : try read(Ledger.movementsOfLocations, [before, locations, most])
        }
        return Page(rows.map { hidden.contains($0.kind) ? $0.withoutCause : $0 }, limit: limit)
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

    /// The movement without what tells of the request behind it.
    fileprivate var withoutCause: StockMovement {
        var movement = self
        movement.cause = nil
        movement.reason = ""
        return movement
    }
}
