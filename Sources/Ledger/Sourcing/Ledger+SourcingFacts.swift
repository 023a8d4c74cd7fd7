public import Domain
import PostgresClient

/// What sourcing knows of a location.
public struct SourcingLocationFacts: Hashable, Sendable {
    /// The location as the catalogue has it.
    public var location: Location
    /// What sourcing knows of it, as JSON in the form of sourcing files.
    public var document: String
    /// What is used up, by day since 1970-01-01, from the day asked for on.
    public var booked: [Int: Booking]

    /// What is used up of a day.
    public struct Booking: Hashable, Sendable {
        /// Units.
        public var units: Int64
        /// Lines.
        public var lines: Int64
        /// Orders.
        public var orders: Int64

        /// Nothing.
        static let none = Booking(units: 0, lines: 0, orders: 0)

        static func -= (sum: inout Booking, part: Booking) {
            sum.units -= part.units
            sum.lines -= part.lines
            sum.orders -= part.orders
        }
    }
}

/// What sourcing knows of an article.
public struct SourcingProductFacts: Hashable, Sendable {
    /// The article.
    public var sku: String
    /// Weight of a unit in grams.
    public var grams: Int64
    /// Volume of a unit in cubic millimetres.
    public var volume: Int64
    /// What a location must be capable of.
    public var needs: [String]

    /// Makes facts.
    public init(sku: String, grams: Int64, volume: Int64, needs: [String]) {
        self.sku = sku
        self.grams = grams
        self.volume = volume
        self.needs = needs
    }
}

extension Ledger {
    private static let locationFacts = PostgresStatement(
        "sourcing_locations",
        """
        SELECT l.code, l.name, l.kind, l.rank, l.time_zone, s.document, coalesce(b.days, '{}'), coalesce(b.units, '{}'),
            coalesce(b.lines, '{}'), coalesce(b.orders, '{}')
        FROM location_sourcing s JOIN location l ON l.id = s.location_id
        LEFT JOIN LATERAL (
            SELECT array_agg((d.day - date '1970-01-01')::int4 ORDER BY d.day) AS days,
                array_agg(d.units ORDER BY d.day) AS units, array_agg(d.lines ORDER BY d.day) AS lines,
                array_agg(d.orders ORDER BY d.day) AS orders
            FROM sourcing_day d WHERE d.location_id = s.location_id AND d.day >= date '1970-01-01' + $4::int4
                AND d.orders > 0
        ) b ON true
        WHERE l.code > $1::text AND ($3::text[] IS NULL OR l.code = ANY($3::text[])) ORDER BY l.code LIMIT $2::int4
        """, access: .readOnly)
    private static let productFacts = PostgresStatement(
        "sourcing_products",
        """
        SELECT p.sku, s.grams, s.volume, s.needs FROM product p JOIN product_sourcing s ON s.product_id = p.id
        WHERE p.sku = ANY($1::text[])
        """, access: .readOnly)
    private static let knownCodes = PostgresStatement(
        "known_locations", "SELECT code FROM location WHERE code = ANY($1::text[])", access: .readOnly)
    private static let knownSkus = PostgresStatement(
        "known_products", "SELECT sku FROM product WHERE sku = ANY($1::text[])", access: .readOnly)

