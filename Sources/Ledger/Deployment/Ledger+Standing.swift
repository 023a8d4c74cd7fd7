public import Domain
import PostgresClient

/// How a deployment stands, as its servers report it to PostgreSQL.
public struct DeploymentStanding: Sendable {
    /// A part of the stock.
    public struct VShardEntry: Sendable, Hashable {
        /// The vshard.
        public var vshard: VShard
        /// Its epoch.
        public var epoch: Int64
        /// True where PostgreSQL decides alone what it promises.
        public var isDecidedByLedger: Bool
    }

    /// A server that runs, or ran a while ago.
    public struct Server: Sendable, Hashable {
        /// The server.
        public var id: EntityID
        /// Whether it could use Redis.
        public var seesRedis: Bool
        /// How long ago it said so, in milliseconds.
        public var silenceMilliseconds: Int64
    }

    /// Work that one server does at a time.
    public struct Lease: Sendable, Hashable {
        /// Name of the work.
        public var name: String
        /// Who does it.
        public var holder: EntityID
        /// How long the lease still runs, in milliseconds; negative where it has lapsed.
        public var remainingMilliseconds: Int64
    }

    /// Every part of the stock, by number.
    public var vshards: [VShardEntry]
    /// Servers that have reported within the last hour.
    public var servers: [Server]
    /// Leases that were ever taken and not given back.
    public var leases: [Lease]
    /// Reservations whose time has passed for longer than `grace` and that nobody has ended.
    public var overdueReservations: Int64
    /// How long the time of the eldest of them has passed, in milliseconds; 0 where there is none.
    public var longestOverdueMilliseconds: Int64
}

extension Ledger {
    private static let standingVShards = PostgresStatement(
        "standing_vshards", "SELECT id, epoch, mode = 2 FROM shard ORDER BY id", access: .readOnly)
    private static let standingServers = PostgresStatement(
        "standing_servers",
        """
        SELECT id, sees_redis, (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::int8 FROM server_presence
        WHERE seen_at > now() - interval '1 hour' ORDER BY seen_at DESC, id
        """, access: .readOnly)
    private static let standingLeases = PostgresStatement(
        "standing_leases",
        """
        SELECT name, holder, (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::int8 FROM lease ORDER BY name
        """, access: .readOnly)
    private static let overdueHolds = PostgresStatement(
        "overdue_holds",
        """
        SELECT count(*), coalesce((extract(epoch FROM now() - min(expires_at)) * 1000)::int8, 0) FROM hold
        WHERE state = 1 AND expires_at < now() - $1::int8 * interval '1 millisecond'
        """, access: .readOnly)

    /// How the deployment stands now.
    ///
    /// Reservations count as overdue from `graceMilliseconds` after their time on.
    public func standing(graceMilliseconds: Int64) async throws -> DeploymentStanding {
        try await onConnection { connection in
            let results = try connection.pipeline([
                (Ledger.standingVShards, []), (Ledger.standingServers, []), (Ledger.standingLeases, []),
                (Ledger.overdueHolds, [.int64(graceMilliseconds)]),
            ])
            let overdue = try results[3].single
            return DeploymentStanding(
                vshards: try results[0].map { row in
                    .init(
                        vshard: VShard(try row.int16(0)), epoch: try row.int64(1),
                        isDecidedByLedger: try row.bool(2))
                },
                servers: try results[1].map { row in
                    .init(
                        id: EntityID(try row.uuid(0)), seesRedis: try row.bool(1),
                        silenceMilliseconds: try row.int64(2))
                },
                leases: try results[2].map { row in
                    .init(
                        name: try row.text(0), holder: EntityID(try row.uuid(1)),
                        remainingMilliseconds: try row.int64(2))
                },
                overdueReservations: try overdue.int64(0), longestOverdueMilliseconds: try overdue.int64(1))
        }
    }
}
