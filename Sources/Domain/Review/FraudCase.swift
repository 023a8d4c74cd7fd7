/// What another program is told of an order, to say whether something speaks against it.
public struct FraudCase: Hashable, Sendable {
    /// One line.
    public struct Line: Hashable, Sendable {
        /// The article.
        public var sku: String
        /// Units that are still to be delivered.
        public var quantity: Int64
        /// Price of one unit.
        public var unitPrice: UnitPrice

        /// Makes a line.
        public init(sku: String, quantity: Int64, unitPrice: UnitPrice) {
            self.sku = sku
            self.quantity = quantity
            self.unitPrice = unitPrice
        }
    }

    /// Names this check: the same each time that one look at an order is repeated.
    public var id: EntityID
    /// The order.
    public var order: EntityID
    /// The channel it came through.
    public var channel: String
    /// The channel's own number.
    public var externalID: String
    /// Who ordered.
    public var customer: Customer
    /// How it is to be delivered; nil where that was not told.
    public var delivery: OrderDelivery?
    /// Its currency.
    public var currency: Currency
    /// What the customer owes, in minor units.
    public var owedMinor: Int64
    /// The lines with units that are still to be delivered.
    public var lines: [Line]
    /// When it was captured.
    public var placedAt: Instant

    /// Makes a case.
    public init(
        id: EntityID, order: EntityID, channel: String, externalID: String, customer: Customer,
        delivery: OrderDelivery?, currency: Currency, owedMinor: Int64, lines: [Line], placedAt: Instant
    ) {
        self.id = id
        self.order = order
        self.channel = channel
        self.externalID = externalID
        self.customer = customer
        self.delivery = delivery
        self.currency = currency
        self.owedMinor = owedMinor
        self.lines = lines
        self.placedAt = placedAt
    }
}

/// Asks another program about orders.
public protocol FraudChecking: Sendable {
    /// What it says about an order.
    ///
    /// Never throws: what cannot be found out is ``FraudVerdict/unavailable(_:)``.
    ///
    /// - Parameters:
    ///   - order: what it is told.
    ///   - milliseconds: how long it may take in all.
    /// - Returns: the verdict.
    func verdict(on order: FraudCase, within milliseconds: Int32) async -> FraudVerdict
}
