/// The protocol with one of its rules removed.
///
/// The checker must refute every one of them.
package enum Mutant: String, CaseIterable, Sendable {
    /// An expiry frees the units in Redis before PostgreSQL has decided.
    case expireRedisFirst
    /// Units without a row go back without a tombstone that keeps the row from coming.
    case orphanWithoutTombstone
    /// The journal does not compare epochs.
    case noEpochCheck
    /// A Redis admits by its keys alone, whoever armed whichever process.
    case noArmCheck
    /// A Redis admits by its process's mark alone, whether or not the keys are still there.
    case noStoredEpochCheck
    /// A negative adjustment lowers the base before anything was taken in Redis.
    case adjustPostgresFirst
    /// The transaction of a negative adjustment does not compare epochs.
    case adjustWithoutFence
    /// A settle adds its units whether or not Redis still has the hold.
    case settleBlindIncrement
    /// A base is applied however old it is.
    case baseWithoutVersion
    /// Who meets a row that is final already settles it without the bases of its cells.
    case settleConfirmedWithoutBase
    /// An untake removes the hold whoever has taken it since.
    case untakeWithoutNonce
    /// A caller that was told EXISTS untakes too.
    case untakeAfterExists
    /// A caller untakes although its transaction may still arrive.
    case untakeAfterJournalSent
    /// The journal compares the epoch of a hold's first vshard only.
    case journalChecksOneVshardOnly
    /// One part short: the part that was there already is freed without a tombstone.
    case spanningExistsFreedWithoutTombstone
    /// The transaction of an order does not compare epochs: its guard on the base alone must do.
    case directPlaceWithoutFence
    /// A transfer moves the unit in PostgreSQL without taking it at the source.
    case transferWithoutTake
    /// The transaction of a transfer does not compare epochs.
    case transferWithoutFence
    /// The target of a transfer is told of its unit before the transaction commits.
    case transferTargetBeforeCommit
    /// A rebuild reads PostgreSQL before it raises the epoch.
    case snapshotBeforeRaise
    /// A rebuild arms whichever Redis it reaches, loaded or not.
    case armWithoutLoadMark
    /// What says that a vshard is being loaded is held in its keys alone: a replica and a restart have it too.
    case loadMarkInKeysOnly
    /// What says that a vshard is being loaded is held in the process alone: a flush leaves it standing.
    case loadMarkInProcessOnly
    /// A wipe is sent again under the same epoch.
    case beginLoadRepeated
    /// The client is told before the row is committed.
    case acknowledgeBeforeJournal
    /// The sweeper closes what it has read to be held, whatever became of it since.
    case expireWithoutCompare
    /// An order is captured without its guard in PostgreSQL: that Redis admitted it must do.
    case captureWithoutGuard
    /// An adjustment reckons what it leaves short from rows alone, although units may be taken and not yet journalled.
    case shortageCountsRowsOnly
    /// A rebuild that reads in two snapshots reads the bases before the holds.
    case basesReadBeforeHolds

    /// A switch to PostgreSQL does not wait for the transactions that have joined the fence.
    case switchWithoutFence
    /// A switch to PostgreSQL leaves the epoch as it is.
    case switchKeepsEpoch
    /// What is held is summed before the switch and not under the fence.
    case heldDirectSummedAhead
    /// What is held is not summed at the switch.
    case heldDirectNotSummed
    /// What is held is summed at the switch for the cells that have holds, and left as it was for the others.
    case heldDirectOfCellsInUse
    /// A hold that ends while PostgreSQL decides is still counted as held.
    case closeForgetsHeldDirect
    /// A transaction that ends a hold does not join the fence.
    case closeOutsideFence
    /// A retry whose row stands already is counted as held once more.
    case directCountsConflicts
    /// PostgreSQL decides although it does not decide for the vshard any more.
    case decideWithoutModeCheck
    /// PostgreSQL decides by the base, as if nothing were held.
    case decideByBaseAlone
    /// PostgreSQL decides on figures that it read without a lock on the cell.
    case decideWithoutLock
    /// A reservation that PostgreSQL decided does not say in which vshards it has units.
    case directRowWithoutVshards
    /// The way back raises the epoch and leaves the mode: PostgreSQL goes on deciding.
    case wayBackKeepsMode
    /// The way back gives the vshard to Redis only after it was loaded.
    case wayBackModeLast
    /// The way back reads what to load before it raises the epoch.
    case wayBackReadsFirst
    /// An epoch rises without waiting for the transactions that have joined the fence.
    case raiseWithoutFence

    /// A reconciler settles whatever it met, also where the row was there and its tombstone was not written.
    case reconcilerSettlesOnConflict
    /// A reconciler settles a final row with bases that it read before the row.
    case reconcilerReadsBasesFirst
    /// A tombstone replaces the row that is there.
    case tombstoneOverwrites
    /// Nobody looks for units without a row.
    case orphansStay
    /// Nobody looks for units whose row is final.
    case missedSettlesStay
    /// Nobody looks for bases that Redis has not heard of.
    case missedSyncsStay

    /// The check of figures reads the books once, between two readings of Redis that agree.
    case checkReadsRedisTwice
    /// The check of figures reads the books once, before Redis.
    case checkReadsBooksOnce

    /// A PostgreSQL that went back gives an epoch that it had given before.
    case raiseRepeatsEpoch
    /// A PostgreSQL that went back is used before its epochs have risen.
    case restoreUnnoticed
    /// A settle of a future that PostgreSQL has forgotten is sent all the same.
    case settlesOutliveRestore

    /// A tombstone is settled with bases read before it was written: the one change here that breaks nothing.
    case reconcilerReadsBasesBeforeTombstone

    /// The configuration that refutes it soonest.
    package var configuration: Configuration {
        switch self {
        case .expireRedisFirst, .orphanWithoutTombstone, .noEpochCheck, .settleBlindIncrement, .baseWithoutVersion,
            .settleConfirmedWithoutBase, .untakeWithoutNonce, .untakeAfterExists, .untakeAfterJournalSent,
            .snapshotBeforeRaise, .acknowledgeBeforeJournal, .expireWithoutCompare:
            .oneCell
        case .noArmCheck, .armWithoutLoadMark, .loadMarkInKeysOnly: .failover
        case .noStoredEpochCheck, .loadMarkInProcessOnly, .beginLoadRepeated: .restarts
        case .adjustPostgresFirst, .adjustWithoutFence, .shortageCountsRowsOnly: .adjustment
        case .journalChecksOneVshardOnly, .spanningExistsFreedWithoutTombstone: .spanning
        case .directPlaceWithoutFence: .directPlace
        case .captureWithoutGuard: .lyingRedis
        case .basesReadBeforeHolds: .pagedLoad
        case .switchKeepsEpoch, .heldDirectSummedAhead, .heldDirectNotSummed, .closeForgetsHeldDirect,
            .directCountsConflicts, .decideWithoutModeCheck, .decideByBaseAlone, .directRowWithoutVshards,
            .wayBackKeepsMode, .wayBackModeLast, .wayBackReadsFirst:
            .postgresMode
        case .heldDirectOfCellsInUse: .flapping
        case .switchWithoutFence, .closeOutsideFence, .decideWithoutLock, .raiseWithoutFence: .fence
        case .reconcilerSettlesOnConflict, .reconcilerReadsBasesFirst, .tombstoneOverwrites, .orphansStay,
            .missedSettlesStay, .missedSyncsStay, .reconcilerReadsBasesBeforeTombstone:
            .reconcilers
        case .checkReadsRedisTwice, .checkReadsBooksOnce: .figureCheck
        case .raiseRepeatsEpoch, .restoreUnnoticed, .settlesOutliveRestore: .restored
        case .transferWithoutTake, .transferWithoutFence, .transferTargetBeforeCommit: .transfer
        }
    }
}
