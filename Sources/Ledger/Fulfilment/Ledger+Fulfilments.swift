public import Domain
import PostgresClient

extension Ledger {
    static let fulfilmentHead = """
        SELECT f.id, f.order_id, f.number, f.kind, f.state, l.code, coalesce(c.code, ''), f.wave_id, f.carrier, f.service,
            f.cost, f.cost_currency, f.reference, f.released_at, f.shipped_at, f.expected_at, f.delivered_at,
            f.expires_at, f.reminded_at, now()
        FROM fulfilment f JOIN location l ON l.id = f.location_id
        LEFT JOIN location c ON c.id = f.collect_location_id
        """
    private static let head = PostgresStatement(
        "fulfilment_by_id", "\(fulfilmentHead) WHERE f.id = $1::uuid", access: .readOnly)
    private static let headsOfOrder = PostgresStatement(
        "fulfilments_of_order", "\(fulfilmentHead) WHERE f.order_id = $1::uuid ORDER BY f.number", access: .readOnly)
    // Of one fulfilment, as nearly always, PostgreSQL keeps the plan: of an array it makes one for each call, since it does not
    // know how many are in it. Each row is looked up by its key, whatever a plan believes of how large tables are.
    private static let lines = (
        ofOne: readLines("fulfilment_lines_of_one", of: "ARRAY[$1::uuid]"),
        ofMany: readLines("fulfilment_lines", of: "$1::uuid[]")
    )
    private static let packages = (
        ofOne: readPackages("fulfilment_packages_of_one", of: "ARRAY[$1::uuid]"),
        ofMany: readPackages("fulfilment_packages", of: "$1::uuid[]")
    )

    private static func readLines(_ name: String, of ids: String) -> PostgresStatement {
        PostgresStatement(
            name,
            """
            SELECT fl.fulfilment_id, fl.line_number, p.sku, p.barcode,
                CASE WHEN ol.description = '' THEN p.name ELSE ol.description END, p.tracked, fl.cell_id, fl.quantity, fl.open
            FROM unnest(\(ids)) AS n(id)
            CROSS JOIN LATERAL (SELECT order_id FROM fulfilment WHERE id = n.id OFFSET 0) f
            CROSS JOIN LATERAL (SELECT * FROM fulfilment_line WHERE fulfilment_id = n.id OFFSET 0) fl
            CROSS JOIN LATERAL (SELECT product_id, description FROM order_line
                WHERE order_id = f.order_id AND line_number = fl.line_number OFFSET 0) ol
            CROSS JOIN LATERAL (SELECT sku, barcode, name, tracked FROM product WHERE id = ol.product_id OFFSET 0) p
            ORDER BY fl.fulfilment_id, fl.line_number, fl.cell_id
            """, access: .readOnly)
    }

    private static func readPackages(_ name: String, of ids: String) -> PostgresStatement {
        PostgresStatement(
            name,
            """
            SELECT p.fulfilment_id, p.number, p.grams, p.length, p.width, p.height, p.lines, p.quantities, p.tracking,
                EXISTS (SELECT FROM carrier_label k WHERE k.fulfilment_id = p.fulfilment_id AND k.package = p.number
                    AND k.state = 3)
            FROM unnest(\(ids)) AS n(id)
            CROSS JOIN LATERAL (SELECT * FROM fulfilment_package WHERE fulfilment_id = n.id OFFSET 0) p
            ORDER BY p.fulfilment_id, p.number
            """, access: .readOnly)
    }

    private static let tokenOf = PostgresStatement(
        "tracking_token", "SELECT token FROM order_tracking WHERE order_id = $1::uuid", access: .readOnly)

    /// One fulfilment with its lines and packages; nil where there is none.
    public func fulfilment(_ id: EntityID) async throws -> Fulfilment? {
        try await onConnection { connection in try Ledger.fulfilment(id, on: connection)?.fulfilment }
    }

    /// One fulfilment without its lines and packages; nil where there is none.
    public func fulfilmentHead(_ id: EntityID) async throws -> Fulfilment? {
        try await onConnection { connection in
            try connection.execute(Ledger.head, [.uuid(PostgresUUID(id))]).first.map { try Fulfilment(head: $0) }
        }
    }

    /// The token that opens the tracking of an order; nil before its first release.
    public func trackingToken(of order: EntityID) async throws -> EntityID? {
        try await onConnection { connection in
            try connection.execute(Ledger.tokenOf, [.uuid(PostgresUUID(order))]).first.map { EntityID(try $0.uuid(0)) }
        }
    }

