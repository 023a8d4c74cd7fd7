public import Domain

/// Which orders are wanted; all of them where nothing is said.
public struct OrderFilter: Hashable, Sendable {
    /// Only this channel, by code; empty is all.
    public var channel: String
    /// Only this customer, by the caller's id; empty is all.
    public var customer: String
    /// Only orders in this status.
    public var status: OrderStatus?
    /// Only orders captured at or after this moment.
    public var placedFrom: Instant?
    /// Only orders captured before this moment.
    public var placedBefore: Instant?
    /// Only these channels, by code, whatever else is asked; nil is all.
    public var channels: Set<String>?

    /// Makes a filter.
    public init(
        channel: String = "", customer: String = "", status: OrderStatus? = nil, placedFrom: Instant? = nil,
        placedBefore: Instant? = nil, channels: Set<String>? = nil
    ) {
        self.channel = channel
        self.customer = customer
        self.status = status
        self.placedFrom = placedFrom
        self.placedBefore = placedBefore
        self.channels = channels
    }
}

/// Where a list of orders goes on.
public struct OrderKey: Hashable, Sendable {
    /// When the order was captured.
    public var placedAt: Instant
    /// Its id, which decides between orders of one moment.
    public var id: EntityID

    /// Makes a key.
    public init(placedAt: Instant, id: EntityID) {
        self.placedAt = placedAt
        self.id = id
    }

    /// The key of an order.
    public init(_ order: Order) {
        self.init(placedAt: order.placedAt, id: order.id)
    }
}
