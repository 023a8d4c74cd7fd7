/// A promise that was not kept.
package struct Violation: Sendable, Hashable {
    /// Which promise.
    package enum Kind: String, Sendable, CaseIterable, Hashable {
        /// More was promised than could be.
        case oversold
        /// More is promised than is there, and no shortage says so.
        case unrecordedShortage = "unrecorded-shortage"
        /// Something acknowledged is not there, or not as it was acknowledged.
        case lost
        /// Something is there that every caller was told had not happened.
        case appliedThoughRefused = "applied-though-refused"
        /// One id took effect twice, or in two ways.
        case notOnce = "not-once"
        /// The same call was answered in two ways.
        case answersDiffer = "answers-differ"
        /// A final state changed, or one came about that nobody asked for.
        case illegalState = "illegal-state"
        /// A promise was written under an epoch that no longer stood, or by the wrong decider.
        case fence
        /// The order that the service witnesses contradicts the order in which things happened.
        case witnessOrder = "witness-order"
        /// Movements, orders and cells do not add up.
        case books
        /// Amounts are not what was asked for.
        case money
        /// An order's history has a gap, or says what did not happen.
        case events
        /// Events for others do not match what changed.
        case outbox
        /// Availability did not become exact in time.
        case notExact = "not-exact"
        /// A server told of availability what cannot be.
        case wrongFigure = "wrong-figure"
        /// A server itself found what must never be, and said so.
        case alarm
        /// A server ended although nobody had killed it.
        case serverEnded = "server-ended"
    }

    /// Which promise.
    package var kind: Kind
    /// What is the case, for a person.
    package var story: String
    /// Keys whose calls show it.
    package var keys: [Mutation.Key]
    /// When it happened, in nanoseconds since the run began; nil where that is not known.
    package var moment: Int64?

    /// Makes a violation.
    package init(_ kind: Kind, _ story: String, keys: [Mutation.Key] = [], moment: Int64? = nil) {
        self.kind = kind
        self.story = story
        self.keys = keys
        self.moment = moment
    }
}
