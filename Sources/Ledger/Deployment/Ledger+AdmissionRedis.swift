public import Domain
import PostgresClient

/// A Redis that servers of this deployment have found to be theirs.
///
/// It is told by the random id under the deployment's key: the same Redis under another key prefix, or emptied, is another one.
public struct AdmissionRedis: Sendable, Hashable {
    /// The random id of its claim.
    public var instance: EntityID
    /// What its keys start with.
    public var keyPrefix: String
    /// The server that confirmed it last.
    public var server: EntityID
    /// When it was first reported.
    public var establishedAt: Instant
    /// A moment after which some server still found it; by PostgreSQL's clock, like the other.
    public var confirmedAt: Instant
    /// How long ago that was, in milliseconds.
    public var ageMilliseconds: Int64

    /// Makes a report.
    public init(
        instance: EntityID, keyPrefix: String, server: EntityID, establishedAt: Instant, confirmedAt: Instant,
        ageMilliseconds: Int64
    ) {
        self.instance = instance
        self.keyPrefix = keyPrefix
        self.server = server
        self.establishedAt = establishedAt
        self.confirmedAt = confirmedAt
        self.ageMilliseconds = ageMilliseconds
    }
}

extension Ledger {
    private static let deploymentClock = PostgresStatement(
        "deployment_clock", "SELECT id, clock_timestamp() FROM deployment", access: .readOnly)
    // The moment of the confirmation is the one before Redis was looked at: a row confirmed after another was established
    // was surely found in another Redis. A moment to come is one of a clock that was set back since.
    private static let confirmRedis = PostgresStatement(
        "confirm_admission_redis",
        """
        INSERT INTO admission_redis (instance, key_prefix, server, confirmed_at)
        VALUES ($1::uuid, $2::text, $3::uuid, $4::timestamptz)
        ON CONFLICT (instance) DO UPDATE SET server = excluded.server, key_prefix = excluded.key_prefix,
            confirmed_at = CASE WHEN admission_redis.confirmed_at > clock_timestamp() THEN excluded.confirmed_at
                ELSE greatest(admission_redis.confirmed_at, excluded.confirmed_at) END
        """)
    // A clock that was ahead and has gone back leaves reports of a time to come: they prove nothing, and would count as recent
    // until the clock has caught up. Who still uses such a Redis reports it again.
    private static let forgetRedisToCome = PostgresStatement(
        "forget_admission_redis_to_come",
        "DELETE FROM admission_redis WHERE greatest(confirmed_at, established_at) > clock_timestamp()")
    private static let forgetRedis = PostgresStatement(
        "forget_admission_redis",
        "DELETE FROM admission_redis WHERE confirmed_at < now() - $1::int8 * interval '1 millisecond'")
    private static let admissionRedis = PostgresStatement(
        "admission_redis",
        """
        SELECT instance, key_prefix, server, established_at, confirmed_at,
            (extract(epoch FROM clock_timestamp() - confirmed_at) * 1000)::int8
        FROM admission_redis ORDER BY established_at, instance
        """, access: .readOnly)
    private static let preferRedis = PostgresStatement(
        "prefer_admission_redis", "DELETE FROM admission_redis WHERE instance <> $1::uuid")

    /// Rows that no server has confirmed for this long tell nothing any more, in milliseconds.
    private static let forgetAfter: Int64 = 86_400_000

    /// The deployment that the database belongs to, and PostgreSQL's clock.
    public func deploymentClock() async throws -> (id: EntityID, now: Instant) {
        try await onConnection { connection in
            guard let row = try connection.execute(Ledger.deploymentClock).first else {
                throw Refusal.unavailable("the ledger is not initialised", retryAfterMilliseconds: 1_000)
            }
            return (EntityID(try row.uuid(0)), Instant(microseconds: try row.timestamp(1)))
        }
    }

    /// Reports that a server has found a Redis to be its deployment's, and returns all that were reported lately.
    ///
    /// `seenAt` is a moment of ``deploymentClock()`` from before Redis was looked at. The eldest comes first.
    public func confirmAdmissionRedis(
        _ instance: EntityID, keyPrefix: String, by server: EntityID, seenAt: Instant
    ) async throws -> [AdmissionRedis] {
        try await onConnection { connection in
            let results = try connection.pipeline([
                (.begin, []),
                (Ledger.forgetRedisToCome, []),
                (
                    Ledger.confirmRedis,
                    [
                        .uuid(PostgresUUID(instance)), .text(keyPrefix), .uuid(PostgresUUID(server)),
                        .timestamp(microsecondsSinceEpoch: seenAt.microseconds),
                    ]
                ),
                (Ledger.forgetRedis, [.int64(Ledger.forgetAfter)]),
                (Ledger.admissionRedis, []),
                (.commit, []),
            ])
            return try Ledger.afterCommit { try Ledger.admissionRedis(results[4]) }
        }
    }

    /// Every Redis that was reported lately; the eldest comes first.
    public func admissionRedis() async throws -> [AdmissionRedis] {
        try await onConnection { connection in
            try Ledger.admissionRedis(try connection.execute(Ledger.admissionRedis))
        }
    }

    /// Makes one Redis the eldest, so that servers that use another are the ones to be refused.
    ///
    /// The reports of the others are forgotten: a server that still uses one reports it anew, as a younger one.
    public func preferAdmissionRedis(_ instance: EntityID) async throws {
        try await onConnection { connection in
            _ = try connection.execute(Ledger.preferRedis, [.uuid(PostgresUUID(instance))])
        }
    }

    private static func admissionRedis(_ rows: PostgresRows) throws -> [AdmissionRedis] {
        try rows.map { row in
            AdmissionRedis(
                instance: EntityID(try row.uuid(0)), keyPrefix: try row.text(1), server: EntityID(try row.uuid(2)),
                establishedAt: Instant(microseconds: try row.timestamp(3)),
                confirmedAt: Instant(microseconds: try row.timestamp(4)), ageMilliseconds: try row.int64(5))
        }
    }
}