    /// Sets what sourcing knows of locations, by code; all or none.
    ///
    /// Returns the reply, the stored one for a repetition. Throws `Refusal.invalid` for codes that do not exist, and
    /// `Refusal.differentBody`.
    public func upsertSourcingLocations(
        _ requestID: EntityID, _ documents: [(code: String, document: String)], body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (UpsertCount) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            try connection.execute(.begin)
            if let reply = try Ledger.storedReply(
                requestID, .catalogue, body: body, caller: caller, on: connection)
            {
                return reply
            }
            let known = try connection.execute(Ledger.knownCodes, [.texts(documents.map(\.code))]).map {
                try $0.text(0)
            }
            try Ledger.refuse(
                documents.map(\.code), notAmong: known, "locations", "code", "no location has this code")
            return try Ledger.upsert(
                SourcingLocationUpsert(documents), requestID, body: body, caller: caller, encodeReply: encodeReply,
                on: connection)
        }
    }

    /// Sets what sourcing knows of articles; all or none.
    ///
    /// Returns the reply, the stored one for a repetition. Throws `Refusal.invalid` for skus that do not exist, and
    /// `Refusal.differentBody`.
    public func upsertSourcingProducts(
        _ requestID: EntityID, _ products: [SourcingProductFacts], body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (UpsertCount) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            try connection.execute(.begin)
            if let reply = try Ledger.storedReply(
                requestID, .catalogue, body: body, caller: caller, on: connection)
            {
                return reply
            }
            let known = try connection.execute(Ledger.knownSkus, [.texts(products.map(\.sku))]).map { try $0.text(0) }
            try Ledger.refuse(products.map(\.sku), notAmong: known, "products", "sku", "no product has this sku")
            return try Ledger.upsert(
                SourcingProductUpsert(products), requestID, body: body, caller: caller, encodeReply: encodeReply,
                on: connection)
        }
    }

    /// Which of these codes locations have, and which of these skus products.
    public func knownNames(
        locations: [String], products: [String]
    ) async throws -> (locations: Set<String>, products: Set<String>) {
        try await onConnection { connection in
            let read = try connection.pipeline([
                (Ledger.knownCodes, [.texts(locations)]), (Ledger.knownSkus, [.texts(products)]),
            ])
            return (Set(try read[0].map { try $0.text(0) }), Set(try read[1].map { try $0.text(0) }))
        }
    }

    private static func refuse(
        _ names: [String], notAmong known: [String], _ list: String, _ field: String, _ description: String
    ) throws(Refusal) {
        let known = Set(known)
        let violations = names.indices.filter { !known.contains(names[$0]) }.map {
            FieldViolation("\(list)[\($0)].\(field)", description)
        }
        if !violations.isEmpty { throw .invalid(violations) }
    }

    /// What sourcing knows of locations, by code, after a code; only those of `codes` where it is not nil.
    ///
    /// What is used up of their capacity is told from `day` on, in days since 1970-01-01; without what `order` has booked for
    /// units that no fulfilment has, where it is not nil: that is free for a plan of the order.
    public func sourcingLocations(
        after: String?, limit: Int, among codes: Set<String>?, bookedFrom day: Int, but order: EntityID? = nil
    ) async throws -> Page<SourcingLocationFacts> {
        try await onConnection { connection in
            // What the order has booked is taken off the sums that it is part of: both are of one moment.
            let mode = PostgresTransactionMode.repeatableReadReadOnly
            let read = try connection.pipeline(
                [
                    (mode.begin, []),
                    (
                        Ledger.locationFacts,
                        [
                            .text(after ?? ""), .int32(Int32(clamping: limit + 1)), .codes(codes),
                            .int32(Int32(clamping: day)),
                        ]
                    ),
                ] + (order.map { DayCapacity.reading($0) } ?? []) + [(mode.commit, [])])
            let own = try order.map { _ in try DayCapacity.bookedAnew(read[2...3]) } ?? [:]
            return Page(
                try read[1].map { row in
                    let (units, lines, orders) = (try row.int64s(7), try row.int64s(8), try row.int64s(9))
                    var booked: [Int: SourcingLocationFacts.Booking] = [:]
                    let location = try Location(row: row)
                    for (index, day) in try row.int32s(6).enumerated() {
                        var sum = SourcingLocationFacts.Booking(
                            units: units[index], lines: lines[index], orders: orders[index])
                        if let own = own[location.code]?[Int(day)] { sum -= own }
                        if sum != .none { booked[Int(day)] = sum }
                    }
                    return SourcingLocationFacts(location: location, document: try row.text(5), booked: booked)
                }, limit: limit)
        }
    }

    /// What sourcing knows of articles; those of which it knows nothing are left out.
    public func sourcingProducts(_ skus: [String]) async throws -> [String: SourcingProductFacts] {
        try await onConnection { connection in
            var products: [String: SourcingProductFacts] = [:]
            for row in try connection.execute(Ledger.productFacts, [.texts(skus)]) {
                let sku = try row.text(0)
                products[sku] = SourcingProductFacts(
                    sku: sku, grams: try row.int64(1), volume: try row.int64(2), needs: try row.texts(3))
            }
            return products
        }
    }
}

