/// What one actor does in one instant.
package enum Step: Sendable {
    // Reserver, placer, mover
    case take(operation: Int, attempt: Int, cell: Int, instance: Int, epoch: Int, answer: Answer)
    case abandon(operation: Int, attempt: Int)
    case untake(operation: Int, attempt: Int, cell: Int, instance: Int)
    case journal(operation: Int, attempt: Int, verdict: Verdict)
    case place(operation: Int, attempt: Int, verdict: Verdict)
    case adjust(operation: Int, attempt: Int, verdict: Verdict)
    case transfer(operation: Int, attempt: Int, verdict: Verdict)
    case restock(cell: Int)
    /// A transaction joins the fence; its commit is a step of its own.
    case join(operation: Int, attempt: Int)
    // Ends of a hold
    case confirm(operation: Int, partly: Bool)
    case expire(operation: Int)
    case release(operation: Int)
    case joinToClose(operation: Int)
    case tombstone(operation: Int)
    case freeInRedis(operation: Int, cell: Int, instance: Int)
    // Rebuilder
    case raise(rebuild: Int, cell: Int, epoch: Int)
    case beginLoad(rebuild: Int, instance: Int)
    case snapshot(rebuild: Int, cell: Int, part: LoadPart)
    case load(rebuild: Int, instance: Int, part: LoadPart)
    case arm(rebuild: Int, instance: Int)
    // Switches of the mode
    case switchMode(cell: Int, epoch: Int)
    case sumAhead(cell: Int)
    // Reconcilers
    case find(reconciler: Int, operation: Int)
    case resolve(reconciler: Int, operation: Int, inserted: Bool)
    // Check of figures
    case readBooks
    case readFigure(instance: Int)
    case judge(alarm: Bool)
    // Network and Redis processes
    case settle(operation: Int, cell: Int, instance: Int, ver: Int)
    case sync(cell: Int, instance: Int, ver: Int)
    case replicate
    case failover
    case demote
    case restart(instance: Int)
    case flush(instance: Int)
    case lie(instance: Int, cell: Int)
    case restore

    /// What Redis answered to a take, and what the server made of it.
    package enum Answer: Int, Sendable {
        /// Taken now.
        case new
        /// Taken by an earlier attempt.
        case exists
        /// Nothing taken: another part may have been.
        case short
        /// Taken now, below zero if need be.
        case forced
        /// Taken now, but the server had given up or drops the attempt.
        case dropped
    }

    /// What PostgreSQL answered to a transaction.
    package enum Verdict: Int, Sendable {
        /// Written by this transaction.
        case committed
        /// Nothing written: an epoch has risen.
        case fenced
        /// Nothing written: there is not enough in PostgreSQL.
        case guarded
        /// Nothing written: an earlier attempt wrote it.
        case stands
        /// Nothing written: the row is final.
        case final
    }

    /// What is read or loaded together.
    package enum LoadPart: Int, Sendable {
        case all
        case bases
        case holds
    }
}
