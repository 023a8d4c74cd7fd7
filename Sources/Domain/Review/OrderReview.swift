/// One reason that holds an order, or has held it.
public struct OrderHold: Hashable, Sendable {
    /// The reason.
    public var reason: HoldReason
    /// What it is about, in words for people.
    public var detail: String
    /// Since when.
    public var placedAt: Instant
    /// Until when; nil while it holds.
    public var liftedAt: Instant?
    /// Who approved it, or the system where the reason was gone; empty while it holds.
    public var liftedBy: String

    /// Makes a hold.
    public init(
        reason: HoldReason, detail: String, placedAt: Instant, liftedAt: Instant? = nil, liftedBy: String = ""
    ) {
        self.reason = reason
        self.detail = detail
        self.placedAt = placedAt
        self.liftedAt = liftedAt
        self.liftedBy = liftedBy
    }
}

/// The review of an order.
public struct OrderReview: Hashable, Sendable {
    /// Where it stands.
    public var state: ReviewState
    /// When the order is to be released; nil unless it is validated.
    public var releaseDue: Instant?

    /// Makes a review.
    public init(state: ReviewState, releaseDue: Instant? = nil) {
        self.state = state
        self.releaseDue = releaseDue
    }
}

/// What holds an order after a call, and where its review stands.
public struct ReviewStanding: Hashable, Sendable {
    /// What holds it now, oldest first.
    public var holds: [OrderHold]
    /// Its review; nil where it has none.
    public var review: OrderReview?
    /// Reasons that this call lifted.
    public var lifted: [HoldReason]

    /// Makes a standing.
    public init(holds: [OrderHold], review: OrderReview?, lifted: [HoldReason] = []) {
        self.holds = holds
        self.review = review
        self.lifted = lifted
    }
}

/// What holds an order, as lists of such tell it.
public struct HeldOrder: Hashable, Sendable {
    /// The order.
    public var order: EntityID
    /// The code of its channel.
    public var channel: String
    /// The channel's own number.
    public var externalID: String
    /// What holds it.
    public var hold: OrderHold
    /// The number of the hold within the order.
    public var number: Int16

    /// Makes an entry.
    public init(order: EntityID, channel: String, externalID: String, hold: OrderHold, number: Int16) {
        self.order = order
        self.channel = channel
        self.externalID = externalID
        self.hold = hold
        self.number = number
    }
}
