import Synchronization

/// How many repetitions all calls of a client together still may make.
final class RepetitionBudget: Sendable {
    private let limit: Double
    private let gain: Double
    private let left: Mutex<Double>

    init(_ policy: RepetitionPolicy) {
        limit = max(0, policy.budget)
        gain = max(0, policy.budgetPerSuccess)
        left = Mutex(limit)
    }

    /// Notes that a call succeeded.
    func succeeded() {
        left.withLock { $0 = min(limit, $0 + gain) }
    }

    /// Takes one repetition out.
    ///
    /// - Returns: False where too few are left.
    func take() -> Bool {
        left.withLock { left in
            guard left > limit / 2 else { return false }
            left -= 1
            return true
        }
    }
}
