public import Domain
import PostgresClient

/// A configuration of sourcing as it is stored.
public struct StoredSourcingConfig: Hashable, Sendable {
    /// The version: SHA-256 of the document, in hexadecimal.
    public var version: String
    /// What it says, as JSON in its canonical form.
    public var document: String
    /// When it was stored first.
    public var createdAt: Instant
}

extension Ledger {
    private static let insertConfig = PostgresStatement(
        "insert_sourcing_config",
        """
        INSERT INTO sourcing_config (version, document, created_by) VALUES ($1::text, $2::text, $3::text)
        ON CONFLICT (version) DO NOTHING
        """)
    private static let nameConfig = PostgresStatement(
        "name_sourcing_config",
        """
        INSERT INTO sourcing_config_name (name, version) VALUES ($1::text, $2::text)
        ON CONFLICT (name) DO UPDATE SET version = excluded.version, changed_at = now()
        """)
    private static let configByName = PostgresStatement(
        "sourcing_config_by_name",
        """
        SELECT c.version, c.document, c.created_at FROM sourcing_config_name n JOIN sourcing_config c USING (version)
        WHERE n.name = $1::text
        """, access: .readOnly)
    private static let configByVersion = PostgresStatement(
        "sourcing_config_by_version",
        "SELECT version, document, created_at FROM sourcing_config WHERE version = $1::text", access: .readOnly)

    /// Stores a configuration under its version, and points a name to it.
    ///
    /// `encodeReply` is told whether the version was not stored before. Returns the reply, the stored one for a
    /// repetition. Throws `Refusal.differentBody`.
    public func upsertSourcingConfig(
        _ requestID: EntityID, name: String, version: String, document: String, body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (Bool) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            try connection.execute(.begin)
            if let reply = try Ledger.storedReply(
                requestID, .sourcing, body: body, caller: caller, on: connection)
            {
                return reply
            }
            let inserted = try connection.pipeline([
                (Ledger.insertConfig, [.text(version), .text(document), .text(caller.id)]),
                (Ledger.nameConfig, [.text(name), .text(version)]),
            ])
            let reply = try encodeReply(inserted[0].affectedRows == 1)
            _ = try connection.pipeline([
                Ledger.storing(requestID, .sourcing, body: body, reply: reply, caller: caller), (.commit, []),
            ])
            return reply
        }
    }

    /// The configuration that a name points to, or nil.
    public func sourcingConfig(named name: String) async throws -> StoredSourcingConfig? {
        try await onConnection { connection in
            try StoredSourcingConfig(connection.execute(Ledger.configByName, [.text(name)]))
        }
    }

    /// The configuration of a version, or nil.
    public func sourcingConfig(version: String) async throws -> StoredSourcingConfig? {
        try await onConnection { connection in
            try StoredSourcingConfig(connection.execute(Ledger.configByVersion, [.text(version)]))
        }
    }
}

extension StoredSourcingConfig {
    fileprivate init?(_ rows: PostgresRows) throws {
        guard let row = rows.first else { return nil }
        version = try row.text(0)
        document = try row.text(1)
        createdAt = Instant(microseconds: try row.timestamp(2))
    }
}
