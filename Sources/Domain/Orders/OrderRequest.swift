/// A request to capture an order, validated.
public struct OrderRequest: Sendable {
    /// One line.
    public struct Line: Sendable, Hashable {
        /// What is wanted, and from where.
        public var demand: Demand
        /// Price of one unit, not negative.
        public var unitPrice: UnitPrice
        /// `quantity x unitPrice`, rounded once.
        public var amount: Money
        /// Taxes of the line.
        public var taxes: [Tax]
        /// Text printed for the line; empty is the product's name.
        public var description: String
        /// On which terms units wait that stock cannot serve; nil where the line must be served at once.
        public var backorder: BackorderTerms?

        /// Makes a line.
        public init(
            demand: Demand, unitPrice: UnitPrice, amount: Money, taxes: [Tax], description: String,
            backorder: BackorderTerms? = nil
        ) {
            self.demand = demand
            self.unitPrice = unitPrice
            self.amount = amount
            self.taxes = taxes
            self.description = description
            self.backorder = backorder
        }
    }

    /// The caller's id.
    public var id: EntityID
    /// The channel it came through.
    public var channel: String
    /// The channel's own number.
    public var externalID: String
    /// The reservation whose units it takes.
    public var reservation: EntityID?
    /// Who ordered.
    public var customer: Customer
    /// The lines, 1 to 1,000.
    public var lines: [Line]
    /// True where the customer already holds the goods.
    public var goodsInHand: Bool
    /// When it was made at the channel; nil is the moment of capture.
    public var orderedAt: Instant?
    /// How and where it is to be delivered; nil where that was not told.
    public var delivery: OrderDelivery?
    /// Its currency.
    public var currency: Currency
    /// The field of the request that named the currency.
    public var currencyField: String
    /// Sum of the lines' amounts, in minor units.
    public var subtotal: Int64
    /// Sum of the taxes that the prices do not include, in minor units.
    public var addedTax: Int64
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller
    /// The revision of the draft with its id that it is placed from, captured only while that is being placed; nil for no draft.
    public var draftRevision: Int32?

    /// Makes a request.
    public init(
        id: EntityID, channel: String, externalID: String, reservation: EntityID?, customer: Customer, lines: [Line],
        goodsInHand: Bool, orderedAt: Instant?, currency: Currency, subtotal: Int64, addedTax: Int64, body: [UInt8],
        caller: Caller, delivery: OrderDelivery? = nil, currencyField: String = "currency_code"
    ) {
        self.id = id
        self.channel = channel
        self.externalID = externalID
        self.reservation = reservation
        self.customer = customer
        self.lines = lines
        self.goodsInHand = goodsInHand
        self.orderedAt = orderedAt
        self.currency = currency
        self.currencyField = currencyField
        self.subtotal = subtotal
        self.addedTax = addedTax
        self.body = body
        self.caller = caller
        self.delivery = delivery
    }
}

/// Who ordered.
///
/// Empty texts where not known.
public struct Customer: Hashable, Sendable {
    /// The caller's id of the customer.
    public var id: String
    /// Name.
    public var name: String
    /// E-mail address.
    public var email: String
    /// Country.
    public var country: String

    /// Makes a customer.
    public init(id: String, name: String, email: String, country: String) {
        self.id = id
        self.name = name
        self.email = email
        self.country = country
    }
}

/// A tax of a line.
public struct Tax: Hashable, Sendable {
    /// Name of the tax.
    public var name: String
    /// Amount for the whole line, in minor units of the order's currency.
    public var amountMinor: Int64
    /// True where the unit price already contains it.
    public var included: Bool

    /// Makes a tax.
    public init(name: String, amountMinor: Int64, included: Bool) {
        self.name = name
        self.amountMinor = amountMinor
        self.included = included
    }
}
