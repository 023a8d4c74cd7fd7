public import Domain
import PostgresClient

/// Units of a line that are to wait for supply.
public struct WaitingUnits: Sendable, Hashable {
    /// Index of the line in the request.
    public var line: Int
    /// Units, at least 1.
    public var quantity: Int64
    /// Numbers of the locations that may serve them; nil is any.
    public var locations: [Int32]?
    /// True where one location must serve the whole line.
    public var single: Bool

    /// Makes units.
    public init(line: Int, quantity: Int64, locations: [Int32]?, single: Bool) {
        self.line = line
        self.quantity = quantity
        self.locations = locations
        self.single = single
    }
}

/// How the articles of an order that may wait stood before the order's stock was asked for.
///
/// What waits is decided on this: where there was supply meanwhile, the order asks for stock again.
public struct BackorderStanding: Sendable, Hashable {
    /// How often there was supply, by product; articles that may not wait are missing.
    public var supply: [Int32: Int64]
    /// Units that may still be let wait in the order's channel, by product.
    public var left: [Int32: Int64]
    /// Figures of the cells that may serve the order, as they were then.
    public var bases: [Settlement.Base]
}

/// The locked books of articles that may wait, as the orders of a batch leave them.
struct BackorderBooks {
    private struct Key: Hashable {
        var product: Int32
        var channel: Int32
    }

    private var supply: [Int32: Int64] = [:]
    private var left: [Key: Int64] = [:]

    private static let lock = PostgresStatement(
        "lock_waiting_books",
        """
        SELECT product_id, supply FROM backorder_book WHERE product_id = ANY($1::int4[])
        ORDER BY product_id FOR UPDATE
        """)
    private static let caps = PostgresStatement(
        "backorder_caps",
        """
        SELECT product_id, channel_id, greatest(cap - waiting, 0) FROM backorder_policy WHERE product_id = ANY($1::int4[])
        """, access: .readOnly)

    /// The steps that lock and read the books of these articles, behind the one that locks cells.
    static func reading(_ products: [Int32]) -> [LedgerStep] {
        [(lock, [.int32s(products)]), (caps, [.int32s(products)])]
    }

    /// Books of articles none of which may wait.
    init() {}

    /// Books as the two steps have read them.
    init(_ supply: PostgresRows, _ caps: PostgresRows) throws {
        for row in supply { self.supply[try row.int32(0)] = try row.int64(1) }
        for row in caps {
            left[Key(product: try row.int32(0), channel: try row.int32(1))] = try row.int64(2)
        }
    }

    /// Whether there was supply of an article since it was looked at.
    func hadSupply(of product: Int32, since standing: Int64?) -> Bool {
        standing == nil || supply[product] != standing
    }

    /// Units of an article that may still be let wait in a channel.
    func left(of product: Int32, in channel: Int32) -> Int64 {
        left[Key(product: product, channel: channel)] ?? 0
    }

    /// Lets units wait.
    mutating func add(_ units: Int64, of product: Int32, in channel: Int32) {
        left[Key(product: product, channel: channel), default: 0] -= units
    }
}

extension Ledger {
    private static let standing = PostgresStatement(
        "backorder_standing",
        """
        SELECT b.product_id, b.supply, coalesce(greatest(p.cap - p.waiting, 0), 0)
        FROM backorder_book b LEFT JOIN backorder_policy p ON p.product_id = b.product_id AND p.channel_id = $2::int4
        WHERE b.product_id = ANY($1::int4[])
        """, access: .readOnly)

    /// How articles stand that may wait in a channel, with the figures of cells, in one snapshot.
    public func backorderStanding(
        of products: [Int32], channel: Int32, cells: [CellID]
    ) async throws -> BackorderStanding {
        try await onConnection { connection in
            let read = try connection.pipeline([
                (PostgresTransactionMode.repeatableReadReadOnly.begin, []),
                (Ledger.standing, [.int32s(products), .int32(channel)]),
                (Ledger.cellBases, [.int64s(cells.map(\.rawValue))]),
                (PostgresTransactionMode.repeatableReadReadOnly.commit, []),
            ])
            var standing = BackorderStanding(supply: [:], left: [:], bases: try Ledger.bases(read[2]))
            for row in read[1] {
                let product = try row.int32(0)
                standing.supply[product] = try row.int64(1)
                standing.left[product] = try row.int64(2)
            }
            return standing
        }
    }
}
