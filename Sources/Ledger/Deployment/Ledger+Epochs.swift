public import Domain
import Failpoints
import PostgresClient

/// Advisory locks of the ledger: first key of `pg_advisory_lock(int, int)`, the second is 0 where nothing is said.
enum LedgerLock {
    /// Held shared by every transaction that makes or closes a promise, exclusively while epochs and modes change.
    static let epochFence: Int32 = 0x4846_0001
    /// Held by a transaction that makes a return; the second key is of the return's id, so that calls of one id wait.
    static let newReturn: Int32 = 0x4846_0002
}

/// The epoch of a vshard.
public struct VShardEpoch: Sendable, Hashable {
    /// The vshard.
    public var vshard: VShard
    /// Its epoch.
    public var epoch: Int64

    /// Makes a pair.
    public init(vshard: VShard, epoch: Int64) {
        self.vshard = vshard
        self.epoch = epoch
    }
}

/// Which store decides what a vshard promises.
public enum AdmissionMode: Int16, Sendable, Hashable {
    /// Redis admits, PostgreSQL makes it true.
    case redis = 1
    /// PostgreSQL decides alone: Redis is away.
    case ledger = 2
}

/// A vshard's row of the fence.
public struct VShardRow: Sendable, Hashable {
    /// The vshard.
    public var vshard: VShard
    /// Its epoch: promises made under another are not journalled.
    public var epoch: Int64
    /// Which store decides.
    public var mode: AdmissionMode
}

/// What a server learns when it reports for duty.
public struct DutyRoster: Sendable {
    /// All vshards by number.
    public var vshards: [VShardRow]
    /// True where this server has the lease of the admission.
    public var isKeeper: Bool
    /// True where another server that runs can use Redis.
    public var othersSeeRedis: Bool
    /// Rises with every report of any server, and nothing else raises it: a lower one than before means that PostgreSQL went
    /// back in time.
    public var pulse: Int64
}

extension Ledger {
    /// A number that was never an epoch before, not even in a future that a restore has undone: milliseconds of the clock,
    /// or one more where that is more.
    static let nextEpoch = "greatest(epoch + 1, (extract(epoch FROM clock_timestamp()) * 1000)::int8)"

    /// Whether a server was heard of within so many milliseconds; a moment to come is one of a clock that was set back.
    private static func isFresh(_ milliseconds: String) -> String {
        "abs(extract(epoch FROM now() - seen_at)) * 1000 < \(milliseconds)::int8"
    }

    private static let readShards = PostgresStatement(
        "read_shards", "SELECT id, epoch, mode FROM shard ORDER BY id", access: .readOnly)
    private static let lockEpochs = PostgresStatement(
        "lock_epochs", "SELECT pg_advisory_xact_lock($1::int4, 0)")
    private static let fence = PostgresStatement(
        "fence_vshards",
        "UPDATE shard SET epoch = \(nextEpoch) WHERE id = ANY($1::int2[]) AND mode = 1 RETURNING id, epoch, mode")
    private static let begin = PostgresStatement(
        "begin_redis_mode",
        """
        UPDATE shard SET epoch = greatest(\(nextEpoch), $2::int8 + 1), mode = 1 WHERE id = ANY($1::int2[])
        RETURNING id, epoch, mode
        """)
    private static let beginLedgerMode = PostgresStatement(
        "begin_ledger_mode",
        "UPDATE shard SET epoch = \(nextEpoch), mode = 2 WHERE mode = 1 AND id = ANY($1::int2[]) RETURNING id, epoch, mode"
    )
    private static let sumHeld = PostgresStatement(
        "sum_held",
        """
        WITH held AS (
            SELECT t.cell, sum(t.quantity)::int8 AS quantity
            FROM hold h, unnest(h.cells, h.quantities) AS t(cell, quantity) WHERE h.state = 1 GROUP BY t.cell
        )
        UPDATE cell SET held_direct = n.quantity
        FROM (
            SELECT c.id, coalesce(h.quantity, 0) AS quantity FROM cell c LEFT JOIN held h ON h.cell = c.id
            WHERE c.vshard = ANY($1::int2[]) AND c.held_direct <> coalesce(h.quantity, 0)
        ) n WHERE cell.id = n.id
        """)
    static let patience = PostgresStatement("patience", "SET LOCAL statement_timeout = '120s'")
    private static let reportPresence = PostgresStatement(
        "report_presence",
        """
        INSERT INTO server_presence (id, sees_redis, seen_at) VALUES ($1::uuid, $2::bool, now())
        ON CONFLICT (id) DO UPDATE SET sees_redis = excluded.sees_redis, seen_at = excluded.seen_at
        """)
    private static let raisePulse = PostgresStatement(
        "raise_pulse", "UPDATE deployment SET pulse = pulse + 1 RETURNING pulse")
    private static let othersSeeRedis = PostgresStatement(
        "others_see_redis",
        """
        SELECT EXISTS (SELECT FROM server_presence
            WHERE id <> $1::uuid AND sees_redis AND \(isFresh("$2")))
        """, access: .readOnly)
    private static let keepAdmission = PostgresStatement(
        "keep_admission",
        """
        INSERT INTO lease (name, holder, expires_at)
        SELECT $1::text, $2::uuid, now() + $3::int8 * interval '1 millisecond'
        WHERE $4::bool OR NOT EXISTS (SELECT FROM server_presence
            WHERE id <> $2::uuid AND sees_redis AND \(isFresh("$3")))
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
        WHERE lease.holder = excluded.holder OR \(Ledger.isLapsed)
        """)
    private static let forgetPresence = PostgresStatement(
        "forget_presence",
        "DELETE FROM server_presence WHERE id = $1::uuid OR seen_at < now() - interval '1 hour'")

