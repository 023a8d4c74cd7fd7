public import Domain
import PostgresClient

/// Where articles of an order were not found when they were to be picked for it.
///
/// The order is not served from there with the article again until goods of it come in there or are counted: whoever picks for
/// the order would stand before the same shelf. Whoever names a location decides that.
struct UnfoundStock {
    private static let read = PostgresStatement(
        "unfound_stock",
        """
        SELECT p.sku, l.code FROM short_pick s JOIN location l ON l.id = s.location_id
        JOIN product p ON p.id = s.product_id WHERE s.order_id = $1::uuid
        """, access: .readOnly)
    private static let inherit = PostgresStatement(
        "inherit_short_picks",
        """
        INSERT INTO short_pick (order_id, line_number, product_id, location_id)
        SELECT DISTINCT s.order_id, n.line, s.product_id, s.location_id
        FROM short_pick s JOIN unnest($2::int2[], $3::int4[]) AS n(line, product) ON n.product = s.product_id
        WHERE s.order_id = $1::uuid ON CONFLICT DO NOTHING
        """)

    /// Codes of the locations where articles were not found, by article.
    private(set) var places: [String: Set<String>] = [:]

    /// Reads what ``reading(_:)`` returned.
    init(_ rows: PostgresRows) throws {
        for row in rows { places[try row.text(0), default: []].insert(try row.text(1)) }
    }

    /// Reads it by itself.
    init(_ order: EntityID, on connection: PostgresConnection) throws {
        try self.init(connection.pipeline([UnfoundStock.reading(order)])[0])
    }

    /// Codes of the locations where an article was not found.
    func locations(of sku: String) -> Set<String> { places[sku] ?? [] }

    /// The step that reads it.
    static func reading(_ order: EntityID) -> LedgerStep { (read, [.uuid(PostgresUUID(order))]) }

    /// The step by which new lines of an order know of it, where others of their articles do.
    static func inheriting(_ lines: [(number: Int32, product: Int32)], of order: EntityID) -> LedgerStep {
        (
            inherit,
            [
                .uuid(PostgresUUID(order)), .int16s(lines.map { Int16($0.number) }), .int32s(lines.map(\.product)),
            ]
        )
    }
}

extension Ledger {
    /// Codes of the locations where articles of an order were not found since goods of them came in there or were counted.
    ///
    /// - Parameter order: the order.
    /// - Returns: the codes by article; articles that were found everywhere are left out.
    /// - Throws: `Refusal`.
    public func unfoundStock(of order: EntityID) async throws -> [String: Set<String>] {
        try await onConnection { connection in try UnfoundStock(order, on: connection).places }
    }
}
