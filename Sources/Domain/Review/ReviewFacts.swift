/// What a review knows of an order.
public struct ReviewFacts: Hashable, Sendable {
    /// One line, as far as it is still to be delivered.
    public struct Line: Hashable, Sendable {
        /// Position in the order, from 1.
        public var number: Int32
        /// The article.
        public var sku: String
        /// True where its stock is counted.
        public var tracked: Bool
        /// Units that are neither cancelled nor with the customer.
        public var open: Int64
        /// Those of them that wait for supply.
        public var backordered: Int64
        /// Price of one unit.
        public var unitPrice: UnitPrice
        /// The channel's own price of the article; nil where it has none.
        public var listPrice: UnitPrice?
        /// Codes of the locations that have promised more than they have, among it units of this line.
        public var shortAt: [String]

        /// Makes a line.
        public init(
            number: Int32, sku: String, tracked: Bool, open: Int64, backordered: Int64 = 0, unitPrice: UnitPrice,
            listPrice: UnitPrice? = nil, shortAt: [String] = []
        ) {
            self.number = number
            self.sku = sku
            self.tracked = tracked
            self.open = open
            self.backordered = backordered
            self.unitPrice = unitPrice
            self.listPrice = listPrice
            self.shortAt = shortAt
        }
    }

    /// The order's currency.
    public var currency: Currency
    /// What the customer owes now, in minor units: without what was cancelled.
    public var owedMinor: Int64
    /// The lines by number.
    public var lines: [Line]
    /// How it is to be delivered; nil where that was not told.
    public var delivery: OrderDelivery?
    /// How its payment stands.
    public var payment: PaymentStanding
    /// What the fraud check said; nil where it was not asked.
    public var fraud: FraudVerdict?

    /// Makes the facts.
    public init(
        currency: Currency, owedMinor: Int64, lines: [Line], delivery: OrderDelivery?, payment: PaymentStanding,
        fraud: FraudVerdict? = nil
    ) {
        self.currency = currency
        self.owedMinor = owedMinor
        self.lines = lines
        self.delivery = delivery
        self.payment = payment
        self.fraud = fraud
    }
}

/// What another program said about an order.
public enum FraudVerdict: Hashable, Sendable {
    /// Nothing speaks against it.
    case accepted
    /// A person should look, for this reason.
    case suspected(String)
    /// It advises against the order, for this reason.
    case rejected(String)
    /// It did not answer in time, or not understandably: how that showed.
    case unavailable(String)
}
