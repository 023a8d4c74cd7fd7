/// A return as it stands.
public struct ReturnOrder: Hashable, Sendable {
    /// Units of one article.
    public struct Line: Hashable, Sendable {
        /// Position in the return, from 1.
        public var number: Int32
        /// The line of the order; nil where no order is known.
        public var orderLine: Int32?
        /// The article's number.
        public var product: Int32
        /// The article.
        public var sku: String
        /// Units that are to come back, at least 1.
        public var quantity: Int64
        /// Units with the customer that no other return may have.
        public var reserved: Int64
        /// Units that came.
        public var received: Int64
        /// Why.
        public var reason: ReturnReason
        /// As the customer said.
        public var condition: ReturnCondition
        /// The name of the rule that granted it; empty for a claim.
        public var rule: String
        /// The terms as granted.
        public var terms: ReturnTerms
        /// What accepted units are worth, in minor units.
        public var value: Int64
        /// What is refunded of it, in minor units.
        public var refund: Int64

        /// Makes a line.
        public init(
            number: Int32, orderLine: Int32?, product: Int32, sku: String, quantity: Int64, reserved: Int64,
            received: Int64, reason: ReturnReason, condition: ReturnCondition, rule: String, terms: ReturnTerms,
            value: Int64, refund: Int64
        ) {
            self.number = number
            self.orderLine = orderLine
            self.product = product
            self.sku = sku
            self.quantity = quantity
            self.reserved = reserved
            self.received = received
            self.reason = reason
            self.condition = condition
            self.rule = rule
            self.terms = terms
            self.value = value
            self.refund = refund
        }
    }

    /// Units that came to a location.
    public struct Receipt: Hashable, Sendable {
        /// The line of the return.
        public var line: Int32
        /// The location's number.
        public var location: Int32
        /// Units.
        public var quantity: Int64

        /// Makes a receipt.
        public init(line: Int32, location: Int32, quantity: Int64) {
            self.line = line
            self.location = location
            self.quantity = quantity
        }
    }

    /// What was found of some units.
    public struct Inspection: Hashable, Sendable {
        /// The line of the return.
        public var line: Int32
        /// Units.
        public var quantity: Int64
        /// In which condition they are.
        public var condition: ReturnCondition
        /// What becomes of them.
        public var disposition: Disposition
        /// What they are worth, in minor units.
        public var value: Int64
        /// What is refunded of it, in minor units.
        public var refund: Int64
        /// What was seen.
        public var note: String

        /// Makes an inspection.
        public init(
            line: Int32, quantity: Int64, condition: ReturnCondition, disposition: Disposition, value: Int64,
            refund: Int64, note: String
        ) {
            self.line = line
            self.quantity = quantity
            self.condition = condition
            self.disposition = disposition
            self.value = value
            self.refund = refund
            self.note = note
        }
    }

    /// A difference between what came and what was announced.
    public struct Variance: Hashable, Sendable {
        /// Which.
        public var kind: ReturnVariance
        /// The article, as scanned.
        public var sku: String
        /// Units.
        public var quantity: Int64
        /// The location; empty for what did not come.
        public var location: String

        /// Makes a difference.
        public init(kind: ReturnVariance, sku: String, quantity: Int64, location: String) {
            self.kind = kind
            self.sku = sku
            self.quantity = quantity
            self.location = location
        }
    }

    /// One entry of its gapless history.
    public struct Event: Hashable, Sendable {
        /// 1, 2, 3 … without a gap.
        public var sequence: Int32
        /// What happened.
        public var event: ReturnEvent
        /// Where it stood after it.
        public var state: ReturnState
        /// When.
        public var at: Instant
        /// The request that caused it.
        public var cause: EntityID

        /// Makes an entry.
        public init(sequence: Int32, event: ReturnEvent, state: ReturnState, at: Instant, cause: EntityID) {
            self.sequence = sequence
            self.event = event
            self.state = state
            self.at = at
            self.cause = cause
        }
    }

