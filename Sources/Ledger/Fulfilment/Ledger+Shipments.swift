public import Domain
import PostgresClient

/// Both ends of a fulfilment's way, as a label shows them; empty texts where not known.
public struct ShipmentEnds: Hashable, Sendable {
    /// Name of the location that sends it.
    public var sender: String
    /// Who receives it.
    public var recipient: String
    /// Street, town and region of the recipient.
    public var lines: [String]
    /// The recipient's postcode.
    public var postcode: String
    /// ISO 3166 code of the recipient's country.
    public var country: String
    /// Code of the carrier's service that was sold with the order; empty for any.
    public var service: String
}

extension Ledger {
    private static let ends = PostgresStatement(
        "shipment_ends",
        """
        SELECT l.name, l.code, o.customer_name, o.customer_country, coalesce(d.name, ''), coalesce(d.lines, '{}'),
            coalesce(d.city, ''), coalesce(d.region, ''), coalesce(d.postcode, ''), coalesce(d.country, ''),
            coalesce((SELECT s.service FROM order_delivery s WHERE s.order_id = o.id
                ORDER BY s.sequence DESC LIMIT 1), '')
        FROM fulfilment f JOIN orders o ON o.id = f.order_id JOIN location l ON l.id = f.location_id
        LEFT JOIN LATERAL (SELECT * FROM order_delivery d WHERE d.order_id = o.id AND d.has_address
            ORDER BY d.sequence DESC LIMIT 1) d ON true
        WHERE f.id = $1::uuid
        """, access: .readOnly)
    private static let standIns = PostgresStatement(
        "stand_in_locations",
        """
        SELECT p.sku, l.code FROM product p JOIN cell c ON c.product_id = p.id JOIN location l ON l.id = c.location_id
        WHERE p.sku = ANY($1::text[]) AND l.code <> $2::text AND c.pool = 0 AND c.due = '-infinity'
            AND NOT EXISTS (SELECT FROM short_pick s
                WHERE s.order_id = $4::uuid AND s.product_id = p.id AND s.location_id = l.id)
        ORDER BY p.sku, l.rank, l.code LIMIT $3::int4
        """, access: .readOnly)

    /// Both ends of a fulfilment's way.
    public func ends(of fulfilment: EntityID) async throws -> ShipmentEnds? {
        try await onConnection { connection in
            guard let row = try connection.execute(Ledger.ends, [.uuid(PostgresUUID(fulfilment))]).first else {
                return nil
            }
            func text(_ column: Int, else other: Int) throws -> String {
                let text = try row.text(column)
                return text.isEmpty ? try row.text(other) : text
            }
            return ShipmentEnds(
                sender: try text(0, else: 1), recipient: try text(4, else: 2),
                lines: (try row.texts(5) + [try row.text(6), try row.text(7)]).filter { !$0.isEmpty },
                postcode: try row.text(8), country: try text(9, else: 3), service: try row.text(10))
        }
    }

    /// Other locations that have ever had articles, by article, in the order in which locations are taken from;
    /// none where an order's units of the article were not found since it came in or was counted.
    public func standInLocations(
        for skus: Set<String>, beside location: String, of order: EntityID, limit: Int
    ) async throws -> [String: [String]] {
        try await onConnection { connection in
            var codes: [String: [String]] = [:]
            let rows = try connection.execute(
                Ledger.standIns,
                [
                    .texts(skus.sorted()), .text(location), .int32(Int32(clamping: limit)),
                    .uuid(PostgresUUID(order)),
                ])
            for row in rows { codes[try row.text(0), default: []].append(try row.text(1)) }
            return codes
        }
    }
}
