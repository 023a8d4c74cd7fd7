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

    /// The configuration that refutes it soonest.
    package var configuration: Configuration {
        switch self {
        case .expireRedisFirst, .orphanWithoutTombstone, .noEpochCheck, .settleBlindIncrement, .baseWithoutVersion,
            .settleConfirmedWithoutBase, .untakeWithoutNonce, .untakeAfterExists, .untakeAfterJournalSent,
            .snapshotBeforeRaise, .acknowledgeBeforeJournal, .expireWithoutCompare:
            .oneCell
        case .noArmCheck, .armWithoutLoadMark, .loadMarkInKeysOnly: .failover
        case .noStoredEpochCheck, .loadMarkInProcessOnly, .beginLoadRepeated: .restarts
        case .adjustPostgresFirst, .adjustWithoutFence: .adjustment
        case .journalChecksOneVshardOnly, .spanningExistsFreedWithoutTombstone: .spanning
        case .directPlaceWithoutFence: .directPlace
        case .transferWithoutTake, .transferWithoutFence, .transferTargetBeforeCommit: .transfer
        }
    }
}
