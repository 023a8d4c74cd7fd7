/// A wish for other goods in place of those of a return, validated.
public struct ExchangeRequest: Sendable {
    /// One line of the new order.
    public struct Line: Hashable, Sendable {
        /// The article.
        public var sku: String
        /// The location that serves it; empty takes from any.
        public var location: String
        /// Units, at least 1.
        public var quantity: Int64
        /// Price of one unit, not negative.
        public var unitPrice: UnitPrice
        /// `quantity x unitPrice` in minor units, rounded once.
        public var amountMinor: Int64

        /// Makes a line.
        public init(sku: String, location: String, quantity: Int64, unitPrice: UnitPrice, amountMinor: Int64) {
            self.sku = sku
            self.location = location
            self.quantity = quantity
            self.unitPrice = unitPrice
            self.amountMinor = amountMinor
        }
    }

    /// The caller's id; it is that of the new order.
    public var id: EntityID
    /// The return.
    public var returnOrder: EntityID
    /// Lines, at least 1.
    public var lines: [Line]
    /// How the new order is to be delivered; nil is as the order whose goods come back.
    public var delivery: OrderDelivery?
    /// The currency of the prices.
    public var currency: Currency
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a request.
    public init(
        id: EntityID, returnOrder: EntityID, lines: [Line], delivery: OrderDelivery? = nil, currency: Currency,
        body: [UInt8], caller: Caller
    ) {
        self.id = id
        self.returnOrder = returnOrder
        self.lines = lines
        self.delivery = delivery
        self.currency = currency
        self.body = body
        self.caller = caller
    }

    /// What the new goods cost together, in minor units.
    public var totalMinor: Int64 { lines.reduce(0) { $0 + $1.amountMinor } }
}

/// Where an exchange stands.
///
/// Raw values are stored.
public enum ExchangeState: Int16, LifecycleWord {
    /// It is asked for, and the new order is being placed.
    case asked = 1
    /// The new order holds its goods.
    case placed = 2
    /// The new order could not be placed.
    case givenUp = 3
}

/// What takes the place of a return's goods, as it stands.
public struct ReturnExchange: Hashable, Sendable {
    /// The new order.
    public var order: EntityID
    /// What its goods cost, in minor units.
    public var totalMinor: Int64
    /// Whether it was placed.
    public var isPlaced: Bool
    /// Whether it takes the place of the goods still: it is being placed, or was and is not cancelled whole.
    public var stands: Bool
    /// What of the return's refund it has taken, in minor units.
    public var credited: Int64
    /// What it costs and none of its tenders covers, in minor units.
    public var toPay: Int64

    /// Makes it.
    public init(
        order: EntityID, totalMinor: Int64, isPlaced: Bool, stands: Bool = true, credited: Int64 = 0, toPay: Int64 = 0
    ) {
        self.order = order
        self.totalMinor = totalMinor
        self.isPlaced = isPlaced
        self.stands = stands
        self.credited = credited
        self.toPay = toPay
    }
}
