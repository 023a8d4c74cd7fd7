/// A request to change an order after its capture.
public struct AmendmentRequest: Sendable {
    /// How many units a line is to have.
    public struct Change: Hashable, Sendable {
        /// Position in the order, from 1.
        public var line: Int32
        /// Units it is to have that are not cancelled, 0 to `Quantity.bound`.
        public var quantity: Int64
        /// With more units: the location that serves them; empty for any.
        public var location: String
        /// With more units and no location: whether several may serve them together.
        public var allowSplit: Bool

        /// Makes a change.
        public init(line: Int32, quantity: Int64, location: String = "", allowSplit: Bool = false) {
            self.line = line
            self.quantity = quantity
            self.location = location
            self.allowSplit = allowSplit
        }
    }

    /// The caller's id.
    public var id: EntityID
    /// The order.
    public var order: EntityID
    /// Lines to add.
    public var add: [OrderRequest.Line]
    /// The currency of their prices; nil where none is added.
    public var currency: Currency?
    /// Lines to change, each once.
    public var change: [Change]
    /// How it is to be delivered from now on; nil leaves that as it is.
    public var delivery: OrderDelivery?
    /// Why.
    public var reason: String
    /// The position of the last event that the caller knows; 0 does not look.
    public var expectedSequence: Int32
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a request.
    public init(
        id: EntityID, order: EntityID, add: [OrderRequest.Line], currency: Currency?, change: [Change],
        delivery: OrderDelivery?, reason: String, expectedSequence: Int32, body: [UInt8], caller: Caller
    ) {
        self.id = id
        self.order = order
        self.add = add
        self.currency = currency
        self.change = change
        self.delivery = delivery
        self.reason = reason
        self.expectedSequence = expectedSequence
        self.body = body
        self.caller = caller
    }
}

/// What an amendment did.
public struct Amendment: Hashable, Sendable {
    /// A line that was added.
    public struct Line: Hashable, Sendable {
        /// Position in the order.
        public var number: Int32
        /// The line that got more units by it; nil for one of its own.
        public var extends: Int32?
        /// Its amount in minor units.
        public var amountMinor: Int64
        /// Locations that serve it; empty for an untracked product.
        public var allocations: [Allocation]

        /// Makes a line.
        public init(number: Int32, extends: Int32?, amountMinor: Int64, allocations: [Allocation]) {
            self.number = number
            self.extends = extends
            self.amountMinor = amountMinor
            self.allocations = allocations
        }
    }

    /// Lines that were added, by number.
    public var added: [Line]
    /// Units that were cancelled, by line.
    public var cancelled: [Cancellation.Line]
    /// The order's currency.
    public var currency: Currency
    /// What the customer owed before, in minor units.
    public var oldTotal: Int64
    /// What the customer owes now, in minor units.
    public var newTotal: Int64
    /// The order's status after it.
    public var status: OrderStatus
    /// Position of the amendment in the order's history.
    public var sequence: Int32
    /// Its review; nil where the order has none.
    public var review: OrderReview?

    /// Makes an amendment.
    public init(
        added: [Line], cancelled: [Cancellation.Line], currency: Currency, oldTotal: Int64, newTotal: Int64,
        status: OrderStatus, sequence: Int32, review: OrderReview?
    ) {
        self.added = added
        self.cancelled = cancelled
        self.currency = currency
        self.oldTotal = oldTotal
        self.newTotal = newTotal
        self.status = status
        self.sequence = sequence
        self.review = review
    }
}
