/// A step's name and how it ended, without who and where.
///
/// A run notes which kinds it has met, so that a configuration that no longer exercises a rule is noticed.
package enum StepKind: Int, CaseIterable, Sendable {
    case takeNew, takeExists, takeShort, forcedTake, takeDropped
    case abandon, untake
    case journalCommitted, journalFenced, journalGuarded, journalStands, journalFinal
    case placeCommitted, placeFenced, placeGuarded, placeStands, placeFinal
    case adjustCommitted, adjustFenced, adjustStands, adjustFinal
    case transferCommitted, transferFenced, transferGuarded, transferStands, transferFinal
    case restock, join
    case confirm, confirmPartly, expire, release, joinToClose, tombstone, freeInRedis
    case raise, beginLoad, snapshot, readBases, readHolds, load, loadBases, loadHolds, arm
    case switchMode, sumAhead
    case find, tombstoneInserted, tombstoneConflicts
    case readBooks, readFigure, judge
    case settle, sync
    case replicate, failover, demote, restart, flush, lie, restore
}

extension Step {
    /// The kind of this step.
    package var kind: StepKind {
        switch self {
        case .take(_, _, _, _, _, let answer):
            switch answer {
            case .new: .takeNew
            case .exists: .takeExists
            case .short: .takeShort
            case .forced: .forcedTake
            case .dropped: .takeDropped
            }
        case .abandon: .abandon
        case .untake: .untake
        case .journal(_, _, let verdict):
            switch verdict {
            case .committed: .journalCommitted
            case .fenced: .journalFenced
            case .stands: .journalStands
            case .final: .journalFinal
            case .guarded: .journalGuarded
            }
        case .place(_, _, let verdict):
            switch verdict {
            case .committed: .placeCommitted
            case .fenced: .placeFenced
            case .guarded: .placeGuarded
            case .stands: .placeStands
            case .final: .placeFinal
            }
        case .adjust(_, _, let verdict):
            switch verdict {
            case .committed: .adjustCommitted
            case .fenced: .adjustFenced
            case .stands: .adjustStands
            case .final: .adjustFinal
            case .guarded: preconditionFailure("an adjustment is physical truth: it has no guard")
            }
        case .transfer(_, _, let verdict):
            switch verdict {
            case .committed: .transferCommitted
            case .fenced: .transferFenced
            case .guarded: .transferGuarded
            case .stands: .transferStands
            case .final: .transferFinal
            }
        case .restock: .restock
        case .join: .join
        case .confirm(_, let partly): partly ? .confirmPartly : .confirm
        case .expire: .expire
        case .release: .release
        case .joinToClose: .joinToClose
        case .tombstone: .tombstone
        case .freeInRedis: .freeInRedis
        case .raise: .raise
        case .beginLoad: .beginLoad
        case .snapshot(_, _, let part):
            switch part {
            case .all: .snapshot
            case .bases: .readBases
            case .holds: .readHolds
            }
        case .load(_, _, let part):
            switch part {
            case .all: .load
            case .bases: .loadBases
            case .holds: .loadHolds
            }
        case .arm: .arm
        case .switchMode: .switchMode
        case .sumAhead: .sumAhead
        case .find: .find
        case .resolve(_, _, let inserted): inserted ? .tombstoneInserted : .tombstoneConflicts
        case .readBooks: .readBooks
        case .readFigure: .readFigure
        case .judge: .judge
        case .settle: .settle
        case .sync: .sync
        case .replicate: .replicate
        case .failover: .failover
        case .demote: .demote
        case .restart: .restart
        case .flush: .flush
        case .lie: .lie
        case .restore: .restore
        }
    }
}
