import Synchronization

/// One call as its caller saw it.
package struct RecordedCall: Sendable {
    /// The client that made it.
    package var client: Int
    /// The number of the server it went to.
    package var server: Int
    /// What it asked for.
    package var mutation: Mutation
    /// When it left, in nanoseconds since the run began, by a clock that only moves forward.
    package var began: Int64
    /// When its answer, or the end of waiting, came.
    package var ended: Int64
    /// What the caller knows.
    package var outcome: CallOutcome

    /// Makes a record.
    package init(
        client: Int, server: Int, mutation: Mutation, began: Int64, ended: Int64, outcome: CallOutcome
    ) {
        self.client = client
        self.server = server
        self.mutation = mutation
        self.began = began
        self.ended = ended
        self.outcome = outcome
    }
}

/// A look at something that had been acknowledged before the look began.
package struct RecordedRead: Sendable {
    /// What was found.
    package enum Finding: Hashable, Sendable {
        /// It is there.
        case found
        /// The service says that there is no such thing.
        case missing
    }

    /// The client that looked.
    package var client: Int
    /// The server asked.
    package var server: Int
    /// What was looked for.
    package var key: Mutation.Key
    /// When the look began and ended.
    package var began: Int64
    package var ended: Int64
    /// What was found; looks that failed are not recorded.
    package var finding: Finding

    /// Makes a record.
    package init(
        client: Int, server: Int, key: Mutation.Key, began: Int64, ended: Int64, finding: Finding
    ) {
        self.client = client
        self.server = server
        self.key = key
        self.began = began
        self.ended = ended
        self.finding = finding
    }
}

/// An answer about availability that cannot be right, whatever there was.
package struct WrongFigure: Sendable {
    /// The server asked.
    package var server: Int
    /// When its answer came.
    package var seen: Int64
    /// What is wrong with it.
    package var flaw: String

    /// Makes a record.
    package init(server: Int, seen: Int64, flaw: String) {
        self.server = server
        self.seen = seen
        self.flaw = flaw
    }
}

/// What the clients of a run saw, in the order in which their calls ended.
package final class History: Sendable {
    private struct Log {
        var calls: [RecordedCall] = []
        var reads: [RecordedRead] = []
        var wrongFigures: [WrongFigure] = []
    }

    private let log = Mutex(Log())
    private let start = ContinuousClock.now

    /// Begins an empty history; its time is 0 now.
    package init() {}

    /// Nanoseconds since the history began.
    package var now: Int64 { moment(ContinuousClock.now) }

    /// A moment in nanoseconds since the history began.
    package func moment(_ instant: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = (instant - start).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    package func record(_ call: RecordedCall) { log.withLock { $0.calls.append(call) } }

    package func record(_ read: RecordedRead) { log.withLock { $0.reads.append(read) } }

    package func record(_ figure: WrongFigure) { log.withLock { $0.wrongFigures.append(figure) } }

    /// All calls so far.
    package var calls: [RecordedCall] { log.withLock { $0.calls } }

    /// All looks so far.
    package var reads: [RecordedRead] { log.withLock { $0.reads } }

    /// All answers about availability so far that cannot be right.
    package var wrongFigures: [WrongFigure] { log.withLock { $0.wrongFigures } }
}
