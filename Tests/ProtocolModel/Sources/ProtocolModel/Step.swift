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
    // Ends of a hold
    case confirm(operation: Int, partly: Bool)
    case expire(operation: Int)
    case release(operation: Int)
    case tombstone(operation: Int)
    case freeInRedis(operation: Int, cell: Int, instance: Int)
    // Rebuilder
    case raise(rebuild: Int, cell: Int, epoch: Int)
    case beginLoad(rebuild: Int, instance: Int)
    case snapshot(rebuild: Int, cell: Int)
    case load(rebuild: Int, instance: Int, part: LoadPart)
    case arm(rebuild: Int, instance: Int)
    // Network and Redis processes
    case settle(operation: Int, cell: Int, instance: Int, ver: Int)
    case sync(cell: Int, instance: Int, ver: Int)
    case replicate
    case failover
    case demote
    case restart(instance: Int)
    case flush(instance: Int)

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
        /// Nothing written: the base does not suffice.
        case guarded
        /// Nothing written: an earlier attempt wrote it.
        case stands
        /// Nothing written: the row is final.
        case final
    }

    /// What a load call carries.
    package enum LoadPart: Int, Sendable {
        case all
        case bases
        case holds
    }
}
