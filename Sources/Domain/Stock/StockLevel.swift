/// Figures of one article at one location, in units.
public struct StockLevel: Hashable, Sendable {
    /// The article.
    public var sku: String
    /// The location.
    public var location: String
    /// Units physically there, at least 0.
    public var onHand: Int64
    /// Units kept back from every promise, at least 0.
    public var safety: Int64
    /// Units that open orders have taken, at least 0.
    public var allocated: Int64
    /// Units that live reservations hold, at least 0.
    public var held: Int64
    /// Units promised beyond what is there, recorded and to be counted.
    public var shortage: Int64

    /// Makes a level.
    public init(
        sku: String, location: String, onHand: Int64, safety: Int64, allocated: Int64, held: Int64, shortage: Int64
    ) {
        self.sku = sku
        self.location = location
        self.onHand = onHand
        self.safety = safety
        self.allocated = allocated
        self.held = held
        self.shortage = shortage
    }

    /// on hand − safety − allocated − held; negative where more is promised or kept back than is there.
    public var availableToPromise: Int64 { onHand - safety - allocated - held }
}

/// What happened to stock.
///
/// Raw values are stored.
public enum MovementKind: Int16, Sendable, CaseIterable {
    /// Goods received.
    case receipt = 1
    /// Correction by a difference.
    case adjustment = 2
    /// Difference found by a count.
    case count = 3
    /// Goods sent to another location.
    case transferOut = 4
    /// Goods come from another location.
    case transferIn = 5
    /// Safety stock changed.
    case policy = 6
    /// An order took units.
    case allocation = 7
    /// A cancelled line gave its units back.
    case deallocation = 8
    /// Goods handed over at the till.
    case sale = 9
    /// Goods sold at the till that the books did not know.
    case found = 10
    /// Goods that were set aside for an order left.
    case shipment = 11

    // Returns: 20 to 29.
    /// Goods came back from a customer.
    case customerReturn = 20
    /// Goods that came back went to be put in order.
    case refurbishment = 21
    /// Goods that came back went to who delivered them.
    case vendorReturn = 22
    /// Goods that came back were thrown away.
    case scrap = 23
    /// Goods that came back were given away.
    case donation = 24

    /// Whether an order or its cancellation caused it, and not a change of stock.
    public var isOfOrder: Bool {
        switch self {
        case .receipt, .adjustment, .count, .transferOut, .transferIn, .policy: false
        case .allocation, .deallocation, .sale, .found, .shipment: true
        case .customerReturn, .refurbishment, .vendorReturn, .scrap, .donation: true
        }
    }

    /// Whether it may belong to a change of stock that is told as such: a return without an order is.
    public var isToldAsStock: Bool {
        switch self {
        case .customerReturn, .refurbishment, .vendorReturn, .scrap, .donation: true
        default: !isOfOrder
        }
    }
}

/// One immutable fact about stock.
public struct StockMovement: Hashable, Sendable {
    /// Position among all movements; ever higher, with gaps.
    public var sequence: Int64
    /// What happened.
    public var kind: MovementKind
    /// The article.
    public var sku: String
    /// The location.
    public var location: String
    /// Change of units on hand.
    public var onHandDelta: Int64
    /// Change of safety stock.
    public var safetyDelta: Int64
    /// Change of allocated units.
    public var allocatedDelta: Int64
    /// The request that caused it; nil where the reader may not know.
    public var cause: EntityID?
    /// Reason or reference given by the caller; empty where the reader may not know.
    public var reason: String
    /// When it was recorded.
    public var recordedAt: Instant

    /// Makes a movement.
    public init(
        sequence: Int64, kind: MovementKind, sku: String, location: String, onHandDelta: Int64, safetyDelta: Int64,
        allocatedDelta: Int64, cause: EntityID?, reason: String, recordedAt: Instant
    ) {
        self.sequence = sequence
        self.kind = kind
        self.sku = sku
        self.location = location
        self.onHandDelta = onHandDelta
        self.safetyDelta = safetyDelta
        self.allocatedDelta = allocatedDelta
        self.cause = cause
        self.reason = reason
        self.recordedAt = recordedAt
    }
}

/// A change of stock asked for by one call, all lines or none.
public struct StockChange: Sendable {
    /// What to do.
    public enum Action: Sendable {
        /// Add goods. Quantities are at least 1.
        case receive
        /// Add or remove. Quantities are signed and not 0.
        case adjust
        /// Set to the counted figure. Quantities are at least 0, cells unique.
        case count
        /// Set the safety stock. Quantities are at least 0, cells unique.
        case setSafety
        /// Move from each line's location to `to`. Quantities are at least 1.
        case transfer(to: String)
    }

    /// One article at one location.
    public struct Line: Hashable, Sendable {
        /// The article.
        public var sku: String
        /// The location.
        public var location: String
        /// Units; what they mean depends on the action.
        public var quantity: Int64

        /// Makes a line.
        public init(sku: String, location: String, quantity: Int64) {
            self.sku = sku
            self.location = location
            self.quantity = quantity
        }
    }

    /// The caller's id.
    public var id: EntityID
    /// What to do.
    public var action: Action
    /// Where, and how much.
    public var lines: [Line]
    /// Reason or reference, stored with each movement.
    public var reason: String
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a change.
    public init(id: EntityID, action: Action, lines: [Line], reason: String, body: [UInt8], caller: Caller) {
        self.id = id
        self.action = action
        self.lines = lines
        self.reason = reason
        self.body = body
        self.caller = caller
    }
}
