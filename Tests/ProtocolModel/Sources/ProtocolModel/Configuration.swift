/// A small world to exhaust: its supplies, what is asked for, and how often each fault may strike.
package struct Configuration: Sendable {
    /// What the command line calls it.
    package var name: String
    /// What it is there to show.
    package var purpose: String
    /// Units that each cell begins with; one or two cells.
    package var supply: [Int]
    /// What is asked for; at most four.
    package var operations: [Operation]
    /// Attempts that each operation may make, all of them at once where they like: client retries, slow servers.
    package var attempts = 2
    /// Rebuilds of a vshard, overlapping or not.
    package var rebuilds = 0
    /// Failovers to a lagging replica while the old primary lives on; at most one.
    package var failovers = 0
    /// Restarts of a Redis that keeps its keys.
    package var restarts = 0
    /// `FLUSHALL`.
    package var flushes = 0
    /// Units that arrive.
    package var restocks = 0
    /// Cells where units may arrive.
    package var restocked: [Int] = [0]
    /// Switches of a vshard to deciding in PostgreSQL; the way back is a rebuild.
    package var switches = 0
    /// Passes of reconcilers, each over one operation, on servers of their own.
    package var reconcilers = 0
    /// Units that a Redis makes up.
    package var lies = 0
    /// Times that PostgreSQL goes back to its beginning: a restored copy, an asynchronous standby.
    package var restores = 0
    /// How a rebuild reads and loads.
    package var loading = Loading.atOnce
    /// A transaction is two steps: it joins the fence and reads epochs and modes, and later it writes and commits.
    package var splitsTransactions = false
    /// A server compares the figure of the one cell in Redis with the books.
    package var checksFigures = false
    /// A server may drop an attempt whose units it has taken before it sends the transaction.
    package var givesUp = true
    /// The cleaner puts tombstones on units that have no row.
    package var cleansOrphans = true
    /// How a reservation may end without an order.
    package var closings: [Closing] = [.expire]
    /// An order may need only the first part of a reservation; the rest of it is freed.
    package var confirmsPartly = false

    /// The promises that this world can keep.
    package var promises = Set(Violation.allCases)

    /// How a rebuild reads and loads a vshard.
    package enum Loading: Sendable {
        /// One snapshot, one call.
        case atOnce
        /// One snapshot; bases and holds by separate calls.
        case inTwoCalls
        /// Holds are read and loaded, then bases: two snapshots.
        case inPages
    }

    /// How a reservation ends without an order.
    package enum Closing: Sendable {
        /// By the sweeper.
        case expire
        /// By its client.
        case release
    }

    /// Redis processes that matter.
    var instances: Int { failovers > 0 ? 2 : 1 }

    /// The place of an attempt among all attempts.
    @inline(__always)
    func place(_ operation: Int, _ attempt: Int) -> Int { operation * attempts + attempt }

    /// A name for an operation: its kind and a letter.
    package func title(of operation: Int) -> String {
        let letter = ["A", "B", "C", "D"][operation]
        switch operations[operation].kind {
        case .reservation: return "reservation \(letter)"
        case .order: return "order \(letter)"
        case .adjustment: return "adjustment \(letter)"
        case .transfer: return "transfer \(letter)"
        }
    }
}
