/// One transaction of PostgreSQL as its own log tells it: what it left of holds, cells, shortages and vshards.
package struct CommittedTransaction: Sendable, Hashable {
    /// A row of `hold`.
    package struct Hold: Sendable, Hashable {
        package var id: String
        /// 1 reservation, 2 order, 3 movement.
        package var kind: Int
        /// 1 held, 2 confirmed, 3 released, 4 expired, 5 voided.
        package var state: Int
        package var cells: [Int64]
        package var quantities: [Int64]
        /// The calls that admitted it: vshard, epoch and number.
        package var stamps: [Stamp]
        package var order: String

        /// Makes a row.
        package init(
            id: String, kind: Int, state: Int, cells: [Int64] = [], quantities: [Int64] = [], stamps: [Stamp] = [],
            order: String = ""
        ) {
            self.id = id
            self.kind = kind
            self.state = state
            self.cells = cells
            self.quantities = quantities
            self.stamps = stamps
            self.order = order
        }
    }

    /// One admitting call.
    package struct Stamp: Sendable, Hashable {
        package var vshard: Int
        package var epoch: Int64
        package var sequence: Int64

        /// Makes a stamp.
        package init(vshard: Int, epoch: Int64, sequence: Int64) {
            self.vshard = vshard
            self.epoch = epoch
            self.sequence = sequence
        }

        /// Whether this call was admitted before the other, both of one vshard.
        package func isBefore(_ other: Stamp) -> Bool { (epoch, sequence) < (other.epoch, other.sequence) }
    }

    /// A row of `cell`.
    package struct Cell: Sendable, Hashable {
        package var id: Int64
        package var vshard: Int
        package var onHand: Int64
        package var safety: Int64
        package var allocated: Int64
        /// Live reservations, where PostgreSQL decides.
        package var heldDirect: Int64

        /// Makes a row.
        package init(id: Int64, vshard: Int, onHand: Int64, safety: Int64, allocated: Int64, heldDirect: Int64 = 0) {
            self.id = id
            self.vshard = vshard
            self.onHand = onHand
            self.safety = safety
            self.allocated = allocated
            self.heldDirect = heldDirect
        }
    }

    /// A row of `stock_shortage`.
    package struct Shortage: Sendable, Hashable {
        package var id: Int64
        package var cell: Int64
        package var quantity: Int64
        package var isOpen: Bool

        /// Makes a row.
        package init(id: Int64, cell: Int64, quantity: Int64, isOpen: Bool) {
            self.id = id
            self.cell = cell
            self.quantity = quantity
            self.isOpen = isOpen
        }
    }

    /// A row of `stock_movement`.
    package struct Movement: Sendable, Hashable {
        package var cell: Int64
        package var onHand: Int64
        package var safety: Int64
        package var allocated: Int64
        /// The request that caused it.
        package var cause: String

        /// Makes a row.
        package init(cell: Int64, onHand: Int64, safety: Int64 = 0, allocated: Int64 = 0, cause: String) {
            self.cell = cell
            self.onHand = onHand
            self.safety = safety
            self.allocated = allocated
            self.cause = cause
        }

        /// By how much it lowers what can be promised, apart from new promises; negative where it raises it.
        ///
        /// Goods that leave for the order that they were set aside for lower nothing.
        var shrink: Int64 { safety - onHand + min(0, allocated) }
    }

    /// A row of `shard`.
    package struct Shard: Sendable, Hashable {
        package var id: Int
        package var epoch: Int64
        /// 1 Redis decides, 2 PostgreSQL decides.
        package var mode: Int

        /// Makes a row.
        package init(id: Int, epoch: Int64, mode: Int = 1) {
            self.id = id
            self.epoch = epoch
            self.mode = mode
        }
    }

    /// What a transaction left of one row.
    package enum Change: Sendable, Hashable {
        case hold(Hold)
        case holdRemoved(id: String, kind: Int)
        case cell(Cell)
        case movement(Movement)
        case shortage(Shortage)
        case shard(Shard)
        /// An admitting call was journalled.
        case call(Stamp)
    }

    /// Its place in the log: transactions became durable in this order.
    package var position: UInt64
    /// When it committed by PostgreSQL's clock, in microseconds since 2000.
    package var committedAt: Int64
    /// What it left, in its own order.
    package var changes: [Change]

    /// Makes a transaction.
    package init(position: UInt64, committedAt: Int64 = 0, changes: [Change]) {
        self.position = position
        self.committedAt = committedAt
        self.changes = changes
    }
}
