public import Domain
import PostgresClient

extension Ledger {
    private static let locationPage = PostgresStatement(
        "location_page",
        """
        SELECT code, name, kind, rank, time_zone FROM location
        WHERE code > $1::text AND ($3::text[] IS NULL OR code = ANY($3::text[])) ORDER BY code LIMIT $2::int4
        """, access: .readOnly)

    /// Creates locations or replaces their description; all or none.
    ///
    /// Returns the reply, the stored one for a repetition.
    ///
    /// The codes are distinct. Throws `Refusal.differentBody` for a request id that was used with another body, and
    /// `Refusal.invalid` for time zones that PostgreSQL does not know.
    public func upsertLocations(
        _ requestID: EntityID, _ locations: [Location], body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (UpsertCount) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            try connection.execute(.begin)
            if let reply = try Ledger.storedReply(
                requestID, .catalogue, body: body, caller: caller, on: connection)
            {
                return reply
            }
            return try Ledger.upsert(
                LocationUpsert(locations), requestID, body: body, caller: caller, encodeReply: encodeReply,
                on: connection)
        }
    }

    /// Locations after a code, in ascending byte order; only those of `codes` where it is not nil.
    public func locations(
        after: String?, limit: Int, among codes: Set<String>? = nil
    ) async throws -> Page<Location> {
        try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.locationPage, [.text(after ?? ""), .int32(Int32(clamping: limit + 1)), .codes(codes)])
            return Page(try rows.map { try Location(row: $0) }, limit: limit)
        }
    }
}

extension Location {
    init(row: PostgresRow) throws {
        let stored = try row.int16(2)
        guard let kind = Location.Kind(rawValue: stored) else { throw UnreadableValue(column: "location.kind") }
        self.init(
            code: try row.text(0), name: try row.text(1), kind: kind, rank: try row.int32(3), timeZone: try row.text(4))
    }
}

/// Locations to create or change.
private struct LocationUpsert: CatalogueUpsert {
    private let locations: [Location]
    private let columns: [PostgresValue]

    init(_ locations: [Location]) {
        self.locations = locations
        columns = [
            .texts(locations.map(\.code)), .texts(locations.map(\.name)), .int16s(locations.map(\.kind.rawValue)),
            .int32s(locations.map(\.rank)), .texts(locations.map(\.timeZone)),
        ]
    }

    private static let insert = PostgresStatement(
        "insert_locations",
        """
        INSERT INTO location (code, name, kind, rank, time_zone)
        SELECT * FROM unnest($1::text[], $2::text[], $3::int2[], $4::int4[], $5::text[]) AS n(code)
        ORDER BY n.code COLLATE "C" ON CONFLICT (code) DO NOTHING
        """)
    private static let lock = PostgresStatement(
        "lock_locations", "SELECT id FROM location WHERE code = ANY($1::text[]) ORDER BY code FOR UPDATE")
    private static let update = PostgresStatement(
        "update_locations",
        """
        UPDATE location l SET name = n.name, kind = n.kind, rank = n.rank, time_zone = n.time_zone,
            changed_xid = pg_current_xact_id()
        FROM unnest($1::text[], $2::text[], $3::int2[], $4::int4[], $5::text[]) AS n(code, name, kind, rank, time_zone)
        WHERE l.code = n.code
            AND (l.name, l.kind, l.rank, l.time_zone) IS DISTINCT FROM (n.name, n.kind, n.rank, n.time_zone)
        """)
    // The view reads every zone file: asked once for all zones of a call.
    private static let unknownZones = PostgresStatement(
        "unknown_time_zones",
        "SELECT zone FROM unnest($1::text[]) AS u(zone) EXCEPT SELECT name FROM pg_timezone_names", access: .readOnly)

    var count: Int { locations.count }
    var inserting: (PostgresStatement, [PostgresValue]) { (LocationUpsert.insert, columns) }
    var locking: (PostgresStatement, [PostgresValue]) { (LocationUpsert.lock, [columns[0]]) }
    var updating: (PostgresStatement, [PostgresValue]) { (LocationUpsert.update, columns) }

    func check(_ locked: PostgresRows, on connection: PostgresConnection) throws {
        let zones = Set(locations.map(\.timeZone)).subtracting(["", "UTC"])
        guard !zones.isEmpty else { return }
        let unknown = Set(
            try connection.execute(LocationUpsert.unknownZones, [.texts(zones.sorted())]).map { try $0.text(0) })
        guard !unknown.isEmpty else { return }
        throw Refusal.invalid(
            locations.enumerated().filter { unknown.contains($0.element.timeZone) }.map { index, _ in
                FieldViolation("locations[\(index)].time_zone", "is no name of an IANA time zone")
            })
    }
}
