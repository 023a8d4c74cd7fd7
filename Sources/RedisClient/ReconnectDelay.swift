import NIOCore

/// The pause before the next attempt to connect: doubling up to a bound, with half of it left to chance.
struct ReconnectDelay {
    private let minimum: TimeAmount
    private let maximum: TimeAmount
    private var next: TimeAmount

    init(minimum: TimeAmount, maximum: TimeAmount) {
        self.minimum = max(minimum, .milliseconds(1))
        self.maximum = max(maximum, self.minimum)
        self.next = self.minimum
    }

    /// Returns the pause and lengthens the one after it.
    mutating func advance<R: RandomNumberGenerator>(using random: inout R) -> TimeAmount {
        let whole = self.next.nanoseconds
        self.next = min(self.maximum, .nanoseconds(whole * 2))
        return .nanoseconds(Int64.random(in: (whole / 2)...whole, using: &random))
    }

    /// Begins again with the shortest pause.
    mutating func reset() {
        self.next = self.minimum
    }
}
