import Synchronization

/// A fault as it happened.
package struct FaultRecord: Sendable {
    /// What was planned.
    package var fault: PlannedFault
    /// When it began, in nanoseconds since the run began.
    package var began: Int64
    /// When it was undone.
    package var ended: Int64
    /// What went wrong with doing or undoing it; nil where nothing did.
    package var failure: String?

    /// Makes a record.
    package init(fault: PlannedFault, began: Int64, ended: Int64, failure: String?) {
        self.fault = fault
        self.began = began
        self.ended = ended
        self.failure = failure
    }

    /// In a few words.
    package var summary: String {
        var text = fault.kind.rawValue
        if fault.kind.concernsServer { text += " of server \(fault.server)" }
        if [.silentRedis, .silentPostgres, .silentClients].contains(fault.kind) {
            text += " (\(fault.silence.rawValue) swallowed)"
        }
        if let failure { text += ", which failed: \(failure)" }
        return text
    }
}

/// A time without load, in which the run waited for exact availability.
package struct QuietRecord: Sendable {
    /// When the last fault before it ended.
    package var healed: Int64
    /// When the last call had ended.
    package var began: Int64
    /// When availability was exact; nil where it did not become so in time.
    package var exact: Int64?
    /// What differed at the last look, where it did not.
    package var differences: [String]

    /// Makes a record.
    package init(healed: Int64, began: Int64, exact: Int64?, differences: [String]) {
        self.healed = healed
        self.began = began
        self.exact = exact
        self.differences = differences
    }

    /// From the end of the fault to exact availability, in nanoseconds; nil where that did not come.
    package var nanoseconds: Int64? { exact.map { max(0, $0 - healed) } }
}

/// What was done in a run besides trading.
package final class Timeline: Sendable {
    private struct Events {
        var faults: [FaultRecord] = []
        var quiets: [QuietRecord] = []
        var violations: [Violation] = []
    }

    private let events = Mutex(Events())

    package init() {}

    /// Records what a look at the books found while trade paused; each story once.
    package func record(_ violations: [Violation]) {
        events.withLock { events in
            for violation in violations where !events.violations.contains(violation) {
                events.violations.append(violation)
            }
        }
    }

    /// What looks at the books found while trade paused.
    package var violations: [Violation] { events.withLock { $0.violations } }

    package func record(_ fault: FaultRecord) { events.withLock { $0.faults.append(fault) } }

    package func record(_ quiet: QuietRecord) { events.withLock { $0.quiets.append(quiet) } }

    /// Faults in the order in which they ended.
    package var faults: [FaultRecord] { events.withLock { $0.faults } }

    /// Quiet times in order.
    package var quiets: [QuietRecord] { events.withLock { $0.quiets } }
}
