/// What happened to an order after its capture, in the form that every such event has.
///
/// It holds no personal data.
public struct OrderAdvance: Hashable, Sendable {
    /// Units of one line that moved together.
    public struct Units: Hashable, Sendable {
        /// Position of the line in the order, from 1.
        public var line: Int32
        /// The article.
        public var sku: String
        /// Where they stood; nil where they came into being.
        public var from: LineStatus?
        /// Where they stand.
        public var to: LineStatus
        /// How many.
        public var quantity: Int64
        /// Their part of the line's amount, in minor units.
        public var amountMinor: Int64
        /// The code of the location that has them; empty where none has, or several have.
        public var location: String

        /// Makes units.
        public init(
            line: Int32, sku: String, from: LineStatus?, to: LineStatus, quantity: Int64, amountMinor: Int64,
            location: String
        ) {
            self.line = line
            self.sku = sku
            self.from = from
            self.to = to
            self.quantity = quantity
            self.amountMinor = amountMinor
            self.location = location
        }
    }

    /// What else has states and changed with it.
    public struct Thing: Hashable, Sendable {
        /// What kind of thing.
        public var kind: Kind
        /// Its id.
        public var id: EntityID
        /// The number of its state before, by its table; nil where it came into being.
        public var before: Int16?
        /// The number of its state after.
        public var after: Int16

        /// Makes a thing from the states of its table.
        public init<State: LifecycleWord>(_ kind: Kind, _ id: EntityID, from before: State?, to after: State) {
            self.init(kind: kind, id: id, before: before?.rawValue, after: after.rawValue)
        }

        /// Makes a thing from stored numbers.
        public init(kind: Kind, id: EntityID, before: Int16?, after: Int16) {
            self.kind = kind
            self.id = id
            self.before = before
            self.after = after
        }

        /// The names of its states as callers read them; empty where it came into being, or where a number is unknown.
        public var words: (before: String, after: String) {
            (before.map { kind.word(of: $0) } ?? "", kind.word(of: after))
        }
    }

    /// Kinds of things.
    ///
    /// Raw values are stored.
    public enum Kind: Int16, LifecycleWord {
        /// What one location sends.
        case fulfilment = 1
        /// What the customer collects.
        case pickup = 2
        /// An order to a supplier.
        case dropShip = 3
        /// A wish to cancel what is being fulfilled.
        case lateCancel = 4
        /// A tender.
        case payment = 5
        /// A call to a gateway.
        case paymentAttempt = 6
        /// A return.
        case returnOrder = 7
        /// The review of an order.
        case review = 20

        func word(of state: Int16) -> String {
            switch self {
            case .fulfilment: FulfilmentState(rawValue: state)?.word ?? ""
            case .pickup: PickupState(rawValue: state)?.word ?? ""
            case .dropShip: DropShipState(rawValue: state)?.word ?? ""
            case .lateCancel: LateCancelState(rawValue: state)?.word ?? ""
            case .payment: PaymentState(rawValue: state)?.word ?? ""
            case .paymentAttempt: PaymentAttemptState(rawValue: state)?.word ?? ""
            case .returnOrder: ReturnState(rawValue: state)?.word ?? ""
            case .review: ReviewState(rawValue: state)?.word ?? ""
            }
        }
    }

    /// The order's currency.
    public var currency: Currency
    /// Units that moved, by line; may be none.
    public var units: [Units]
    /// The order's status after it.
    public var status: OrderStatus
    /// What else changed its state.
    public var thing: Thing?
    /// An amount of money, in minor units, where the event is about one.
    public var amountMinor: Int64?
    /// Why, as the caller wrote it.
    public var reason: String
    /// What is particular to the event, by name: a tracking number, a hold's reason.
    public var details: [String: String]

    /// Makes the facts.
    public init(
        currency: Currency, units: [Units] = [], status: OrderStatus, thing: Thing? = nil, amountMinor: Int64? = nil,
        reason: String = "", details: [String: String] = [:]
    ) {
        self.currency = currency
        self.units = units
        self.status = status
        self.thing = thing
        self.amountMinor = amountMinor
        self.reason = reason
        self.details = details
    }
}
