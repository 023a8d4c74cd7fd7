import Synchronization

/// What a run's clients did, in figures.
package final class LoadCounters: Sendable {
    /// The figures.
    package struct Figures: Sendable {
        /// Calls that change something, by method.
        package var calls: [String: Int] = [:]
        /// Such calls that took effect, by method.
        package var done: [String: Int] = [:]
        /// Refusals, by code and reason.
        package var refusals: [String: Int] = [:]
        /// Calls whose outcome their caller never learnt from that call.
        package var unknown = 0
        /// Reads, and those that were answered.
        package var reads = 0
        package var readsAnswered = 0
        /// Reservations that were acknowledged in each tenth of a second since the run began.
        package var reserveTenths: [Int: Int] = [:]
    }

    private let figures = Mutex(Figures())

    package init() {}

    package var now: Figures { figures.withLock { $0 } }

    func count(_ mutation: Mutation, _ outcome: CallOutcome, began: Int64, ended: Int64) {
        figures.withLock { figures in
            figures.calls[mutation.method, default: 0] += 1
            switch outcome {
            case .done:
                figures.done[mutation.method, default: 0] += 1
                if case .reserve = mutation { figures.reserveTenths[Int(ended / 100_000_000), default: 0] += 1 }
            case .refused(let code, let reason, _): figures.refusals["\(code)/\(reason)", default: 0] += 1
            case .unknown: figures.unknown += 1
            }
        }
    }

    func countRead(succeeded: Bool) {
        figures.withLock {
            $0.reads += 1
            if succeeded { $0.readsAnswered += 1 }
        }
    }
}
