public import Domain
import PostgresClient

/// What changed in the catalogue, and up to where the reader has seen everything.
public struct DirectoryChanges: Sendable {
    /// A product with its number.
    public struct ProductEntry: Sendable {
        /// Number.
        public var id: Int32
        /// Stock keeping unit.
        public var sku: String
        /// Whether stock is counted.
        public var tracked: Bool
        /// Its vshard.
        public var vshard: VShard
    }

    /// A location with its number.
    public struct LocationEntry: Sendable {
        /// Number.
        public var id: Int32
        /// Code.
        public var code: String
        /// Rank.
        public var rank: Int32
    }

    /// A channel with its number.
    public struct ChannelEntry: Sendable {
        /// Number.
        public var id: Int32
        /// Code.
        public var code: String
        /// Currency code.
        public var currency: String
    }

    /// A cell.
    public struct CellEntry: Sendable {
        /// Number.
        public var id: CellID
        /// Product number.
        public var product: Int32
        /// Location number.
        public var location: Int32
    }

    /// Transactions before this one have all been seen; pass it to the next read.
    public var horizon: UInt64
    /// Products that are new or changed.
    public var products: [ProductEntry]
    /// Locations that are new or changed.
    public var locations: [LocationEntry]
    /// Channels that are new or changed.
    public var channels: [ChannelEntry]
    /// Cells that are new.
    public var cells: [CellEntry]
}

extension Ledger {
    private static let vshardCount = PostgresStatement(
        "vshard_count", "SELECT vshards FROM deployment", access: .readOnly)
    private static let horizon = PostgresStatement(
        "directory_horizon", "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::int8", access: .readOnly)
    private static let changedProducts = PostgresStatement(
        "directory_products",
        "SELECT id, sku, tracked, vshard FROM product WHERE changed_xid >= ($1::int8)::text::xid8", access: .readOnly)
    private static let changedLocations = PostgresStatement(
        "directory_locations",
        "SELECT id, code, rank FROM location WHERE changed_xid >= ($1::int8)::text::xid8", access: .readOnly)
    private static let changedChannels = PostgresStatement(
        "directory_channels",
        "SELECT id, code, currency FROM channel WHERE changed_xid >= ($1::int8)::text::xid8", access: .readOnly)
    private static let createdCells = PostgresStatement(
        "directory_cells",
        """
        SELECT id, product_id, location_id FROM cell
        WHERE created_xid >= ($1::int8)::text::xid8 AND pool = 0 AND due = '-infinity'
        """, access: .readOnly)

    /// The number of vshards that this deployment was initialised with.
    public func vshardCount() async throws -> Int {
        try await onConnection { connection in
            guard let row = try connection.execute(Ledger.vshardCount).first else {
                throw Refusal.unavailable("the ledger is not initialised", retryAfterMilliseconds: 1_000)
            }
            return Int(try row.int16(0))
        }
    }

    /// What changed in the catalogue since `horizon`; 0 reads all.
    ///
    /// No commit is missed, some may be seen twice.
    public func directoryChanges(since horizon: UInt64) async throws -> DirectoryChanges {
        try await onConnection { connection in
            let since = PostgresValue.int64(Int64(bitPattern: horizon))
            let results = try connection.pipeline([
                (Ledger.horizon, []),
                (Ledger.changedProducts, [since]),
                (Ledger.changedLocations, [since]),
                (Ledger.changedChannels, [since]),
                (Ledger.createdCells, [since]),
            ])
            guard let first = results[0].first else {
                throw Refusal.unavailable("the ledger gave no snapshot", retryAfterMilliseconds: 100)
            }
            return DirectoryChanges(
                horizon: UInt64(bitPattern: try first.int64(0)),
                products: try results[1].map { row in
                    .init(
                        id: try row.int32(0), sku: try row.text(1), tracked: try row.bool(2),
                        vshard: VShard(try row.int16(3)))
                },
                locations: try results[2].map { row in
                    .init(id: try row.int32(0), code: try row.text(1), rank: try row.int32(2))
                },
                channels: try results[3].map { row in
                    .init(id: try row.int32(0), code: try row.text(1), currency: try row.text(2))
                },
                cells: try results[4].map { row in
                    .init(id: CellID(try row.int64(0)), product: try row.int32(1), location: try row.int32(2))
                })
        }
    }
}
