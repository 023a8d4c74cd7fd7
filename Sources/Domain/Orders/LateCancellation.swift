/// A wish to cancel units that a location or a supplier has.
public struct LateCancellation: Hashable, Sendable {
    /// Units of one line.
    public struct Line: Hashable, Sendable {
        /// Position in the order.
        public var number: Int32
        /// The article.
        public var sku: String
        /// Units, at least 1.
        public var quantity: Int64

        /// Makes a line.
        public init(number: Int32, sku: String, quantity: Int64) {
            self.number = number
            self.sku = sku
            self.quantity = quantity
        }
    }

    /// Its id, which follows from the request and the fulfilment.
    public var id: EntityID
    /// The request that it came from.
    public var request: EntityID
    /// The order.
    public var order: EntityID
    /// The fulfilment that has the units.
    public var fulfilment: EntityID
    /// The code of the location that has them.
    public var location: String
    /// Where it stands.
    public var state: LateCancelState
    /// What is to be cancelled, by line number.
    public var lines: [Line]
    /// Why, as it was asked.
    public var reason: String
    /// What was answered, in words.
    public var answer: String
    /// When it was asked.
    public var askedAt: Instant
    /// When it was answered or taken back; nil before.
    public var endedAt: Instant?

    /// Makes a wish.
    public init(
        id: EntityID, request: EntityID, order: EntityID, fulfilment: EntityID, location: String,
        state: LateCancelState, lines: [Line], reason: String, answer: String = "", askedAt: Instant,
        endedAt: Instant? = nil
    ) {
        self.id = id
        self.request = request
        self.order = order
        self.fulfilment = fulfilment
        self.location = location
        self.state = state
        self.lines = lines
        self.reason = reason
        self.answer = answer
        self.askedAt = askedAt
        self.endedAt = endedAt
    }
}

/// What is said to a wish: accepted, refused, or taken back.
public struct LateCancelAnswer: Sendable {
    /// The caller's id.
    public var id: EntityID
    /// The wish.
    public var wish: EntityID
    /// What happens to it.
    public var event: LateCancelEvent
    /// In words.
    public var words: String
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who says it.
    public var caller: Caller

    /// Makes an answer.
    public init(
        id: EntityID, wish: EntityID, event: LateCancelEvent, words: String, body: [UInt8], caller: Caller
    ) {
        self.id = id
        self.wish = wish
        self.event = event
        self.words = words
        self.body = body
        self.caller = caller
    }
}

/// What an answer did.
public struct LateCancelOutcome: Hashable, Sendable {
    /// The wish after it.
    public var wish: LateCancellation
    /// Units that were cancelled, by line.
    public var cancelled: [Cancellation.Line]
    /// The order's currency.
    public var currency: Currency
    /// The order's status after it.
    public var status: OrderStatus

    /// Makes an outcome.
    public init(wish: LateCancellation, cancelled: [Cancellation.Line], currency: Currency, status: OrderStatus) {
        self.wish = wish
        self.cancelled = cancelled
        self.currency = currency
        self.status = status
    }
}
