public import Domain
import PostgresClient

/// Which fulfilments a list has.
public struct FulfilmentFilter: Hashable, Sendable {
    /// Only of this order; nil is all.
    public var order: EntityID?
    /// Only of this location, or collected there; empty is all.
    public var location: String
    /// Only of this kind; nil is all.
    public var kind: FulfilmentKind?
    /// Only in this state of the kind; nil is all.
    public var standing: FulfilmentStanding?
    /// Only of this wave; nil is all.
    public var wave: EntityID?
    /// Codes of locations that the caller may see; nil for all.
    public var locations: Set<String>?
    /// Codes of channels that the caller may see; nil for all.
    public var channels: Set<String>?

    /// Makes a filter.
    public init(
        order: EntityID? = nil, location: String = "", kind: FulfilmentKind? = nil,
        standing: FulfilmentStanding? = nil, wave: EntityID? = nil, locations: Set<String>? = nil,
        channels: Set<String>? = nil
    ) {
        self.order = order
        self.location = location
        self.kind = kind
        self.standing = standing
        self.wave = wave
        self.locations = locations
        self.channels = channels
    }
}

/// Where a list of fulfilments goes on.
public struct FulfilmentKey: Hashable, Sendable {
    /// When the last one was released.
    public var releasedAt: Instant
    /// Its id.
    public var id: EntityID

    /// Makes a key.
    public init(releasedAt: Instant, id: EntityID) {
        self.releasedAt = releasedAt
        self.id = id
    }
}

/// What is to be taken from a location's shelves for one line of a fulfilment.
public struct PickPart: Hashable, Sendable {
    /// The article.
    public var sku: String
    /// What its barcode reads.
    public var barcode: String
    /// Text for people.
    public var name: String
    /// The fulfilment.
    public var fulfilment: EntityID
    /// The line of its order.
    public var line: Int32
    /// Units.
    public var quantity: Int64
}

extension Ledger {
    private static let page = PostgresStatement(
        "fulfilment_page",
        """
        \(fulfilmentHead) JOIN orders o ON o.id = f.order_id JOIN channel ch ON ch.id = o.channel_id
        WHERE (f.released_at, f.id) > ($1::timestamptz, $2::uuid)
            AND ($4::uuid IS NULL OR f.order_id = $4::uuid)
            AND ($5::text = '' OR l.code = $5::text OR c.code = $5::text)
            AND ($6::int2 = 0 OR f.kind = $6::int2) AND ($7::int2 = 0 OR f.state = $7::int2)
            AND ($8::uuid IS NULL OR f.wave_id = $8::uuid)
            AND ($9::text[] IS NULL OR l.code = ANY($9::text[]) OR c.code = ANY($9::text[]))
            AND ($10::text[] IS NULL OR ch.code = ANY($10::text[]))
        ORDER BY f.released_at, f.id LIMIT $3::int4
        """, access: .readOnly)
    private static let picks = PostgresStatement(
        "pick_parts",
        """
        SELECT p.sku, p.barcode, p.name, f.id, fl.line_number, fl.open FROM fulfilment f
        JOIN location l ON l.id = f.location_id JOIN fulfilment_line fl ON fl.fulfilment_id = f.id
        JOIN order_line ol ON ol.order_id = f.order_id AND ol.line_number = fl.line_number
        JOIN product p ON p.id = ol.product_id
        WHERE l.code = $1::text AND ($2::uuid IS NULL OR f.wave_id = $2::uuid)
            AND ((f.kind = 1 AND f.state = ANY($4::int2[])) OR (f.kind = 2 AND f.state = ANY($5::int2[])))
            AND fl.open > 0 AND p.tracked
        ORDER BY f.released_at, f.id, fl.line_number, fl.cell_id LIMIT $3::int4
        """, access: .readOnly)
    private static let fillWave = PostgresStatement(
        "fill_wave",
        """
        WITH chosen AS (
            SELECT f.id FROM fulfilment f JOIN location l ON l.id = f.location_id
            WHERE l.code = $2::text AND f.wave_id IS NULL
                AND ((f.kind = 1 AND f.state = $4::int2) OR (f.kind = 2 AND f.state = $5::int2))
            ORDER BY f.released_at, f.id LIMIT $3::int4 FOR UPDATE OF f SKIP LOCKED
        )
        UPDATE fulfilment f SET wave_id = $1::uuid FROM chosen WHERE f.id = chosen.id RETURNING f.released_at, f.id
        """)
    private static let joinWave = PostgresStatement(
        "join_wave",
        """
        WITH chosen AS (
            SELECT f.id FROM fulfilment f JOIN location l ON l.id = f.location_id
            WHERE f.id = ANY($3::uuid[]) AND l.code = $2::text AND f.wave_id IS NULL
                AND ((f.kind = 1 AND f.state = $4::int2) OR (f.kind = 2 AND f.state = $5::int2))
            ORDER BY f.id FOR UPDATE OF f
        )
        UPDATE fulfilment f SET wave_id = $1::uuid FROM chosen WHERE f.id = chosen.id RETURNING f.released_at, f.id
        """)

