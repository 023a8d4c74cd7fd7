/// What an event tells, as it was when it became true.
public enum EventFacts: Hashable, Sendable {
    /// An order as it was captured.
    case orderPlaced(PlacedOrderFacts)
    /// Units of an order that were cancelled.
    case orderCancelled(CancelledOrderFacts)
    /// What else happened to an order.
    case orderAdvanced(OrderAdvance)
    /// Movements of a change of stock, by number.
    case stockChanged([StockMovement])

    /// The part that a caller with this scope may know; nil where that is nothing.
    ///
    /// Orders belong to channels, which ``EventFilter`` looks at; stock belongs to locations.
    public func narrowed(to scope: Scope) -> EventFacts? {
        guard case .stockChanged(let movements) = self, scope.locations != nil else { return self }
        let inside = movements.filter { scope.covers(location: $0.location) }
        return inside.isEmpty ? nil : .stockChanged(inside)
    }
}

/// An order as it was captured, without personal data.
public struct PlacedOrderFacts: Hashable, Sendable {
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
        /// Locations that served it at the capture.
        public var allocations: [Allocation]

        /// Makes a line.
        public init(
            number: Int32, sku: String, description: String, quantity: Int64, unitPrice: UnitPrice, amountMinor: Int64,
            allocations: [Allocation]
        ) {
            self.number = number
            self.sku = sku
            self.description = description
            self.quantity = quantity
            self.unitPrice = unitPrice
            self.amountMinor = amountMinor
            self.allocations = allocations
        }
    }

    /// The channel's own number.
    public var externalID: String
    /// The caller's id of the customer; empty for an unknown one.
    public var customerID: String
    /// Its currency.
    public var currency: Currency
    /// Lines by number.
    public var lines: [Line]
    /// Sum of the lines' amounts.
    public var subtotal: Int64
    /// Sum of the taxes that the prices do not include.
    public var addedTax: Int64
    /// When it was made at the channel.
    public var orderedAt: Instant
    /// The reservation whose units it took.
    public var reservation: EntityID?
    /// True where the goods were in the customer's hands.
    public var goodsInHand: Bool
    /// Units sold as goods in hand that the books could not spare.
    public var shortage: Int64

    /// Makes the facts.
    public init(
        externalID: String, customerID: String, currency: Currency, lines: [Line], subtotal: Int64, addedTax: Int64,
        orderedAt: Instant, reservation: EntityID?, goodsInHand: Bool, shortage: Int64
    ) {
        self.externalID = externalID
        self.customerID = customerID
        self.currency = currency
        self.lines = lines
        self.subtotal = subtotal
        self.addedTax = addedTax
        self.orderedAt = orderedAt
        self.reservation = reservation
        self.goodsInHand = goodsInHand
        self.shortage = shortage
    }
}

/// Units of an order that were cancelled.
public struct CancelledOrderFacts: Hashable, Sendable {
    /// Units of one line.
    public struct Line: Hashable, Sendable {
        /// Position in the order.
        public var number: Int32
        /// The article.
        public var sku: String
        /// Units cancelled.
        public var quantity: Int64
        /// Their value in minor units.
        public var amountMinor: Int64

        /// Makes a line.
        public init(number: Int32, sku: String, quantity: Int64, amountMinor: Int64) {
            self.number = number
            self.sku = sku
            self.quantity = quantity
            self.amountMinor = amountMinor
        }
    }

    /// The order's currency.
    public var currency: Currency
    /// The lines that were touched, by number; empty where that was not recorded.
    public var lines: [Line]
    /// Why.
    public var reason: String
    /// The order's status after it; nil where that was not recorded.
    public var status: OrderStatus?

    /// Makes the facts.
    public init(currency: Currency, lines: [Line], reason: String, status: OrderStatus?) {
        self.currency = currency
        self.lines = lines
        self.reason = reason
        self.status = status
    }
}
