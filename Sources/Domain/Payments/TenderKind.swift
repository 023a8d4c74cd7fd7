/// What an order is paid with.
///
/// Raw values are stored.
public enum TenderKind: Int16, LifecycleWord {
    /// Notes and coins in a till.
    case cash = 1
    /// A card at a terminal that a till drives: it was approved there before Holdfast hears of it.
    case terminal = 2
    /// A card that Holdfast has charged by a gateway.
    case cardGateway = 3
    /// What the company owes a customer by name.
    case storeCredit = 4
    /// What the company owes whoever knows a code.
    case giftCard = 5
    /// The refund of a return whose goods the order takes the place of: held until that is decided, taken then.
    case exchange = 6

    /// Whether a gateway is asked.
    ///
    /// Every other kind acts at once, in the transaction that records it: its amount is taken when it is charged, and
    /// given back when it is refunded. There is nothing that can be unknown, and only what an exchange brings is held.
    public var asksGateway: Bool { self == .cardGateway }

    /// Whether its amounts are booked to an account of ``StoredValueKind``.
    public var storedValue: StoredValueKind? {
        switch self {
        case .storeCredit: .storeCredit
        case .giftCard: .giftCard
        case .cash, .terminal, .cardGateway, .exchange: nil
        }
    }
}

/// Whose money an account of stored value holds.
///
/// Raw values are stored, and are those of ``TenderKind``.
public enum StoredValueKind: Int16, LifecycleWord {
    /// A customer's, by the caller's id.
    case storeCredit = 4
    /// Whoever knows the code.
    case giftCard = 5
}

/// What one attempt asks for.
///
/// Raw values are stored.
public enum PaymentAction: Int16, LifecycleWord {
    /// Hold an amount.
    case authorize = 1
    /// Take a part of what is held.
    case capture = 2
    /// Let go what is held.
    case void = 3
    /// Give back a part of what was taken.
    case refund = 4
    /// Take an amount at once.
    case charge = 5
    /// Note that what is held has lapsed: no gateway is asked.
    case expire = 6
}

/// Why a refund is made: what it is settled against.
///
/// Raw values are stored.
public enum RefundPurpose: Int16, LifecycleWord {
    /// More was taken than the order still costs after a cancellation.
    case surplus = 1
    /// Somebody asked for it: a return, a lost parcel, goodwill.
    case asked = 2
}
