/// A wish to give delivered units back, validated.
public struct ReturnRequest: Sendable {
    /// Units of one line of the order.
    public struct Line: Hashable, Sendable {
        /// The line of the order.
        public var orderLine: Int32
        /// Units, at least 1.
        public var quantity: Int64
        /// Why.
        public var reason: ReturnReason
        /// As the customer says.
        public var condition: ReturnCondition

        /// Makes a line.
        public init(orderLine: Int32, quantity: Int64, reason: ReturnReason, condition: ReturnCondition) {
            self.orderLine = orderLine
            self.quantity = quantity
            self.reason = reason
            self.condition = condition
        }
    }

    /// The caller's id.
    public var id: EntityID
    /// The order.
    public var order: EntityID
    /// Lines, each line of the order at most once.
    public var lines: [Line]
    /// On which way the goods come.
    public var method: ReturnMethod
    /// What the customer wants; nil is what the rule says.
    public var refundWay: RefundWay?
    /// Anything else.
    public var note: String
    /// What is refunded without goods, in basis points of their value; nil where goods come back.
    public var claimBasisPoints: Int32?
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a request.
    public init(
        id: EntityID, order: EntityID, lines: [Line], method: ReturnMethod, refundWay: RefundWay?, note: String,
        claimBasisPoints: Int32? = nil, body: [UInt8], caller: Caller
    ) {
        self.id = id
        self.order = order
        self.lines = lines
        self.method = method
        self.refundWay = refundWay
        self.note = note
        self.claimBasisPoints = claimBasisPoints
        self.body = body
        self.caller = caller
    }
}

/// Something that is to be done with a return, validated.
public struct ReturnChange: Sendable {
    /// What is done.
    public enum Action: Sendable {
        /// A step that names nothing else.
        case step(ReturnEvent)
        /// Goods came to a location; `last` where no more will.
        case receive([Scan], location: String, last: Bool)
        /// What becomes of units that came.
        case inspect([Finding])
        /// It was settled; `ahead` gives money before the goods were inspected.
        case settle(ReturnSettlement, reference: String, ahead: Bool = false)
        /// A label is made for it; nil where it was made before, or nobody was asked for one.
        case label(ReturnLabel?)
    }

    /// Units of one article, as scanned.
    public struct Scan: Hashable, Sendable {
        /// The article.
        public var sku: String
        /// Units, at least 1.
        public var quantity: Int64

        /// Makes a scan.
        public init(sku: String, quantity: Int64) {
            self.sku = sku
            self.quantity = quantity
        }
    }

    /// What is found of some units of a line.
    public struct Finding: Hashable, Sendable {
        /// The line of the return.
        public var line: Int32
        /// Units, at least 1.
        public var quantity: Int64
        /// In which condition they are.
        public var condition: ReturnCondition
        /// What becomes of them.
        public var disposition: Disposition
        /// What was seen.
        public var note: String

        /// Makes a finding.
        public init(
            line: Int32, quantity: Int64, condition: ReturnCondition, disposition: Disposition, note: String
        ) {
            self.line = line
            self.quantity = quantity
            self.condition = condition
            self.disposition = disposition
            self.note = note
        }
    }

    /// The caller's id of the change.
    public var id: EntityID
    /// The return.
    public var returnOrder: EntityID
    /// What is done.
    public var action: Action
    /// Why.
    public var reason: String
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller
    /// As whom the caller acts.
    public var actors: Set<LifecycleActor>

    /// Makes a change; without `actors` the caller acts as its roles.
    public init(
        id: EntityID, returnOrder: EntityID, action: Action, reason: String, body: [UInt8], caller: Caller,
        actors: Set<LifecycleActor>? = nil
    ) {
        self.id = id
        self.returnOrder = returnOrder
        self.action = action
        self.reason = reason
        self.body = body
        self.caller = caller
        self.actors = actors ?? caller.actors
    }
}

/// Goods of which no order is known, taken back at a till; validated.
public struct BlindReturnRequest: Sendable {
    /// Units of one article.
    public struct Line: Hashable, Sendable {
        /// The article.
        public var sku: String
        /// Units, at least 1.
        public var quantity: Int64
        /// What they are worth together, in minor units, at least 0.
        public var amountMinor: Int64
        /// Why.
        public var reason: ReturnReason
        /// In which condition they are.
        public var condition: ReturnCondition
        /// What becomes of them.
        public var disposition: Disposition

        /// Makes a line.
        public init(
            sku: String, quantity: Int64, amountMinor: Int64, reason: ReturnReason, condition: ReturnCondition,
            disposition: Disposition
        ) {
            self.sku = sku
            self.quantity = quantity
            self.amountMinor = amountMinor
            self.reason = reason
            self.condition = condition
            self.disposition = disposition
        }
    }

    /// The caller's id.
    public var id: EntityID
    /// The channel of the till.
    public var channel: String
    /// The currency of the amounts.
    public var currency: Currency
    /// The store.
    public var location: String
    /// Lines.
    public var lines: [Line]
    /// Anything else.
    public var note: String
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a request.
    public init(
        id: EntityID, channel: String, currency: Currency, location: String, lines: [Line], note: String,
        body: [UInt8], caller: Caller
    ) {
        self.id = id
        self.channel = channel
        self.currency = currency
        self.location = location
        self.lines = lines
        self.note = note
        self.body = body
        self.caller = caller
    }
}
