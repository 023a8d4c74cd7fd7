import PostgresClient

extension Ledger {
    private static let unknownChannel = PostgresStatement(
        "unknown_channel",
        """
        SELECT n.code FROM unnest($1::text[]) WITH ORDINALITY AS n(code, place)
        WHERE NOT EXISTS (SELECT FROM channel c WHERE c.code = n.code) ORDER BY n.place LIMIT 1
        """, access: .readOnly)

    /// The first of some codes that no channel has; nil where there is none.
    public func unknownChannel(among codes: [String]) async throws -> String? {
        try await onConnection { connection in
            try connection.execute(Ledger.unknownChannel, [.texts(codes)]).first?.text(0)
        }
    }
}
