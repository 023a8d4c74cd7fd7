public import Domain
import PostgresClient

/// Keys that are new or changed, and up to where the reader has seen everything.
public struct KeyChanges: Sendable {
    /// Transactions before this one have all been seen; pass it to the next read.
    public var horizon: UInt64
    /// The keys, each with the SHA-256 of its secret.
    public var keys: [(key: ApiKey, secretHash: [UInt8])]
}

/// Where a list of keys goes on.
public struct ApiKeyKey: Hashable, Sendable {
    /// When the key was made.
    public var createdAt: Instant
    /// Its id, which decides between keys of one moment.
    public var id: EntityID

    /// Makes a key.
    public init(createdAt: Instant, id: EntityID) {
        self.createdAt = createdAt
        self.id = id
    }
}

extension Ledger {
    private static let keyColumns = """
        id, prefix, name, roles, channels, locations, created_at, created_by, expires_at, revoked_at, replaced_by
        """
    private static let keyHorizon = PostgresStatement(
        "key_horizon", "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::int8", access: .readOnly)
    private static let keysChanged = PostgresStatement(
        "keys_changed",
        "SELECT \(keyColumns), secret_hash FROM api_key WHERE changed_xid >= ($1::int8)::text::xid8", access: .readOnly)
    private static let keyByPrefix = PostgresStatement(
        "key_by_prefix", "SELECT \(keyColumns), secret_hash FROM api_key WHERE prefix = $1::text", access: .readOnly)
    private static let keyPage = PostgresStatement(
        "key_page",
        """
        SELECT \(keyColumns) FROM api_key WHERE (created_at, id) < ($1::timestamptz, $2::uuid)
            AND ($3::bool OR (revoked_at IS NULL AND expires_at > now() AND roles && $5::text[]))
        ORDER BY created_at DESC, id DESC LIMIT $4::int4
        """, access: .readOnly)
    private static let usableKeys = PostgresStatement(
        "usable_keys",
        """
        SELECT EXISTS (SELECT FROM api_key WHERE revoked_at IS NULL AND expires_at > now() AND roles && $1::text[])
        """, access: .readOnly)
    private static let knownRoles = PostgresValue.texts(Role.allCases.map(\.rawValue))
    static let lockKey = PostgresStatement(
        "lock_key",
        """
        SELECT \(keyColumns), expires_at <= now() FROM api_key WHERE id = $1::uuid OR prefix = $2::text FOR UPDATE
        """)
    static let standingKey = PostgresStatement(
        "standing_key", "SELECT \(keyColumns), request FROM api_key WHERE id = $1::uuid", access: .readOnly)

    /// What changed among the keys since `horizon`; 0 reads all.
    ///
    /// No commit is missed, some may be seen twice.
    public func keyChanges(since horizon: UInt64) async throws -> KeyChanges {
        try await onConnection { connection in
            let results = try connection.pipeline([
                (Ledger.keyHorizon, []), (Ledger.keysChanged, [.int64(Int64(bitPattern: horizon))]),
            ])
            return KeyChanges(
                horizon: UInt64(bitPattern: try results[0].single.int64(0)),
                keys: try results[1].map { (try ApiKey(row: $0), try $0.bytes(11)) })
        }
    }

    /// The key with a prefix, and the SHA-256 of its secret; nil where there is none.
    public func key(prefix: String) async throws -> (key: ApiKey, secretHash: [UInt8])? {
        try await onConnection { connection in
            try connection.execute(Ledger.keyByPrefix, [.text(prefix)]).first.map {
                (try ApiKey(row: $0), try $0.bytes(11))
            }
        }
    }

    /// Whether any key can be used now.
    public func hasUsableKey() async throws -> Bool {
        try await onConnection { connection in
            try connection.execute(Ledger.usableKeys, [Ledger.knownRoles]).single.bool(0)
        }
    }

    /// Keys before a place in the list, newest first.
    public func keys(includeEnded: Bool, before: ApiKeyKey?, limit: Int) async throws -> Page<ApiKey> {
        let last = ApiKeyKey(createdAt: Instant(microseconds: .max), id: EntityID(high: .max, low: .max))
        let values: [PostgresValue] = [
            .timestamp(microsecondsSinceEpoch: (before ?? last).createdAt.microseconds),
            .uuid(PostgresUUID((before ?? last).id)), .bool(includeEnded), .int32(Int32(clamping: limit + 1)),
            Ledger.knownRoles,
        ]
        return try await onConnection { connection in
            Page(try connection.execute(Ledger.keyPage, values).map { try ApiKey(row: $0) }, limit: limit)
        }
    }

    static func lockedKey(_ name: ApiKeyName, on connection: PostgresConnection) throws -> (ApiKey, isOver: Bool) {
        let values: [PostgresValue] =
            switch name {
            case .id(let id): [.uuid(PostgresUUID(id)), .null]
            case .prefix(let prefix): [.null, .text(prefix)]
            }
        guard let row = try connection.execute(lockKey, values).first else {
            throw Refusal.notFound(.apiKey, name.description)
        }
        return (try ApiKey(row: row), try row.bool(11))
    }
}

extension ApiKey {
    /// Reads a key's columns.
    init(row: PostgresRow) throws {
        // A role that a newer version made means nothing here; what remains of the key is good.
        let roles = try row.texts(3).compactMap { Role(rawValue: $0) }
        let expiry = try row.timestamp(8)
        self.init(
            id: EntityID(try row.uuid(0)), prefix: try row.text(1), name: try row.text(2), roles: Set(roles),
            scope: Scope(channels: try row.textsOrNil(4).map(Set.init), locations: try row.textsOrNil(5).map(Set.init)),
            createdAt: Instant(microseconds: try row.timestamp(6)), createdBy: try row.text(7),
            expiresAt: expiry == .max ? nil : Instant(microseconds: expiry),
            revokedAt: try row.timestampOrNil(9).map { Instant(microseconds: $0) },
            replacedBy: try row.uuidOrNil(10).map { EntityID($0) })
    }
}
