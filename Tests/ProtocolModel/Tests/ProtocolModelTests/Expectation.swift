import ProtocolModel
import Testing

/// What exhausting a configuration must give.
///
/// A model that lost behaviours meets fewer states or fewer kinds of steps.
struct SoundExpectation: CustomTestStringConvertible {
    var configuration: Configuration
    var states: Int
    var depth: Int
    /// The steps that this configuration is there to exercise.
    var shows: Set<StepKind>

    var testDescription: String { configuration.name }

    static let all: [SoundExpectation] = [
        SoundExpectation(
            configuration: .oneCell, states: 83_846, depth: 18,
            shows: [
                .takeNew, .takeExists, .takeDropped, .untake, .journalCommitted, .journalFenced, .journalStands,
                .journalFinal, .confirm, .expire, .tombstone, .raise, .beginLoad, .snapshot, .load, .arm, .settle,
                .sync, .restock,
            ]),
        SoundExpectation(
            configuration: .failover, states: 2_399_530, depth: 25,
            shows: [.replicate, .failover, .demote, .release, .beginLoad, .load, .arm, .journalFenced]),
        SoundExpectation(
            configuration: .restarts, states: 687_471, depth: 23,
            shows: [.restart, .flush, .arm, .sync]),
        SoundExpectation(
            configuration: .twoRebuilds, states: 90_990, depth: 23,
            shows: [.loadBases, .loadHolds, .arm, .settle]),
        SoundExpectation(
            configuration: .spanning, states: 4_001_944, depth: 21,
            shows: [.takeShort, .abandon, .untake, .confirm, .confirmPartly, .release, .tombstone, .journalFenced]),
        SoundExpectation(
            configuration: .twoSpanning, states: 245_835, depth: 18,
            shows: [.takeShort, .takeExists, .abandon, .untake, .tombstone]),
        SoundExpectation(
            configuration: .directPlace, states: 3_180_707, depth: 21,
            shows: [.placeCommitted, .placeFenced, .placeStands, .placeFinal, .failover, .arm]),
        SoundExpectation(
            configuration: .spanningOrder, states: 264_558, depth: 20,
            shows: [.placeCommitted, .placeFenced, .takeShort, .tombstone]),
        SoundExpectation(
            configuration: .reservedOrder, states: 1_201_240, depth: 22,
            shows: [.placeCommitted, .placeGuarded, .placeFenced, .confirm]),
        SoundExpectation(
            configuration: .transfer, states: 3_823_441, depth: 24,
            shows: [.transferCommitted, .transferFenced, .transferStands, .transferFinal, .sync]),
        SoundExpectation(
            configuration: .adjustment, states: 685_492, depth: 21,
            shows: [.forcedTake, .adjustCommitted, .adjustFenced, .adjustStands, .adjustFinal, .placeGuarded]),
        SoundExpectation(
            configuration: .threeAttempts, states: 164_917, depth: 21,
            shows: [.takeExists, .expire, .release]),
        SoundExpectation(
            configuration: .lyingRedis, states: 8_864, depth: 16,
            shows: [.lie, .placeGuarded, .placeCommitted]),
        SoundExpectation(
            configuration: .pagedLoad, states: 1_294_438, depth: 27,
            shows: [.readHolds, .readBases, .loadHolds, .loadBases, .arm, .confirm]),
        SoundExpectation(
            configuration: .postgresMode, states: 763_752, depth: 20,
            shows: [.switchMode, .journalCommitted, .journalFenced, .journalStands, .takeNew, .arm, .release, .restart]),
        SoundExpectation(
            configuration: .postgresAttempts, states: 909_973, depth: 22,
            shows: [.switchMode, .takeExists, .journalCommitted, .journalStands, .restart, .arm]),
        SoundExpectation(
            configuration: .postgresFailover, states: 816_641, depth: 21,
            shows: [.switchMode, .replicate, .failover, .demote, .journalCommitted, .journalFenced, .arm]),
        SoundExpectation(
            configuration: .flapping, states: 583_275, depth: 23,
            shows: [.switchMode, .raise, .arm, .journalCommitted, .journalFenced]),
        SoundExpectation(
            configuration: .postgresOrders, states: 273_628, depth: 20,
            shows: [.switchMode, .placeCommitted, .placeFenced, .adjustCommitted, .adjustFenced, .journalCommitted]),
        SoundExpectation(
            configuration: .postgresReservedOrder, states: 663_245, depth: 22,
            shows: [.switchMode, .placeCommitted, .placeGuarded, .placeFenced, .confirm]),
        SoundExpectation(
            configuration: .postgresTransfer, states: 1_673_457, depth: 24,
            shows: [.switchMode, .transferCommitted, .transferFenced, .sync]),
        SoundExpectation(
            configuration: .mixedModes, states: 1_779_320, depth: 21,
            shows: [
                .switchMode, .takeNew, .journalCommitted, .journalGuarded, .journalFenced, .untake, .abandon, .confirm,
            ]),
        SoundExpectation(
            configuration: .fence, states: 57_704, depth: 23,
            shows: [.join, .joinToClose, .switchMode, .journalCommitted, .journalFenced, .journalGuarded, .raise, .arm]),
        SoundExpectation(
            configuration: .reconcilers, states: 517_902, depth: 21,
            shows: [.find, .tombstoneInserted, .tombstoneConflicts, .journalFinal, .placeFinal, .settle, .sync]),
        SoundExpectation(
            configuration: .reconcilerFailover, states: 1_703_233, depth: 24,
            shows: [.find, .tombstoneInserted, .tombstoneConflicts, .failover, .demote, .arm]),
        SoundExpectation(
            configuration: .figureCheck, states: 102_280, depth: 20,
            shows: [.readBooks, .readFigure, .judge, .arm, .confirm]),
        SoundExpectation(
            configuration: .twoServers, states: 2_286_753, depth: 26,
            shows: [.find, .tombstoneInserted, .tombstoneConflicts, .switchMode, .journalCommitted, .raise, .arm]),
        SoundExpectation(
            configuration: .restored, states: 208_467, depth: 22,
            shows: [.restore, .raise, .arm, .journalFenced]),
    ]
}

