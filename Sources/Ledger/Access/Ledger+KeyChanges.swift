public import Domain
import PostgresClient

/// What became of a call that makes a key.
public struct MadeKey: Sendable {
    /// The key.
    public var key: ApiKey
    /// The key it replaces.
    public var replaced: ApiKey?
    /// True where an earlier call made it: the secret of this one is worth nothing.
    public var isRepeated: Bool
}

extension Ledger {
    private static let insertKey = PostgresStatement(
        "insert_key",
        """
        INSERT INTO api_key (id, prefix, secret_hash, request, name, roles, channels, locations, created_by, expires_at)
        VALUES ($1::uuid, $2::text, $3::bytea, $4::bytea, $5::text, $6::text[], $7::text[], $8::text[], $9::text,
            $10::timestamptz)
        """)
    private static let revokeKey = PostgresStatement(
        "revoke_key",
        """
        UPDATE api_key SET revoked_at = now(), changed_xid = pg_current_xact_id()
        WHERE id = $1::uuid AND revoked_at IS NULL
        """)
    private static let retireKey = PostgresStatement(
        "retire_key",
        """
        UPDATE api_key SET replaced_by = $2::uuid, changed_xid = pg_current_xact_id(),
            expires_at = least(expires_at, now() + $3::int8 * interval '1 second')
        WHERE id = $1::uuid
        """)
    private static let isPast = PostgresStatement("key_expiry_is_past", "SELECT $1::timestamptz <= now()")
    private static let recordAccess = PostgresStatement(
        "record_access",
        "INSERT INTO access_event (method, caller, request_id, subject_id) VALUES ($1::text, $2::text, $3::uuid, $4::uuid)"
    )

    /// Makes a key.
    ///
    /// A repeated id with the same body returns the key that stands. Throws `Refusal.differentBody`, and
    /// `Refusal.invalid` for an expiry that has passed by PostgreSQL's clock.
    public func createKey(_ draft: ApiKeyDraft, caller: String) async throws -> MadeKey {
        try await makingKey { connection in
            try connection.execute(.begin)
            if let key = try Ledger.standingKey(draft, on: connection) {
                return MadeKey(key: key, replaced: nil, isRepeated: true)
            }
            try Ledger.checkExpiry(draft, on: connection)
            try connection.pipeline([
                Ledger.inserting(draft, createdBy: caller),
                Ledger.recording("CreateApiKey", caller, request: draft.id, subject: nil),
            ])
            return try Ledger.committed(draft.id, replaced: nil, on: connection)
        }
    }

    /// Makes a key with the rights of another one, which stays valid for an overlap of this many seconds.
    ///
    /// `draft` gives id, prefix, hash, body and expiry; a nil expiry takes over the other key's. Throws
    /// `Refusal.notFound`, and `Refusal.wrongState` where the other key has ended or was rotated before.
    public func rotateKey(
        _ draft: ApiKeyDraft, replacing name: ApiKeyName, overlapSeconds: Int64, caller: String
    ) async throws -> MadeKey {
        try await makingKey { connection in
            try connection.execute(.begin)
            let (old, isOver) = try Ledger.lockedKey(name, on: connection)
            if let key = try Ledger.standingKey(draft, on: connection) {
                return MadeKey(key: key, replaced: old, isRepeated: true)
            }
            if old.revokedAt != nil || old.roles.isEmpty || isOver || old.replacedBy != nil {
                let state =
                    old.revokedAt != nil
                    ? "revoked" : old.roles.isEmpty ? "without a role" : isOver ? "expired" : "rotated"
                throw Refusal.wrongState(
                    .apiKey, name.description, state: state,
                    explanation:
                        "only a key that is active and was not rotated before can be replaced; create a new one")
            }
            var draft = draft
            draft.name = old.name
            draft.roles = old.roles
            draft.scope = old.scope
            draft.expiresAt = draft.expiresAt ?? old.expiresAt
            try Ledger.checkExpiry(draft, on: connection)
            try connection.pipeline([
                Ledger.inserting(draft, createdBy: caller),
                (
                    Ledger.retireKey,
                    [.uuid(PostgresUUID(old.id)), .uuid(PostgresUUID(draft.id)), .int64(overlapSeconds)]
                ),
                Ledger.recording("RotateApiKey", caller, request: draft.id, subject: old.id),
            ])
            return try Ledger.committed(draft.id, replaced: old.id, on: connection)
        }
    }

