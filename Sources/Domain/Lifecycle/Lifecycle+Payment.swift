/// Where one tender of an order stands.
///
/// Coarse on purpose: what is held, taken and given back are sums of the tender's events. Raw values are stored.
public enum PaymentState: Int16, LifecycleWord {
    /// Nobody has approved anything yet.
    case pending = 1
    /// Money is held, none of it taken.
    case authorized = 2
    /// Some is taken, the rest is held.
    case partlyCaptured = 3
    /// Taken, nothing more is held.
    case captured = 4
    /// All that was taken was given back.
    case refunded = 5
    /// Nothing was taken, nothing is held.
    case voided = 6
    /// It was not approved.
    case declined = 7
    /// What was held lapsed before any was taken.
    case expired = 8
}

/// What happens to a tender.
///
/// Raw values are stored.
public enum PaymentEvent: Int16, LifecycleWord {
    /// It is named for the order.
    case add = 1
    /// Its amount is held.
    case authorize = 2
    /// More is held: an amendment costs more.
    case authorizeMore = 3
    /// It is not approved.
    case decline = 4
    /// Its amount is taken at once, as at a till.
    case charge = 5
    /// A part of what is held is taken.
    case capturePart = 6
    /// The last part is taken, and what is held beyond it is let go.
    case captureRest = 7
    /// What is held is let go.
    case void = 8
    /// What is held lapses.
    case expire = 9
    /// A part of what was taken is given back.
    case refundPart = 10
    /// The last of what was taken is given back.
    case refundRest = 11
    /// It is tried again.
    case retry = 12
    /// A hold that was said not to have been made turns out to be there, when the tender stands elsewhere already.
    case authorizeLate = 13
    /// So does an amount that was said not to have been taken.
    case chargeLate = 14
    /// A hold is let go beside another one that stays.
    case voidPart = 15
}

extension Lifecycle {
    /// The table of tenders.
    ///
    /// Amounts guard beside it: taken at most what was held, given back at most what was taken. Which of the two events
    /// of a pair it is follows from the amount.
    public static let payment = StateTable<PaymentState, PaymentEvent>(
        .payment, final: [.refunded],
        [
            .entering(.add, .pending, by: .peopleOrSystem(.pos, .backend, .support)),
            .moving([.pending], .authorize, .authorized, .money(.held), by: .peopleOrSystem(.pos, .backend)),
            .staying(
                [.authorized, .partlyCaptured], .authorizeMore, .money(.held), by: .peopleOrSystem(.pos, .backend)),
            .moving([.pending], .decline, .declined, by: .peopleOrSystem(.pos, .backend)),
            .moving([.pending], .charge, .captured, .money(.taken), by: .peopleOrSystem(.pos, .backend)),
            .moving([.authorized], .capturePart, .partlyCaptured, .money(.taken), by: .peopleOrSystem(.finance)),
            .staying([.partlyCaptured], .capturePart, .money(.taken), by: .peopleOrSystem(.finance)),
            .moving(
                [.authorized, .partlyCaptured], .captureRest, .captured, .money(.taken, .letGo),
                by: .peopleOrSystem(.finance)),
            .moving(
                [.pending, .declined, .expired], .void, .voided, by: .peopleOrSystem(.pos, .backend, .support, .finance)
            ),
            .moving(
                [.authorized], .void, .voided, .money(.letGo), by: .peopleOrSystem(.pos, .backend, .support, .finance)),
            .moving(
                [.partlyCaptured], .void, .captured, .money(.letGo),
                by: .peopleOrSystem(.pos, .backend, .support, .finance)),
            .moving([.authorized], .expire, .expired, .money(.letGo), by: .systemAlone),
            .moving([.partlyCaptured], .expire, .captured, .money(.letGo), by: .systemAlone),
            .staying(
                [.partlyCaptured, .captured], .refundPart, .money(.givenBack),
                by: .peopleOrSystem(.pos, .support, .finance)),
            .moving(
                [.captured], .refundRest, .refunded, .money(.givenBack), by: .peopleOrSystem(.pos, .support, .finance)),
            .moving([.declined, .expired], .retry, .pending, by: .peopleOrSystem(.pos, .backend, .support)),
            .moving([.declined, .voided, .expired], .authorizeLate, .authorized, .money(.held), by: .systemAlone),
            .moving([.captured], .authorizeLate, .partlyCaptured, .money(.held), by: .systemAlone),
            .moving([.declined, .voided], .chargeLate, .captured, .money(.taken), by: .systemAlone),
            .staying([.captured], .chargeLate, .money(.taken), by: .systemAlone),
            .staying([.authorized, .partlyCaptured], .voidPart, .money(.letGo), by: .systemAlone),
        ])
}
