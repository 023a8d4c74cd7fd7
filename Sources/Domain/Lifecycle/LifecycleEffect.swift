/// What a transition does besides changing the state: to the units of order lines, to stock, and to money.
public struct LifecycleEffect: Hashable, Sendable {
    /// What happens to the order lines' units: each unit makes one of these, with that event's own effect.
    ///
    /// Empty where the units stay as they are, and in the table of the units themselves.
    public var units: [LineEvent]
    /// What happens to stock, per unit.
    public var stock: StockEffect
    /// What happens to money; in the order of booking.
    public var money: [MoneyEffect]

    /// Makes an effect.
    public init(units: [LineEvent] = [], stock: StockEffect = .none, money: [MoneyEffect] = []) {
        self.units = units
        self.stock = stock
        self.money = money
    }

    /// Nothing but the state changes.
    public static let none = LifecycleEffect()

    /// The effect on units and stock and money that these line events have.
    public static func units(_ events: LineEvent..., money: [MoneyEffect] = []) -> LifecycleEffect {
        LifecycleEffect(units: events, money: money)
    }

    /// An effect on money alone.
    public static func money(_ effects: MoneyEffect...) -> LifecycleEffect {
        LifecycleEffect(money: effects)
    }
}

/// What happens to the stock of one unit.
public enum StockEffect: Hashable, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// A cell sets the unit aside.
    case allocate
    /// The cell that had set the unit aside may promise it again.
    case free
    /// A unit that was set aside leaves.
    case issue
    /// A unit that was not set aside leaves: it was in the customer's hands.
    case sell
    /// Another cell sets the unit aside in place of the one that had.
    case move
    /// What the ``Disposition`` of the goods says.
    case byDisposition

    /// How the figures of the stock change, summed over the cells that are touched.
    ///
    /// Nil where a disposition decides.
    public var delta: StockDelta? {
        switch self {
        case .none, .move: StockDelta(onHand: 0, allocated: 0)
        case .allocate: StockDelta(onHand: 0, allocated: 1)
        case .free: StockDelta(onHand: 0, allocated: -1)
        case .issue: StockDelta(onHand: -1, allocated: -1)
        case .sell: StockDelta(onHand: -1, allocated: 0)
        case .byDisposition: nil
        }
    }
}

/// A change of a cell's figures, in units.
public struct StockDelta: Hashable, Sendable {
    /// Change of the units on hand.
    public var onHand: Int64
    /// Change of the units set aside for orders.
    public var allocated: Int64

    /// Makes a change.
    public init(onHand: Int64, allocated: Int64) {
        self.onHand = onHand
        self.allocated = allocated
    }

    /// The change of so many units.
    public static func * (delta: StockDelta, quantity: Int64) -> StockDelta {
        StockDelta(onHand: delta.onHand * quantity, allocated: delta.allocated * quantity)
    }
}

/// What becomes of goods that came back.
///
/// Raw values are stored.
public enum Disposition: Int16, LifecycleWord {
    /// As good as new: sold again.
    case restock = 1
    /// Sold again as second grade, from cells of its own.
    case restockSecondGrade = 2
    /// Put in order first; it is received as new stock after that.
    case refurbish = 3
    /// Sent back to who delivered it.
    case returnToVendor = 4
    /// Thrown away.
    case scrap = 5
    /// Given away.
    case donate = 6
    /// Left with the customer.
    case keep = 7

    /// What one unit adds to stock that can be sold.
    public var delta: StockDelta {
        switch self {
        case .restock, .restockSecondGrade: StockDelta(onHand: 1, allocated: 0)
        case .refurbish, .returnToVendor, .scrap, .donate, .keep: StockDelta(onHand: 0, allocated: 0)
        }
    }
}

/// What happens to money.
///
/// Of units: their part of the line's amount. Of tenders: the amount that the event names.
public enum MoneyEffect: Hashable, Sendable, CaseIterable {
    /// The customer owes the amount.
    case owed
    /// The customer no longer owes the amount: it was not earned yet.
    case notOwed
    /// The amount is earned: revenue and the cost of the goods are booked, and a capture is due.
    case earned
    /// What was earned is reversed, and what was paid of it is due back.
    case refundDue
    /// A gateway or a till holds the amount for us.
    case held
    /// What was held is let go.
    case letGo
    /// The amount is taken.
    case taken
    /// The amount is given back, to the tender, as store credit or as exchanged goods.
    case givenBack
    /// A supplier is owed the cost.
    case supplierOwed

    /// Its name as pages show it.
    public var word: String {
        switch self {
        case .notOwed: "not owed"
        case .refundDue: "refund due"
        case .letGo: "let go"
        case .givenBack: "given back"
        case .supplierOwed: "supplier owed"
        case .owed, .earned, .held, .taken: "\(self)"
        }
    }
}

extension StockEffect {
    /// Its name as pages show it.
    public var word: String { self == .byDisposition ? "by disposition" : "\(self)" }
}