    /// The caller's id.
    public var id: EntityID
    /// Its number for people is "R" and these digits.
    public var number: Int64
    /// The order; nil where none is known.
    public var order: EntityID?
    /// The order's channel, or that of the till.
    public var channel: String
    /// Its currency.
    public var currency: Currency
    /// Where it stands.
    public var state: ReturnState
    /// On which way the goods come.
    public var method: ReturnMethod
    /// The version of the rules; 0 for a claim.
    public var rulesVersion: Int32
    /// True where no goods come back.
    public var isClaim: Bool
    /// The fixed fee, in minor units.
    public var fee: Int64
    /// What the customer gets.
    public var refundWay: RefundWay
    /// What is refunded in all, fees taken off, in minor units.
    public var refund: Int64
    /// How it was settled; nil while it is not.
    public var settlement: ReturnSettlement?
    /// What names the settlement outside.
    public var settlementReference: String
    /// The location that received goods last; empty where none did.
    public var location: String
    /// What was written with it.
    public var note: String
    /// When it was made.
    public var createdAt: Instant
    /// Until when the goods must be here; nil where none are waited for.
    public var expiresAt: Instant?
    /// What takes the place of its goods.
    public var exchange: ReturnExchange?
    /// What was given back before its goods were inspected, in minor units.
    public var ahead: Int64
    /// How that was given; nil where nothing was.
    public var aheadSettlement: ReturnSettlement?
    /// What of that was set off against the refunds of later returns of the order, in minor units.
    public var recovered: Int64
    /// What of its refund was set off against what earlier returns of the order left owed, in minor units.
    public var setOff: Int64
    /// What its settlement gave, in minor units.
    public var settled: Int64
    /// The label that was made for it.
    public var label: ReturnLabel?
    /// Lines by number; empty in lists.
    public var lines: [Line]
    /// What came, in order; empty in lists.
    public var receipts: [Receipt]
    /// What was found, in order; empty in lists.
    public var inspections: [Inspection]
    /// Differences, in order; empty in lists.
    public var variances: [Variance]
    /// Its history; empty in lists.
    public var events: [Event]

    /// Makes a return without lines and history.
    public init(
        id: EntityID, number: Int64, order: EntityID?, channel: String, currency: Currency, state: ReturnState,
        method: ReturnMethod, rulesVersion: Int32, isClaim: Bool, fee: Int64, refundWay: RefundWay, refund: Int64,
        settlement: ReturnSettlement?, settlementReference: String, location: String, note: String,
        createdAt: Instant, expiresAt: Instant?
    ) {
        self.id = id
        self.number = number
        self.order = order
        self.channel = channel
        self.currency = currency
        self.state = state
        self.method = method
        self.rulesVersion = rulesVersion
        self.isClaim = isClaim
        self.fee = fee
        self.refundWay = refundWay
        self.refund = refund
        self.settlement = settlement
        self.settlementReference = settlementReference
        self.location = location
        self.note = note
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        ahead = 0
        recovered = 0
        setOff = 0
        settled = 0
        lines = []
        receipts = []
        inspections = []
        variances = []
        events = []
    }

    /// What is kept of its refund once: the fixed fee, and the customer's part of its label; minor units.
    public var deductions: Int64 { fee + (label?.withheldMinor ?? 0) }

    /// What was given ahead and is not set off yet against the refunds of other returns; minor units.
    public var aheadLeft: Int64 { ahead - recovered }

    /// The request that gave money ahead by the tenders of its order; nil where none did.
    public var aheadCause: EntityID? {
        guard ahead > 0, aheadSettlement == .original else { return nil }
        return events.last { $0.event == .refundAhead }?.cause
    }

    /// What of its refund is still to be settled: neither taken by an exchange, nor given ahead, nor set off; minor units.
    public var remaining: Int64 { max(0, refund - (exchange?.credited ?? 0) - setOff - aheadLeft) }

    /// What was given ahead and is neither refunded nor set off after all, in minor units; 0 while the return is under way.
    public var customerOwes: Int64 { ReturnStanding.open.contains(state) ? 0 : max(0, aheadLeft - refund) }
}

/// A label that was made for the goods of a return.
public struct ReturnLabel: Hashable, Sendable {
    /// What the carrier knows it by.
    public var key: EntityID
    /// Code of the carrier.
    public var carrier: String
    /// Code of its service.
    public var service: String
    /// The carrier's number.
    public var tracking: String
    /// Code of the location where the goods go.
    public var location: String
    /// What the carrier takes for it.
    public var cost: Money
    /// Who pays that.
    public var payer: LabelPayer
    /// What is printed; empty but where it was just made.
    public var document: [UInt8]

    /// Makes a label.
    public init(
        key: EntityID, carrier: String, service: String, tracking: String, location: String, cost: Money,
        payer: LabelPayer, document: [UInt8] = []
    ) {
        self.key = key
        self.carrier = carrier
        self.service = service
        self.tracking = tracking
        self.location = location
        self.cost = cost
        self.payer = payer
        self.document = document
    }

    /// What of it is kept of the refund, in minor units of the order's currency, which then is that of the cost.
    public var withheldMinor: Int64 { payer == .customer ? cost.minorUnits : 0 }
}