/// What removing a rule must give.
struct MutantExpectation: CustomTestStringConvertible {
    var mutant: Mutant
    /// The first broken promise and the steps of the shortest counter-example; nil where the change breaks nothing.
    var broken: (violation: Violation, steps: Int)?
    /// Steps until a unit is really promised twice; nil where none ever is.
    var oversell: Int?

    var testDescription: String { mutant.rawValue }

    init(_ mutant: Mutant, _ violation: Violation = .redisAbovePostgres, steps: Int, oversell: Int?) {
        self.mutant = mutant
        broken = (violation, steps)
        self.oversell = oversell
    }

    init(harmless mutant: Mutant) {
        self.mutant = mutant
    }

    static let all: [MutantExpectation] = [
        MutantExpectation(.expireRedisFirst, steps: 3, oversell: 5),
        MutantExpectation(.orphanWithoutTombstone, steps: 3, oversell: 5),
        MutantExpectation(.noEpochCheck, steps: 7, oversell: 9),
        MutantExpectation(.noArmCheck, steps: 3, oversell: 5),
        MutantExpectation(.noStoredEpochCheck, .oversell, steps: 6, oversell: 6),
        MutantExpectation(.adjustPostgresFirst, steps: 1, oversell: 3),
        MutantExpectation(.adjustWithoutFence, steps: 7, oversell: 9),
        MutantExpectation(.settleBlindIncrement, steps: 4, oversell: 7),
        MutantExpectation(.baseWithoutVersion, steps: 5, oversell: 7),
        MutantExpectation(.settleConfirmedWithoutBase, steps: 6, oversell: 8),
        MutantExpectation(.untakeWithoutNonce, steps: 4, oversell: 6),
        MutantExpectation(.untakeAfterExists, steps: 4, oversell: 6),
        MutantExpectation(.untakeAfterJournalSent, steps: 3, oversell: 5),
        MutantExpectation(.journalChecksOneVshardOnly, steps: 8, oversell: 10),
        MutantExpectation(.spanningExistsFreedWithoutTombstone, steps: 8, oversell: 10),
        MutantExpectation(.directPlaceWithoutFence, steps: 7, oversell: 9),
        MutantExpectation(.transferWithoutTake, steps: 1, oversell: 3),
        MutantExpectation(.transferWithoutFence, steps: 7, oversell: 9),
        MutantExpectation(.transferTargetBeforeCommit, steps: 1, oversell: 3),
        MutantExpectation(.snapshotBeforeRaise, steps: 7, oversell: 9),
        MutantExpectation(.armWithoutLoadMark, steps: 8, oversell: 10),
        MutantExpectation(.loadMarkInKeysOnly, steps: 10, oversell: 12),
        MutantExpectation(.loadMarkInProcessOnly, steps: 9, oversell: 11),
        MutantExpectation(.beginLoadRepeated, steps: 9, oversell: 11),
        MutantExpectation(.acknowledgeBeforeJournal, .acknowledgementLost, steps: 1, oversell: nil),
        MutantExpectation(.expireWithoutCompare, .finalStateChanged, steps: 4, oversell: nil),
        MutantExpectation(.captureWithoutGuard, .oversell, steps: 5, oversell: 5),
        MutantExpectation(.shortageCountsRowsOnly, .oversell, steps: 4, oversell: 4),
        MutantExpectation(.basesReadBeforeHolds, steps: 10, oversell: 12),
        MutantExpectation(.switchWithoutFence, .heldDirectWrong, steps: 4, oversell: 6),
        MutantExpectation(.switchKeepsEpoch, steps: 2, oversell: 4),
        MutantExpectation(.heldDirectSummedAhead, .heldDirectWrong, steps: 4, oversell: 5),
        MutantExpectation(.heldDirectNotSummed, .heldDirectWrong, steps: 3, oversell: 4),
        MutantExpectation(.heldDirectOfCellsInUse, .heldDirectWrong, steps: 5, oversell: nil),
        MutantExpectation(.closeForgetsHeldDirect, .heldDirectWrong, steps: 3, oversell: nil),
        MutantExpectation(.closeOutsideFence, .heldDirectWrong, steps: 6, oversell: nil),
        MutantExpectation(.directCountsConflicts, .heldDirectWrong, steps: 3, oversell: nil),
        MutantExpectation(.decideWithoutModeCheck, steps: 7, oversell: 9),
        MutantExpectation(.decideByBaseAlone, .oversell, steps: 3, oversell: 3),
        MutantExpectation(.decideWithoutLock, .oversell, steps: 5, oversell: 5),
        MutantExpectation(.directRowWithoutVshards, steps: 7, oversell: 9),
        MutantExpectation(.wayBackKeepsMode, steps: 7, oversell: 9),
        MutantExpectation(.wayBackModeLast, steps: 7, oversell: 9),
        MutantExpectation(.wayBackReadsFirst, steps: 7, oversell: 9),
        MutantExpectation(.raiseWithoutFence, steps: 8, oversell: 11),
        MutantExpectation(.reconcilerSettlesOnConflict, steps: 5, oversell: 7),
        MutantExpectation(.reconcilerReadsBasesFirst, steps: 5, oversell: 7),
        MutantExpectation(.tombstoneOverwrites, .acknowledgementLost, steps: 4, oversell: nil),
        MutantExpectation(.orphansStay, .inexactAfterRepair, steps: 1, oversell: nil),
        MutantExpectation(.missedSettlesStay, .inexactAfterRepair, steps: 2, oversell: nil),
        MutantExpectation(.missedSyncsStay, .inexactAfterRepair, steps: 1, oversell: nil),
        MutantExpectation(.checkReadsRedisTwice, .alarm, steps: 7, oversell: nil),
        MutantExpectation(.checkReadsBooksOnce, .alarm, steps: 7, oversell: nil),
        MutantExpectation(.raiseRepeatsEpoch, steps: 7, oversell: 11),
        MutantExpectation(.restoreUnnoticed, steps: 3, oversell: 7),
        MutantExpectation(.settlesOutliveRestore, steps: 11, oversell: 13),
        MutantExpectation(harmless: .reconcilerReadsBasesBeforeTombstone),
    ]
}