    /// One fulfilment as this transaction sees it, and the transaction's time; nil where there is none.
    static func fulfilment(
        _ id: EntityID, on connection: PostgresConnection
    ) throws -> (fulfilment: Fulfilment, now: Instant)? {
        let key = [PostgresValue.uuid(PostgresUUID(id))]
        let read = try connection.pipeline([(head, key), (lines.ofOne, key), (packages.ofOne, key)])
        guard let row = read[0].first else { return nil }
        let now = Instant(microseconds: try row.timestamp(19))
        return try whole([Fulfilment(head: row)], lines: read[1], packages: read[2]).first.map { ($0, now) }
    }

    /// The fulfilments of an order by number, as this transaction sees them.
    static func fulfilments(
        of order: EntityID, on connection: PostgresConnection
    ) throws -> [Fulfilment] {
        let heads = try connection.execute(headsOfOrder, [.uuid(PostgresUUID(order))]).map { try Fulfilment(head: $0) }
        return try whole(heads, on: connection)
    }

    /// The fulfilments with their lines and packages.
    static func whole(_ heads: [Fulfilment], on connection: PostgresConnection) throws -> [Fulfilment] {
        if heads.isEmpty { return [] }
        let ids = heads.map { PostgresUUID($0.id) }
        let read = try connection.pipeline(
            ids.count == 1
                ? [(lines.ofOne, [.uuid(ids[0])]), (packages.ofOne, [.uuid(ids[0])])]
                : [(lines.ofMany, [.uuids(ids)]), (packages.ofMany, [.uuids(ids)])])
        return try whole(heads, lines: read[0], packages: read[1])
    }

    private static func whole(
        _ heads: [Fulfilment], lines: PostgresRows, packages: PostgresRows
    ) throws -> [Fulfilment] {
        var places: [EntityID: Int] = [:]
        for (index, head) in heads.enumerated() { places[head.id] = index }
        var fulfilments = heads
        for row in lines {
            guard let place = places[EntityID(try row.uuid(0))] else { continue }
            fulfilments[place].lines.append(try Fulfilment.Line(row: row))
        }
        for row in packages {
            guard let place = places[EntityID(try row.uuid(0))] else { continue }
            fulfilments[place].packages.append(try FulfilmentPackage(row: row))
        }
        return fulfilments
    }
}

extension Fulfilment {
    /// Reads a fulfilment without lines and packages.
    init(head row: PostgresRow) throws {
        guard let kind = FulfilmentKind(rawValue: try row.int16(3)),
            let standing = FulfilmentStanding(kind, stored: try row.int16(4))
        else { throw UnreadableValue(column: "fulfilment.state") }
        self.init(
            id: EntityID(try row.uuid(0)), order: EntityID(try row.uuid(1)), number: try row.int32(2),
            standing: standing, location: try row.text(5), collectAt: try row.text(6),
            releasedAt: Instant(microseconds: try row.timestamp(13)))
        wave = try row.uuidOrNil(7).map { EntityID($0) }
        carrier = try row.text(8)
        service = try row.text(9)
        if let amount = try row.int64OrNil(10) {
            guard let currency = Currency(code: try row.text(11)) else {
                throw UnreadableValue(column: "fulfilment.cost_currency")
            }
            cost = Money(amount, currency)
        }
        reference = try row.text(12)
        func instant(_ column: Int) throws -> Instant? {
            try row.timestampOrNil(column).map { Instant(microseconds: $0) }
        }
        shippedAt = try instant(14)
        expectedAt = try instant(15)
        deliveredAt = try instant(16)
        expiresAt = try instant(17)
        remindedAt = try instant(18)
    }
}

extension Fulfilment.Line {
    fileprivate init(row: PostgresRow) throws {
        let cell = try row.int64(6)
        self.init(
            number: Int32(try row.int16(1)), sku: try row.text(2), barcode: try row.text(3), name: try row.text(4),
            tracked: try row.bool(5), cell: cell == 0 ? nil : CellID(cell), quantity: try row.int64(7),
            open: try row.int64(8))
    }
}

extension FulfilmentPackage {
    fileprivate init(row: PostgresRow) throws {
        self.init(
            number: Int32(try row.int16(1)), grams: try row.int64(2), length: try row.int64(3),
            width: try row.int64(4), height: try row.int64(5),
            contents: zip(try row.int16s(6), try row.int64s(7)).map { Content(line: Int32($0), quantity: $1) },
            tracking: try row.text(8), hasLabel: try row.bool(9))
    }
}