    /// Fulfilments after a key, oldest release first, with lines and packages.
    public func fulfilments(
        _ filter: FulfilmentFilter, after: FulfilmentKey?, limit: Int
    ) async throws -> Page<Fulfilment> {
        try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.page,
                [
                    .timestamp(microsecondsSinceEpoch: after?.releasedAt.microseconds ?? .min),
                    .uuid(PostgresUUID(after?.id ?? EntityID(high: 0, low: 0))), .int32(Int32(clamping: limit + 1)),
                    .optional(filter.order) { .uuid(PostgresUUID($0)) }, .text(filter.location),
                    .int16(filter.kind?.rawValue ?? 0), .int16(filter.standing?.stored ?? 0),
                    .optional(filter.wave) { .uuid(PostgresUUID($0)) }, .codes(filter.locations),
                    .codes(filter.channels),
                ])
            let page = Page(try rows.map { try Fulfilment(head: $0) }, limit: limit)
            return Page(elements: try Ledger.whole(page.elements, on: connection), hasMore: page.hasMore)
        }
    }

    /// What is to be picked at a location: the parts of the oldest releases.
    public func pickParts(at location: String, wave: EntityID?, limit: Int) async throws -> Page<PickPart> {
        try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.picks,
                [
                    .text(location), .optional(wave) { .uuid(PostgresUUID($0)) }, .int32(Int32(clamping: limit + 1)),
                    .int16s([FulfilmentState.released.rawValue, FulfilmentState.picking.rawValue]),
                    .int16s([PickupState.released.rawValue, PickupState.picking.rawValue]),
                ])
            return Page(
                try rows.map { row in
                    PickPart(
                        sku: try row.text(0), barcode: try row.text(1), name: try row.text(2),
                        fulfilment: EntityID(try row.uuid(3)), line: Int32(try row.int16(4)),
                        quantity: try row.int64(5))
                }, limit: limit)
        }
    }

    /// Gathers fulfilments to be picked together; the reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - id: the caller's id, and the wave's.
    ///   - location: code of the location.
    ///   - named: fulfilments that are to be in it; empty takes the oldest.
    ///   - size: most fulfilments where none are named.
    ///   - body: the request in its canonical encoding.
    ///   - caller: who asks.
    ///   - encodeReply: encodes the ids, oldest release first.
    /// - Returns: the reply, the stored one for a repetition.
    /// - Throws: `Refusal.wrongState` where one that is named is not released at this location, or is in a wave.
    public func createWave(
        _ id: EntityID, at location: String, named: [EntityID], size: Int, body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable ([EntityID]) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            try connection.execute(.begin)
            if let reply = try Ledger.storedReply(id, .wave, body: body, caller: caller, on: connection) {
                return reply
            }
            let states: [PostgresValue] = [
                .int16(FulfilmentState.released.rawValue), .int16(PickupState.released.rawValue),
            ]
            let wave = PostgresValue.uuid(PostgresUUID(id))
            let rows =
                if named.isEmpty {
                    try connection.execute(
                        Ledger.fillWave, [wave, .text(location), .int32(Int32(clamping: size))] + states)
                } else {
                    try connection.execute(
                        Ledger.joinWave, [wave, .text(location), .uuids(named.map { PostgresUUID($0) })] + states)
                }
            let joined = try rows.map { (at: try $0.timestamp(0), id: EntityID(try $0.uuid(1))) }
            if let missing = named.first(where: { id in !joined.contains { $0.id == id } }) {
                // The same call may have been faster elsewhere: this one has waited for its rows.
                if let reply = try Ledger.storedReply(id, .wave, body: body, caller: caller, on: connection) {
                    return reply
                }
                throw Refusal.wrongState(
                    .fulfilment, missing.description, state: "not to be gathered",
                    explanation: "it is not released at \(location), or is in a wave already")
            }
            let ids = joined.sorted { ($0.at, $0.id) < ($1.at, $1.id) }.map(\.id)
            let reply = try encodeReply(ids)
            _ = try connection.pipeline([
                Ledger.storing(id, .wave, body: body, reply: reply, caller: caller, subject: id), (.commit, []),
            ])
            return reply
        }
    }
}
