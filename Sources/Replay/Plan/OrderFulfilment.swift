/// What brings an order's goods to its customer: released, picked, packed, shipped and delivered in one go.
public struct OrderFulfilment: Hashable, Sendable {
    /// The id of the release, derived from the invoice number.
    public let id: ReplayID
    /// The order.
    public let orderID: ReplayID
    /// The order's invoice number.
    public let orderInvoice: String
    /// When the order was placed.
    public let placedAt: WallClock
    /// When its goods leave, by the plan's rule.
    public let leavesAt: WallClock

    init(orderID: ReplayID, orderInvoice: String, placedAt: WallClock, leavesAt: WallClock) {
        id = ReplayID(.release, orderInvoice)
        self.orderID = orderID
        self.orderInvoice = orderInvoice
        self.placedAt = placedAt
        self.leavesAt = leavesAt
    }

    /// Seconds from order to ship.
    public var secondsToShip: Int64 { leavesAt.seconds - placedAt.seconds }
}
