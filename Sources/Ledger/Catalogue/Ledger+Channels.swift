public import Domain
import PostgresClient

extension Ledger {
    private static let channelPage = PostgresStatement(
        "channel_page",
        """
        SELECT c.code, c.name, c.currency, \(reviewColumns)
        FROM channel c LEFT JOIN channel_review r ON r.channel_id = c.id
        WHERE c.code > $1::text AND ($3::text[] IS NULL OR c.code = ANY($3::text[])) ORDER BY c.code LIMIT $2::int4
        """, access: .readOnly)

    /// Creates channels or replaces their description; all or none.
    ///
    /// Returns the reply, the stored one for a repetition.
    ///
    /// The codes are distinct. Throws `Refusal.differentBody` for a request id that was used with another body.
    public func upsertChannels(
        _ requestID: EntityID, _ channels: [Channel], body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (UpsertCount) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            try connection.execute(.begin)
            if let reply = try Ledger.storedReply(
                requestID, .catalogue, body: body, caller: caller, on: connection)
            {
                return reply
            }
            let turned = try Ledger.turnedReviews(channels, on: connection)
            return try Ledger.upsert(
                ChannelUpsert(channels, turned: turned), requestID, body: body, caller: caller,
                encodeReply: encodeReply, on: connection)
        }
    }

    /// Channels after a code, in ascending byte order; only those of `codes` where it is not nil.
    public func channels(
        after: String?, limit: Int, among codes: Set<String>? = nil
    ) async throws -> Page<Channel> {
        try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.channelPage, [.text(after ?? ""), .int32(Int32(clamping: limit + 1)), .codes(codes)])
            return Page(try rows.map { try Channel(row: $0) }, limit: limit)
        }
    }
}

extension Channel {
    init(row: PostgresRow) throws {
        guard let currency = Currency(code: try row.text(2)) else { throw UnreadableValue(column: "channel.currency") }
        let rules = try ReviewRules(row: row, at: 3)
        self.init(
            code: try row.text(0), name: try row.text(1), currency: currency,
            review: rules.map { .rules($0) } ?? .off)
    }
}

/// Channels to create or change.
private struct ChannelUpsert: CatalogueUpsert {
    private let columns: [PostgresValue]
    private let channels: [Channel]
    private let turned: PostgresValue
    let count: Int

    /// - Parameters:
    ///   - channels: the channels.
    ///   - turned: codes of those whose review rules are to be others than before.
    init(_ channels: [Channel], turned: [String]) {
        self.channels = channels
        self.turned = .texts(turned)
        count = channels.count
        columns = [
            .texts(channels.map(\.code)), .texts(channels.map(\.name)), .texts(channels.map(\.currency.code)),
        ]
    }

    private static let insert = PostgresStatement(
        "insert_channels",
        """
        INSERT INTO channel (code, name, currency)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS n(code) ORDER BY n.code COLLATE "C"
        ON CONFLICT (code) DO NOTHING
        """)
    private static let lock = PostgresStatement(
        "lock_channels", "SELECT id FROM channel WHERE code = ANY($1::text[]) ORDER BY code FOR UPDATE")
    private static let update = PostgresStatement(
        "update_channels",
        """
        UPDATE channel c SET name = n.name, currency = n.currency, changed_xid = pg_current_xact_id()
        FROM unnest($1::text[], $2::text[], $3::text[]) AS n(code, name, currency)
        WHERE c.code = n.code
            AND ((c.name, c.currency) IS DISTINCT FROM (n.name, n.currency) OR c.code = ANY($4::text[]))
        """)

    var inserting: (PostgresStatement, [PostgresValue]) { (ChannelUpsert.insert, columns) }
    var locking: (PostgresStatement, [PostgresValue]) { (ChannelUpsert.lock, [columns[0]]) }
    var updating: (PostgresStatement, [PostgresValue]) { (ChannelUpsert.update, columns + [turned]) }

    func check(_ locked: PostgresRows, on connection: PostgresConnection) throws {
        let reviews = Ledger.writingReviews(channels)
        if !reviews.isEmpty { _ = try connection.pipeline(reviews) }
    }
}
