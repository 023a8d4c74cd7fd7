/// One thing that happened to the payments of an order, to be told as an event.
public struct PaymentFact: Hashable, Sendable {
    /// What happened.
    public var kind: OrderEventKind
    /// The tender as it stands after it; nil where it is about none.
    public var tender: Tender?
    /// Where the tender stood before.
    public var before: PaymentState?
    /// How much.
    public var amount: Int64
    /// The attempt; nil where there is none.
    public var attempt: PaymentAttempt?

    /// Makes a fact.
    public init(
        _ kind: OrderEventKind, _ tender: Tender?, before: PaymentState?, amount: Int64,
        _ attempt: PaymentAttempt? = nil
    ) {
        self.kind = kind
        self.tender = tender
        self.before = before
        self.amount = amount
        self.attempt = attempt
    }
}
