/// What a gateway is to be sent of an attempt.
public struct PaymentCall: Hashable, Sendable {
    /// The attempt.
    public var attempt: PaymentAttempt
    /// The order's currency.
    public var currency: Currency
    /// The gateway.
    public var gateway: String
    /// What the gateway knows the card by; empty where ``target`` names what is acted upon.
    public var token: String
    /// What the gateway calls the hold or the taken amount that is acted upon.
    public var target: String
    /// Whether the rest of a hold is let go with a capture.
    public var isFinal: Bool

    /// Makes what is sent of an attempt.
    public init(
        attempt: PaymentAttempt, currency: Currency, gateway: String, token: String, target: String, isFinal: Bool
    ) {
        self.attempt = attempt
        self.currency = currency
        self.gateway = gateway
        self.token = token
        self.target = target
        self.isFinal = isFinal
    }
}
