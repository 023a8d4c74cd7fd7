/// One call to a gateway, or one booking of a tender that needs none.
public struct PaymentAttempt: Hashable, Sendable {
    /// Its id, which is the key under which a gateway does it at most once.
    public var id: EntityID
    /// The order.
    public var order: EntityID
    /// Number of the tender in the order, from 1.
    public var tender: Int16
    /// What it asks for.
    public var action: PaymentAction
    /// What a refund is settled against; nil for everything else.
    public var purpose: RefundPurpose?
    /// Minor units of the order's currency, at least 1.
    public var amount: Int64
    /// Minor units that a capture lets go beside what it takes, because it is the tender's last one; 0 for everything else.
    public var letsGo: Int64
    /// Where it stands.
    public var state: PaymentAttemptState
    /// What the gateway calls it; empty where it has not said.
    public var reference: String
    /// Why it was declined, or why its outcome is not known; empty otherwise.
    public var reason: String
    /// The request that caused it.
    public var cause: EntityID
    /// When it was written down.
    public var madeAt: Instant
    /// When its outcome was recorded; nil while that is not known.
    public var endedAt: Instant?
    /// How often the gateway was asked.
    public var tries: Int32
    /// When a hold lapses, where that is known; nil for everything else.
    public var expiresAt: Instant?

    /// Makes an attempt.
    public init(
        id: EntityID, order: EntityID, tender: Int16, action: PaymentAction, purpose: RefundPurpose? = nil,
        amount: Int64, letsGo: Int64 = 0, state: PaymentAttemptState, reference: String = "", reason: String = "",
        cause: EntityID,
        madeAt: Instant, endedAt: Instant? = nil, tries: Int32 = 0, expiresAt: Instant? = nil
    ) {
        self.id = id
        self.order = order
        self.tender = tender
        self.action = action
        self.purpose = purpose
        self.amount = amount
        self.letsGo = letsGo
        self.state = state
        self.reference = reference
        self.reason = reason
        self.cause = cause
        self.madeAt = madeAt
        self.endedAt = endedAt
        self.tries = tries
        self.expiresAt = expiresAt
    }

    /// Whether its outcome is still to come.
    public var isOpen: Bool { state == .prepared || state == .unknown }
}
