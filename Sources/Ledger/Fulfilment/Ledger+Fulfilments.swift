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
    private static let heads = PostgresStatement(
        "fulfilments_by_id", "\(fulfilmentHead) WHERE f.id = ANY($1::uuid[]) ORDER BY f.released_at, f.id",
        access: .readOnly)
    private static let headsOfOrder = PostgresStatement(
        "fulfilments_of_order", "\(fulfilmentHead) WHERE f.order_id = $1::uuid ORDER BY f.number", access: .readOnly)
    static let fulfilmentLines = PostgresStatement(
        "fulfilment_lines",
        """
        SELECT fl.fulfilment_id, fl.line_number, p.sku, p.barcode,
            CASE WHEN ol.description = '' THEN p.name ELSE ol.description END, p.tracked, fl.cell_id, fl.quantity, fl.open
        FROM fulfilment_line fl JOIN fulfilment f ON f.id = fl.fulfilment_id
        JOIN order_line ol ON ol.order_id = f.order_id AND ol.line_number = fl.line_number
        JOIN product p ON p.id = ol.product_id
        WHERE fl.fulfilment_id = ANY($1::uuid[]) ORDER BY fl.fulfilment_id, fl.line_number, fl.cell_id
        """, access: .readOnly)
    static let fulfilmentPackages = PostgresStatement(
        "fulfilment_packages",
        """
        SELECT p.fulfilment_id, p.number, p.grams, p.length, p.width, p.height, p.lines, p.quantities, p.tracking,
            EXISTS (SELECT FROM carrier_label k WHERE k.fulfilment_id = p.fulfilment_id AND k.package = p.number
                AND k.state = 3)
        FROM fulfilment_package p WHERE p.fulfilment_id = ANY($1::uuid[]) ORDER BY p.fulfilment_id, p.number
        """, access: .readOnly)
    private static let tokenOf = PostgresStatement(
        "tracking_token", "SELECT token FROM order_tracking WHERE order_id = $1::uuid", access: .readOnly)

    /// One fulfilment with its lines and packages; nil where there is none.
    public func fulfilment(_ id: EntityID) async throws -> Fulfilment? {
        try await onConnection { connection in try Ledger.fulfilment(id, on: connection)?.fulfilment }
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
        let ids = PostgresValue.uuids([PostgresUUID(id)])
        let heads = try connection.execute(heads, [ids])
        guard let row = heads.first else { return nil }
        let now = Instant(microseconds: try row.timestamp(19))
        return try whole([Fulfilment(head: row)], on: connection).first.map { ($0, now) }
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
        let ids = PostgresValue.uuids(heads.map { PostgresUUID($0.id) })
        let read = try connection.pipeline([(fulfilmentLines, [ids]), (fulfilmentPackages, [ids])])
        var places: [EntityID: Int] = [:]
        for (index, head) in heads.enumerated() { places[head.id] = index }
        var fulfilments = heads
        for row in read[0] {
            guard let place = places[EntityID(try row.uuid(0))] else { continue }
            fulfilments[place].lines.append(try Fulfilment.Line(row: row))
        }
        for row in read[1] {
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
