/// The growing waits of one call.
struct Waits {
    private var next: Duration
    private let limit: Duration

    init(_ policy: RepetitionPolicy) {
        next = max(.milliseconds(1), policy.firstWait)
        limit = max(next, policy.maxWait)
    }

    /// The wait before the next attempt.
    mutating func take() -> Duration {
        defer { next = min(limit, next * 2) }
        return next * Double.random(in: 0.5...1)
    }
}
