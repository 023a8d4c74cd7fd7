public import PaymentGateways

/// How payments are dealt with.
public struct PaymentSettings: Sendable {
    /// The card gateway; nil where none is configured, and tenders that ask one are refused.
    public var gateway: (any PaymentGateway)?
    /// How long the first call to the gateway may take before what became of it is asked: longer than the gateway's time
    /// limit; default 75 s.
    public var patience: Duration = .seconds(75)
    /// How often what waits is looked for; default 500 ms.
    public var interval: Duration = .milliseconds(500)
    /// First pause between two questions about one attempt, doubled with each up to ``longestPause``; default 2 s.
    public var pause: Duration = .seconds(2)
    /// Longest pause between two questions about one attempt; default 15 minutes.
    public var longestPause: Duration = .seconds(900)
    /// How often an attempt is asked about in vain before people are told; default 5.
    public var alarmingTries: Int32 = 5

    /// How long a hold is good for where the gateway does not say; nil, the default, for as long as it takes.
    public var holdValidity: Duration?
    /// How long an attempt may stay unknown before it is counted as overdue: somebody is to ask the gateway's people; default
    /// 7 days.
    public var overdueAfter: Duration = .seconds(7 * 86_400)
    /// Is told now and then how many attempts are overdue.
    public var countOverdue: @Sendable (Int64) -> Void = { _ in }

    /// The name under which tenders remember the one gateway that there is.
    static let gatewayName = "card"

    /// Settings without a gateway.
    public init() {}
}