private struct SourcingLocationUpsert: CatalogueUpsert {
    private let columns: [PostgresValue]
    let count: Int

    init(_ documents: [(code: String, document: String)]) {
        count = documents.count
        columns = [.texts(documents.map(\.code)), .texts(documents.map(\.document))]
    }

    private static let insert = PostgresStatement(
        "insert_location_sourcing",
        """
        INSERT INTO location_sourcing (location_id, document)
        SELECT l.id, n.document FROM unnest($1::text[], $2::text[]) AS n(code, document) JOIN location l ON l.code = n.code
        ORDER BY l.id ON CONFLICT (location_id) DO NOTHING
        """)
    private static let lock = PostgresStatement(
        "lock_location_sourcing",
        """
        SELECT s.location_id FROM location_sourcing s JOIN location l ON l.id = s.location_id
        WHERE l.code = ANY($1::text[]) ORDER BY s.location_id FOR UPDATE OF s
        """)
    private static let update = PostgresStatement(
        "update_location_sourcing",
        """
        UPDATE location_sourcing s SET document = n.document, changed_at = now()
        FROM unnest($1::text[], $2::text[]) AS n(code, document) JOIN location l ON l.code = n.code
        WHERE s.location_id = l.id AND s.document <> n.document
        """)

    var inserting: (PostgresStatement, [PostgresValue]) { (Self.insert, columns) }
    var locking: (PostgresStatement, [PostgresValue]) { (Self.lock, [columns[0]]) }
    var updating: (PostgresStatement, [PostgresValue]) { (Self.update, columns) }

    func check(_ locked: PostgresRows, on connection: PostgresConnection) throws {}
}

private struct SourcingProductUpsert: CatalogueUpsert {
    private let columns: [PostgresValue]
    let count: Int

    init(_ products: [SourcingProductFacts]) {
        count = products.count
        // What a location must be capable of is written in one text a row: codes have no control characters.
        columns = [
            .texts(products.map(\.sku)), .int64s(products.map(\.grams)), .int64s(products.map(\.volume)),
            .texts(products.map { $0.needs.joined(separator: "\u{1}") }),
        ]
    }

    private static let rows = """
        unnest($1::text[], $2::int8[], $3::int8[], $4::text[]) AS n(sku, grams, volume, needs) JOIN product p ON p.sku = n.sku
        """
    private static let insert = PostgresStatement(
        "insert_product_sourcing",
        """
        INSERT INTO product_sourcing (product_id, grams, volume, needs)
        SELECT p.id, n.grams, n.volume, string_to_array(n.needs, chr(1)) FROM \(rows)
        ORDER BY p.id ON CONFLICT (product_id) DO NOTHING
        """)
    private static let lock = PostgresStatement(
        "lock_product_sourcing",
        """
        SELECT s.product_id FROM product_sourcing s JOIN product p ON p.id = s.product_id
        WHERE p.sku = ANY($1::text[]) ORDER BY s.product_id FOR UPDATE OF s
        """)
    private static let update = PostgresStatement(
        "update_product_sourcing",
        """
        UPDATE product_sourcing s SET grams = n.grams, volume = n.volume, needs = string_to_array(n.needs, chr(1)),
            changed_at = now()
        FROM \(rows)
        WHERE s.product_id = p.id
            AND (s.grams, s.volume, s.needs) IS DISTINCT FROM (n.grams, n.volume, string_to_array(n.needs, chr(1)))
        """)

    var inserting: (PostgresStatement, [PostgresValue]) { (Self.insert, columns) }
    var locking: (PostgresStatement, [PostgresValue]) { (Self.lock, [columns[0]]) }
    var updating: (PostgresStatement, [PostgresValue]) { (Self.update, columns) }

    func check(_ locked: PostgresRows, on connection: PostgresConnection) throws {}
}
