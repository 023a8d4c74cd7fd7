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
            configuration: .oneCell, states: 243_434, depth: 18,
            shows: [
                .takeNew, .takeExists, .takeDropped, .untake, .journalCommitted, .journalFenced, .journalStands,
                .journalFinal, .confirm, .expire, .tombstone, .raise, .beginLoad, .snapshot, .load, .arm, .settle,
                .sync,
                .restock,
            ]),
        SoundExpectation(
            configuration: .failover, states: 7_506_340, depth: 25,
            shows: [.replicate, .failover, .demote, .release, .beginLoad, .load, .arm, .journalFenced]),
        SoundExpectation(
            configuration: .restarts, states: 2_071_319, depth: 24, shows: [.restart, .flush, .arm, .sync]),
        SoundExpectation(
            configuration: .twoRebuilds, states: 272_569, depth: 23, shows: [.loadBases, .loadHolds, .arm, .settle]),
        SoundExpectation(
            configuration: .spanning, states: 7_448_126, depth: 21,
            shows: [.takeShort, .abandon, .untake, .confirm, .confirmPartly, .release, .tombstone, .journalFenced]),
        SoundExpectation(
            configuration: .twoSpanning, states: 600_435, depth: 18,
            shows: [.takeShort, .takeExists, .abandon, .untake, .tombstone]),
        SoundExpectation(
            configuration: .directPlace, states: 4_587_274, depth: 21,
            shows: [.placeCommitted, .placeFenced, .placeStands, .placeFinal, .failover, .arm]),
        SoundExpectation(
            configuration: .spanningOrder, states: 487_095, depth: 20,
            shows: [.placeCommitted, .placeFenced, .takeShort, .tombstone]),
        SoundExpectation(
            configuration: .reservedOrder, states: 1_755_115, depth: 22,
            shows: [.placeCommitted, .placeGuarded, .placeFenced, .confirm]),
        SoundExpectation(
            configuration: .transfer, states: 6_201_790, depth: 24,
            shows: [.transferCommitted, .transferFenced, .transferStands, .transferFinal, .sync]),
        SoundExpectation(
            configuration: .adjustment, states: 1_021_625, depth: 21,
            shows: [.forcedTake, .adjustCommitted, .adjustFenced, .adjustStands, .adjustFinal, .placeGuarded]),
        SoundExpectation(
            configuration: .threeAttempts, states: 1_269_142, depth: 21, shows: [.takeExists, .expire, .release]),
    ]
}

/// What removing a rule must give.
struct MutantExpectation: CustomTestStringConvertible {
    var mutant: Mutant
    var violation: Violation
    /// Steps of the shortest counter-example.
    var steps: Int
    /// Steps until a unit is really promised twice; nil where none ever is.
    var oversell: Int?

    var testDescription: String { mutant.rawValue }

    init(_ mutant: Mutant, _ violation: Violation = .redisAbovePostgres, steps: Int, oversell: Int?) {
        self.mutant = mutant
        self.violation = violation
        self.steps = steps
        self.oversell = oversell
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
    ]
}
