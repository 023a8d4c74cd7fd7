/// Where a return stands.
///
/// Goods, decision and money are three steps: `received`, `decided`, `settled`. Raw values are stored.
public enum ReturnState: Int16, LifecycleWord {
    /// Somebody wants to give goods back.
    case requested = 1
    /// They may.
    case approved = 2
    /// The goods are with a carrier.
    case underWay = 3
    /// Some of the goods are here.
    case partlyReceived = 4
    /// The goods are here, or no more will come.
    case received = 5
    /// They were looked at.
    case inspected = 6
    /// It is said what becomes of goods and money.
    case decided = 7
    /// The money, the credit or the exchange is done.
    case settled = 8
    /// They may not.
    case declined = 9
    /// The wish was taken back.
    case cancelled = 10
    /// The goods did not come in time.
    case expired = 11
    /// The goods are not accepted; they stay the customer's.
    case refused = 12
}

/// What happens to a return.
///
/// Raw values are stored.
public enum ReturnEvent: Int16, LifecycleWord {
    /// It is asked for.
    case request = 1
    /// It is allowed.
    case approve = 2
    /// It is not allowed.
    case decline = 3
    /// A label is made for it.
    case issueLabel = 4
    /// A carrier has the goods.
    case handIn = 5
    /// Some goods come.
    case receivePart = 6
    /// The last goods come.
    case receive = 7
    /// The goods that are missing are not waited for.
    case closeReceipt = 8
    /// The goods are looked at.
    case inspect = 9
    /// It is said what becomes of them.
    case dispose = 10
    /// They are not accepted.
    case refuse = 11
    /// The money, the credit or the exchange is done.
    case settle = 12
    /// Money is given back before the goods were inspected, where a rule says so.
    case refundAhead = 13
    /// The customer keeps the goods, and is paid all the same.
    case waive = 14
    /// The wish is taken back.
    case cancel = 15
    /// Its time is over.
    case expire = 16
}

extension Lifecycle {
    /// The table of returns.
    ///
    /// Goods that come without a request begin as received. An expired return is not final, because goods may come
    /// late, and goods that are here must be dealt with.
    public static let returnOrder = StateTable<ReturnState, ReturnEvent>(
        .returnOrder, final: [.settled, .declined, .cancelled, .refused],
        [
            .entering(.request, .requested, by: .people(.pos, .backend, .support)),
            .entering(.receive, .received, by: .people(.pos, .warehouse)),
            .moving([.requested], .approve, .approved, by: .peopleOrSystem(.pos, .support)),
            .moving([.requested], .decline, .declined, by: .peopleOrSystem(.pos, .support)),
            .staying([.approved], .issueLabel, by: .peopleOrSystem(.pos, .backend, .support)),
            .moving([.approved], .handIn, .underWay, by: .peopleOrSystem(.support)),
            .moving(
                [.approved, .underWay, .expired], .receivePart, .partlyReceived, by: .people(.pos, .warehouse)),
            .staying([.partlyReceived], .receivePart, by: .people(.pos, .warehouse)),
            .moving(
                [.approved, .underWay, .partlyReceived, .expired], .receive, .received, by: .people(.pos, .warehouse)),
            .moving([.partlyReceived], .closeReceipt, .received, by: .peopleOrSystem(.warehouse, .support)),
            .moving([.received], .inspect, .inspected, by: .people(.pos, .warehouse)),
            .moving([.inspected], .dispose, .decided, .units(.takeBack), by: .people(.pos, .warehouse)),
            .moving([.inspected], .refuse, .refused, by: .people(.pos, .warehouse, .support)),
            .moving([.approved], .waive, .decided, .money(.refundDue), by: .peopleOrSystem(.support, .finance)),
            .moving([.decided], .settle, .settled, .money(.givenBack), by: .peopleOrSystem(.pos, .support, .finance)),
            .staying(
                [.approved, .underWay, .partlyReceived, .received], .refundAhead, .money(.givenBack),
                by: .peopleOrSystem(.support, .finance)),
            .moving([.requested, .approved], .cancel, .cancelled, by: .people(.pos, .backend, .support)),
            .moving([.approved, .underWay], .expire, .expired, by: .systemAlone),
        ])
}
