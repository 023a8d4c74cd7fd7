#if HOLDFAST_FAILPOINTS
    import Glibc
#endif

/// Ways to break the promise on purpose, so that it can be shown that the checks find it.
///
/// Each takes one rule of the protocol away. A server of a debug build has the one that `HOLDFAST_SABOTAGE` names; release
/// builds contain none of them.
package enum Sabotage: String, CaseIterable, Sendable {
    /// An order is captured without a look at whether its reservation is still live and its units are still there.
    case captureWithoutGuard = "capture-without-guard"
    /// A reservation is acknowledged before its commit is on the disk.
    case acknowledgeBeforeCommit = "acknowledge-before-commit"
    /// A reservation is written although the epoch that it was admitted under has passed.
    case journalWithoutEpoch = "journal-without-epoch"
    /// Redis admits wherever it has the keys: after a restart from a copy, and as a promoted replica.
    case noArmCheck = "no-arm-check"
    /// The units of an expired reservation go back in Redis before PostgreSQL has closed it.
    case expiryInRedisFirst = "expiry-in-redis-first"
    /// A settle gives a closed hold's units back each time that it is told, not once.
    case settleAsIncrement = "settle-as-increment"
    /// A base that is told late replaces a newer one.
    case baseWithoutVersion = "base-without-version"
    /// What an earlier attempt took is given back by a later one that failed.
    case untakeOfAdopted = "untake-of-adopted"
    /// The units of an attempt that seems dead go back without a tombstone, so that its row may still come.
    case orphanWithoutTombstone = "orphan-without-tombstone"
    /// A loss of stock is written in PostgreSQL first and told to Redis after.
    case adjustmentInPostgresFirst = "adjustment-in-postgres-first"

    /// Those that this build has.
    package static var known: [Sabotage] {
        #if HOLDFAST_FAILPOINTS
            allCases
        #else
            []
        #endif
    }

    #if HOLDFAST_FAILPOINTS
        /// The one that this process has been given.
        ///
        /// A name that is none ends the process.
        private static let chosen: Sabotage? = {
            guard let name = getenv("HOLDFAST_SABOTAGE").map({ String(cString: $0) }) else { return nil }
            guard let sabotage = Sabotage(rawValue: name) else {
                fatalError("HOLDFAST_SABOTAGE: \"\(name)\" is none of \(allCases.map(\.rawValue))")
            }
            return sabotage
        }()

        /// Whether this process has it.
        package var isOn: Bool { Sabotage.chosen == self }
    #endif
}
