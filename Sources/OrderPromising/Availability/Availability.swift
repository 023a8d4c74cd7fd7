public import Domain

/// One question about availability.
public struct AvailabilityItem: Sendable, Hashable {
    /// The article.
    public var sku: String
    /// The location; empty for the sum over all that the caller may deal with.
    public var location: String
    /// Units wanted.
    public var quantity: Int64

    /// Makes a question.
    public init(sku: String, location: String, quantity: Int64) {
        self.sku = sku
        self.location = location
        self.quantity = quantity
    }
}

/// Answers, one per question.
public struct AvailabilityAnswer: Sendable, Hashable {
    /// Units available to promise, at least 0; for an untracked product the quantity asked for.
    public var available: [Int64]
    /// The oldest figure is from this moment.
    public var asOf: Instant

    /// Makes an answer.
    public init(available: [Int64], asOf: Instant) {
        self.available = available
        self.asOf = asOf
    }
}
