public import Domain
import PostgresClient

/// What a customer may know of an order.
public struct TrackedOrder: Hashable, Sendable {
    /// The order's status.
    public var status: OrderStatus
    /// When it was captured.
    public var placedAt: Instant
    /// Its parts by number, without lines.
    public var parts: [Fulfilment]
    /// Names of the stores where parts are collected, by code.
    public var stores: [String: String]
}

extension Ledger {
    /// How a customer names an order.
    public enum TrackedName: Hashable, Sendable {
        /// By the channel's number and the e-mail address of the order.
        case number(channel: String, externalID: String, email: String)
        /// By its token.
        case token(EntityID)
    }

    private static let byNumber = PostgresStatement(
        "track_by_number",
        """
        SELECT o.id, o.placed_at, ch.code, s.present, s.returns FROM orders o JOIN channel ch ON ch.id = o.channel_id
        CROSS JOIN LATERAL (\(orderUnits)) s
        WHERE ch.code = $1::text AND o.external_id = $2::text AND o.customer_email <> ''
            AND lower(o.customer_email) = lower($3::text)
        """, access: .readOnly)
    private static let byToken = PostgresStatement(
        "track_by_token",
        """
        SELECT o.id, o.placed_at, ch.code, s.present, s.returns FROM order_tracking t JOIN orders o ON o.id = t.order_id
        JOIN channel ch ON ch.id = o.channel_id CROSS JOIN LATERAL (\(orderUnits)) s WHERE t.token = $1::uuid
        """, access: .readOnly)
    private static let storeNames = PostgresStatement(
        "store_names", "SELECT code, name FROM location WHERE code = ANY($1::text[])", access: .readOnly)

    /// Where an order is, for who knows its number and address or its token.
    ///
    /// - Parameters:
    ///   - name: what the customer knows.
    ///   - channels: codes of channels that the caller deals with; nil for all.
    /// - Returns: nil where there is no such order, whichever part of the name is wrong.
    /// - Throws: `Refusal` where the database does not answer.
    public func tracked(_ name: TrackedName, within channels: Set<String>?) async throws -> TrackedOrder? {
        try await onConnection { connection in
            let rows =
                switch name {
                case .number(let channel, let externalID, let email):
                    try connection.execute(Ledger.byNumber, [.text(channel), .text(externalID), .text(email)])
                case .token(let token):
                    try connection.execute(Ledger.byToken, [.uuid(PostgresUUID(token))])
                }
            guard let row = rows.first else { return nil }
            let channel = try row.text(2)
            if let channels, !channels.contains(channel) { return nil }
            let parts = try Ledger.fulfilments(of: EntityID(try row.uuid(0)), on: connection)
            var stores: [String: String] = [:]
            let codes = Set(parts.map(\.collectAt)).subtracting([""])
            if !codes.isEmpty {
                for row in try connection.execute(Ledger.storeNames, [.texts(codes.sorted())]) {
                    stores[try row.text(0)] = try row.text(1)
                }
            }
            return TrackedOrder(
                status: OrderStatus(
                    LineStatusSet(rawValue: try row.int32(3)),
                    returns: ReturnStanding(rawValue: Int16(clamping: try row.int32(4))) ?? .idle),
                placedAt: Instant(microseconds: try row.timestamp(1)), parts: parts, stores: stores)
        }
    }
}
