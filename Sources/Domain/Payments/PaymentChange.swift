/// One thing that a ``PaymentBook`` has decided, to be written with the transaction.
public enum PaymentChange: Hashable, Sendable {
    /// The order gets its first tender: what it owes and what was earned of it are kept from now on.
    case moneyKept(owed: Int64, earned: Int64)
    /// A tender is named.
    case tenderAdded(Tender)
    /// A tender stands elsewhere.
    case tenderMoved(Int16, to: PaymentState)
    /// An attempt is written down: open where a gateway is to be asked, ended where it acted at once.
    case attemptMade(PaymentAttempt, target: String, isFinal: Bool)
    /// It is said what became of an attempt.
    case attemptAnswered(PaymentAttempt)
    /// An account of stored value changes; booking it may refuse the whole change.
    case booked(StoredValueBooking)
}

/// When somebody looks at what is to be captured, given back or let go of an order.
public enum SettlementDue: Hashable, Sendable {
    /// After so many milliseconds.
    case after(milliseconds: Int64)
    /// When something changes.
    case whenChanged
}

/// A change of an account of stored value.
public struct StoredValueBooking: Hashable, Sendable {
    /// The account.
    public var account: EntityID
    /// Added, or taken away where it is negative.
    public var amount: Int64
    /// The request or attempt that it is for.
    public var cause: EntityID
    /// The order; nil where it is for none.
    public var order: EntityID?
    /// Why.
    public var reason: String

    /// Makes a booking.
    public init(account: EntityID, amount: Int64, cause: EntityID, order: EntityID?, reason: String) {
        self.account = account
        self.amount = amount
        self.cause = cause
        self.order = order
        self.reason = reason
    }
}
