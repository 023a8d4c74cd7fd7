public import Domain
import PostgresClient

/// Advisory locks of the ledger: first key of `pg_advisory_lock(int, int)`, the second is 0.
enum LedgerLock {
    /// Held shared by every transaction that journals promises, exclusively while epochs rise.
    static let epochFence: Int32 = 0x4846_0001
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

extension Ledger {
    private static let readEpochs = PostgresStatement(
        "read_epochs", "SELECT id, epoch FROM shard ORDER BY id", access: .readOnly)
    private static let lockEpochs = PostgresStatement(
        "lock_epochs", "SELECT pg_advisory_xact_lock($1::int4, 0)")
    private static let raise = PostgresStatement(
        "raise_epochs",
        "UPDATE shard SET epoch = epoch + 1 WHERE id = ANY($1::int2[]) RETURNING id, epoch")

    /// Joins the fence: epochs cannot rise until this transaction ends.
    ///
    /// The next statement sees every rise before it.
    static let joinFence = PostgresStatement(
        "join_fence", "SELECT pg_advisory_xact_lock_shared($1::int4, 0)")

    /// Epochs of all vshards, by number.
    public func epochs() async throws -> [VShardEpoch] {
        try await onConnection { connection in
            try Ledger.epochs(try connection.execute(Ledger.readEpochs))
        }
    }

    /// Raises the epochs of vshards.
    ///
    /// Waits for running journal transactions; later ones of the old epochs write nothing.
    public func raiseEpochs(_ vshards: [VShard]) async throws -> [VShardEpoch] {
        try await onConnection { connection in
            let results = try connection.pipeline([
                (.begin, []),
                (Ledger.lockEpochs, [.int32(LedgerLock.epochFence)]),
                (Ledger.raise, [.int16s(vshards.map(\.rawValue))]),
                (.commit, []),
            ])
            return try Ledger.epochs(results[2]).sorted { $0.vshard < $1.vshard }
        }
    }

    private static func epochs(_ rows: PostgresRows) throws -> [VShardEpoch] {
        try rows.map { row in VShardEpoch(vshard: VShard(try row.int16(0)), epoch: try row.int64(1)) }
    }
}
