import NIOCore

/// Growing waits between attempts to connect.
struct Backoff {
    private static let factor = 1.6
    private static let jitter = 0.2

    private let initial: Double
    private let limit: Double
    private var current: Double

    init(_ configuration: FramedClientConfiguration) {
        initial = Double(max(1_000_000, configuration.initialBackoff.nanoseconds))
        limit = Double(max(configuration.initialBackoff, configuration.maxBackoff).nanoseconds)
        current = initial
    }

    /// The next wait.
    ///
    /// Chance keeps many clients from coming back in step.
    mutating func next() -> Duration {
        let wait = current * Double.random(in: 1 - Self.jitter...1 + Self.jitter)
        current = min(limit, current * Self.factor)
        return .nanoseconds(Int64(wait))
    }

    /// Starts again with the shortest wait.
    mutating func reset() {
        current = initial
    }
}
