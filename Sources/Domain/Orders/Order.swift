/// An order as it stands.
public struct Order: Hashable, Sendable {
    /// One line.
    public struct Line: Hashable, Sendable {
        /// Position in the order, from 1.
        public var number: Int32
        /// The article.
        public var sku: String
        /// Text of the line.
        public var description: String
        /// Units ordered.
        public var quantity: Int64
        /// Price of one unit.
        public var unitPrice: UnitPrice
        /// Amount in minor units.
        public var amountMinor: Int64
        /// Taxes of the line.
        public var taxes: [Tax]
        /// Units by status; they add up to `quantity`.
        public var quantities: [LineStatus: Int64]
        /// Locations that serve the open and delivered units.
        public var allocations: [Allocation]

        /// Makes a line.
        public init(
            number: Int32, sku: String, description: String, quantity: Int64, unitPrice: UnitPrice, amountMinor: Int64,
            taxes: [Tax], quantities: [LineStatus: Int64], allocations: [Allocation]
        ) {
            self.number = number
            self.sku = sku
            self.description = description
            self.quantity = quantity
            self.unitPrice = unitPrice
            self.amountMinor = amountMinor
            self.taxes = taxes
            self.quantities = quantities
            self.allocations = allocations
        }
    }

    /// The caller's id.
    public var id: EntityID
    /// The channel it came through.
    public var channel: String
    /// The channel's own number.
    public var externalID: String
    /// Where it stands as a whole.
    public var status: OrderStatus
    /// Who ordered.
    public var customer: Customer
    /// Its currency.
    public var currency: Currency
    /// Lines by number; empty in lists.
    public var lines: [Line]
    /// Sum of the lines' amounts as ordered.
    public var subtotal: Int64
    /// Sum of the taxes that the prices do not include.
    public var addedTax: Int64
    /// When it was made at the channel.
    public var orderedAt: Instant
    /// When it was captured.
    public var placedAt: Instant
    /// The reservation whose units it took.
    public var reservation: EntityID?
    /// True where the goods were in the customer's hands.
    public var goodsInHand: Bool
    /// Its history; empty in lists.
    public var events: [OrderEvent]
    /// How and where it is to be delivered, as it stands; nil where that was not told, and in lists.
    public var delivery: OrderDelivery?
    /// What holds it and has held it, oldest first; empty in lists.
    public var holds: [OrderHold]
    /// Its review; nil where it has none, and in lists.
    public var review: OrderReview?

    /// Makes an order.
    public init(
        id: EntityID, channel: String, externalID: String, status: OrderStatus, customer: Customer, currency: Currency,
        lines: [Line], subtotal: Int64, addedTax: Int64, orderedAt: Instant, placedAt: Instant,
        reservation: EntityID?, goodsInHand: Bool, events: [OrderEvent], delivery: OrderDelivery? = nil,
        holds: [OrderHold] = [], review: OrderReview? = nil
    ) {
        self.id = id
        self.channel = channel
        self.externalID = externalID
        self.status = status
        self.customer = customer
        self.currency = currency
        self.lines = lines
        self.subtotal = subtotal
        self.addedTax = addedTax
        self.orderedAt = orderedAt
        self.placedAt = placedAt
        self.reservation = reservation
        self.goodsInHand = goodsInHand
        self.events = events
        self.delivery = delivery
        self.holds = holds
        self.review = review
    }
}

/// One entry of an order's gapless history.
public struct OrderEvent: Hashable, Sendable {
    /// 1, 2, 3 … without a gap.
    public var sequence: Int32
    /// What happened.
    public var kind: OrderEventKind
    /// When.
    public var at: Instant
    /// The request that caused it.
    public var cause: EntityID

    /// Makes an event.
    public init(sequence: Int32, kind: OrderEventKind, at: Instant, cause: EntityID) {
        self.sequence = sequence
        self.kind = kind
        self.at = at
        self.cause = cause
    }
}

/// The immutable facts of a capture: the same at every repetition of the call.
public struct CapturedOrder: Hashable, Sendable {
    /// One line.
    public struct Line: Hashable, Sendable {
        /// Amount in minor units.
        public var amountMinor: Int64
        /// Locations that serve it as captured; empty for an untracked product.
        public var allocations: [Allocation]
        /// Units that waited for supply when it was captured.
        public var backordered: Int64

        /// Makes a line.
        public init(amountMinor: Int64, allocations: [Allocation], backordered: Int64 = 0) {
            self.amountMinor = amountMinor
            self.allocations = allocations
            self.backordered = backordered
        }
    }

    /// The caller's id.
    public var id: EntityID
    /// Its currency.
    public var currency: Currency
    /// Sum of the lines' amounts.
    public var subtotal: Int64
    /// Sum of the taxes that the prices do not include.
    public var addedTax: Int64
    /// Lines in request order.
    public var lines: [Line]
    /// When it was captured.
    public var placedAt: Instant
    /// Units sold as goods in hand that the books could not spare.
    public var shortage: Int64

    /// Makes the facts of a capture.
    public init(
        id: EntityID, currency: Currency, subtotal: Int64, addedTax: Int64, lines: [Line], placedAt: Instant,
        shortage: Int64
    ) {
        self.id = id
        self.currency = currency
        self.subtotal = subtotal
        self.addedTax = addedTax
        self.lines = lines
        self.placedAt = placedAt
        self.shortage = shortage
    }
}

/// A request to cancel open units.
public struct CancellationRequest: Sendable {
    /// The caller's id.
    public var id: EntityID
    /// The order.
    public var order: EntityID
    /// Units by line number; empty cancels every open unit.
    public var lines: [(number: Int32, quantity: Int64)]
    /// Why.
    public var reason: String
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a request.
    public init(
        id: EntityID, order: EntityID, lines: [(number: Int32, quantity: Int64)], reason: String, body: [UInt8],
        caller: Caller
    ) {
        self.id = id
        self.order = order
        self.lines = lines
        self.reason = reason
        self.body = body
        self.caller = caller
    }
}

/// What a cancellation did.
public struct Cancellation: Hashable, Sendable {
    /// Units of one line.
    public struct Line: Hashable, Sendable {
        /// Position in the order.
        public var number: Int32
        /// Units cancelled.
        public var quantity: Int64
        /// Their value in minor units.
        public var amountMinor: Int64

        /// Makes a line.
        public init(number: Int32, quantity: Int64, amountMinor: Int64) {
            self.number = number
            self.quantity = quantity
            self.amountMinor = amountMinor
        }
    }

    /// The lines that were touched, by number.
    public var lines: [Line]
    /// The order's currency.
    public var currency: Currency
    /// The order's status after it.
    public var status: OrderStatus
    /// Position of the cancellation in the order's history.
    public var sequence: Int32

    /// Makes a cancellation.
    public init(lines: [Line], currency: Currency, status: OrderStatus, sequence: Int32) {
        self.lines = lines
        self.currency = currency
        self.status = status
        self.sequence = sequence
    }
}