    /// Joins the fence: epochs and modes cannot change until this transaction ends.
    ///
    /// The next statement sees every change before it.
    static let joinFence = PostgresStatement(
        "join_fence", "SELECT pg_advisory_xact_lock_shared($1::int4, 0)")

    /// Joins the fence, for a transaction that looks every row up by key: PostgreSQL keeps the plans of its statements.
    ///
    /// Left alone it plans a statement that takes an array anew at each execution, because it takes the array for large, and
    /// goes through whole tables while it believes that they are small. Both cost more than the look-ups. Sorts stay allowed:
    /// without them it walks a table in the order of an index. What is switched off counts as very dear where nothing else
    /// does, which must not have it compiled at each execution.
    static let joinFenceByKey = PostgresStatement(
        "join_fence_by_key",
        """
        SELECT pg_advisory_xact_lock_shared($1::int4, 0), set_config('plan_cache_mode', 'force_generic_plan', true),
            set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)
        """)
    /// Has the statements that follow in the transaction planned by their values: arrays of many lines are joined as such.
    static let planByValues = PostgresStatement(
        "plan_by_values",
        """
        SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_hashjoin', 'on', true),
            set_config('enable_mergejoin', 'on', true)
        """)

    /// All vshards, by number.
    public func vshardRows() async throws -> [VShardRow] {
        try await onConnection { connection in try Ledger.rows(try connection.execute(Ledger.readShards)) }
    }

    /// Epochs of all vshards, by number.
    public func epochs() async throws -> [VShardEpoch] {
        try await vshardRows().map { VShardEpoch(vshard: $0.vshard, epoch: $0.epoch) }
    }

    /// Reports that a server runs and whether it can use Redis, takes or keeps the lease of the admission where it should,
    /// and returns what is the case.
    ///
    /// A server that cannot use Redis does not take the lease while another one can.
    public func report(_ server: EntityID, seesRedis: Bool, leaseMilliseconds: Int64) async throws -> DutyRoster {
        let id = PostgresValue.uuid(PostgresUUID(server))
        return try await onConnection { connection in
            let results = try connection.pipeline([
                (Ledger.reportPresence, [id, .bool(seesRedis)]),
                (
                    Ledger.keepAdmission,
                    [.text(LeaseName.admission.rawValue), id, .int64(leaseMilliseconds), .bool(seesRedis)]
                ),
                (Ledger.othersSeeRedis, [id, .int64(leaseMilliseconds)]),
                (Ledger.readShards, []),
                (Ledger.raisePulse, []),
            ])
            guard let pulse = try results[4].first?.int64(0) else { throw LedgerFault.planOutdated }
            return DutyRoster(
                vshards: try Ledger.rows(results[3]), isKeeper: results[1].affectedRows == 1,
                othersSeeRedis: try results[2].first?.bool(0) ?? false, pulse: pulse)
        }
    }

    /// Forgets a server that ends: its presence and its leases.
    public func forget(_ server: EntityID) async throws {
        for name in LeaseName.allCases { try await dropLease(name, holder: server) }
        try await onConnection { connection in
            _ = try connection.execute(Ledger.forgetPresence, [.uuid(PostgresUUID(server))])
        }
    }

    /// Raises the epochs of those of `vshards` that Redis decides: what was promised under the old ones and is not
    /// journalled yet never will be.
    ///
    /// Waits for running promises. Returns the vshards that it raised.
    @discardableResult
    public func fence(_ vshards: [VShard]) async throws -> [VShardRow] {
        try await exclusively([(Ledger.fence, [.int16s(vshards.map(\.rawValue))])])
    }

    /// Raises the epochs of vshards and gives them to Redis: the first step of loading them.
    ///
    /// Waits for running promises; later ones of the old epochs write nothing. The new epochs are above `known`, one that
    /// Redis has from a time that PostgreSQL knows nothing of.
    public func beginRedisMode(_ vshards: [VShard], above known: Int64 = 0) async throws -> [VShardRow] {
        try await exclusively([(Ledger.begin, [.int16s(vshards.map(\.rawValue)), .int64(known)])])
    }

    /// Gives vshards to PostgreSQL: their epochs rise, and `held_direct` becomes the sum of what is held.
    ///
    /// One transaction, so a crash leaves everything as it was. Returns the vshards that changed hands.
    public func beginLedgerMode(_ vshards: [VShard]) async throws -> [VShardRow] {
        try await onConnection { connection in
            _ = try connection.pipeline([
                (.begin, []), (Ledger.patience, []), (Ledger.lockEpochs, [.int32(LedgerLock.epochFence)]),
            ])
            let rows = try Ledger.rows(
                connection.execute(Ledger.beginLedgerMode, [.int16s(vshards.map(\.rawValue))]))
            _ = try connection.execute(Ledger.sumHeld, [.int16s(rows.map(\.vshard.rawValue))])
            Failpoint.ledgerModeUncommitted.pass()
            try connection.execute(.commit)
            return rows
        }
    }

    private func exclusively(_ step: [LedgerStep]) async throws -> [VShardRow] {
        try await onConnection { connection in
            let results = try connection.pipeline(
                [(.begin, []), (Ledger.lockEpochs, [.int32(LedgerLock.epochFence)])] + step + [(.commit, [])])
            return try Ledger.rows(results[2]).sorted { $0.vshard < $1.vshard }
        }
    }

    private static func rows(_ rows: PostgresRows) throws -> [VShardRow] {
        try rows.map { row in
            guard let mode = AdmissionMode(rawValue: try row.int16(2)) else { throw LedgerFault.planOutdated }
            return VShardRow(vshard: VShard(try row.int16(0)), epoch: try row.int64(1), mode: mode)
        }
    }
}