    /// Ends a key; one that was ended before stays as it is.
    ///
    /// Throws `Refusal.notFound`.
    public func revokeKey(_ name: ApiKeyName, caller: String) async throws -> ApiKey {
        try await onConnection { connection in
            try connection.execute(.begin)
            let (key, _) = try Ledger.lockedKey(name, on: connection)
            guard key.revokedAt == nil else { return key }
            let id = PostgresValue.uuid(PostgresUUID(key.id))
            let results = try connection.pipeline([
                (Ledger.revokeKey, [id]),
                Ledger.recording("RevokeApiKey", caller, request: key.id, subject: key.id),
                (Ledger.standingKey, [id]), (.commit, []),
            ])
            return try Ledger.afterCommit { try ApiKey(row: results[2].single) }
        }
    }

    // MARK: - Steps

    /// Runs a transaction that makes a key, again where a duplicate of the call was faster.
    private func makingKey(_ body: @escaping @Sendable (PostgresConnection) throws -> MadeKey) async throws -> MadeKey {
        do {
            return try await pool.withConnection { connection in try Ledger.tidily(connection, body) }
        } catch let error as PostgresError where error.isConflict(on: "api_key_pkey") {
            return try await onConnection(body)
        } catch {
            throw Ledger.refusal(of: error)
        }
    }

    private static func standingKey(_ draft: ApiKeyDraft, on connection: PostgresConnection) throws -> ApiKey? {
        guard let row = try connection.execute(standingKey, [.uuid(PostgresUUID(draft.id))]).first else { return nil }
        let stored = try row.bytes(11)
        guard stored == draft.body else { throw Refusal.differentBody(.apiKey, draft.id, stored: stored) }
        return try ApiKey(row: row)
    }

    private static func checkExpiry(_ draft: ApiKeyDraft, on connection: PostgresConnection) throws {
        guard let expiresAt = draft.expiresAt else { return }
        let values = [PostgresValue.timestamp(microsecondsSinceEpoch: expiresAt.microseconds)]
        if try connection.execute(isPast, values).single.bool(0) {
            throw Refusal.invalid([FieldViolation("expires_at", "must lie in the future")])
        }
    }

    private static func inserting(_ draft: ApiKeyDraft, createdBy caller: String) -> LedgerStep {
        (
            insertKey,
            [
                .uuid(PostgresUUID(draft.id)), .text(draft.prefix), .bytes(draft.secretHash), .bytes(draft.body),
                .text(draft.name), .texts(draft.roles.map(\.rawValue).sorted()), .codes(draft.scope.channels),
                .codes(draft.scope.locations), .text(caller),
                .timestamp(microsecondsSinceEpoch: draft.expiresAt?.microseconds ?? .max),
            ]
        )
    }

    private static func recording(
        _ method: String, _ caller: String, request: EntityID, subject: EntityID?
    ) -> LedgerStep {
        (
            recordAccess,
            [
                .text(method), .text(caller), .uuid(PostgresUUID(request)),
                .optional(subject) { .uuid(PostgresUUID($0)) },
            ]
        )
    }

    private static func committed(
        _ id: EntityID, replaced: EntityID?, on connection: PostgresConnection
    ) throws -> MadeKey {
        var steps: [LedgerStep] = [(standingKey, [.uuid(PostgresUUID(id))])]
        if let replaced { steps.append((standingKey, [.uuid(PostgresUUID(replaced))])) }
        let results = try connection.pipeline(steps + [(.commit, [])])
        return try afterCommit {
            MadeKey(
                key: try ApiKey(row: results[0].single),
                replaced: replaced == nil ? nil : try ApiKey(row: results[1].single), isRepeated: false)
        }
    }
}
