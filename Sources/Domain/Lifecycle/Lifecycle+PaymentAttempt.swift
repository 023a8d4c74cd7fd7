/// Where one call to a gateway stands.
///
/// Raw values are stored.
public enum PaymentAttemptState: Int16, LifecycleWord {
    /// It is written down with its key, and may have been sent.
    case prepared = 1
    /// The gateway did it.
    case approved = 2
    /// The gateway refused it.
    case declined = 3
    /// No answer came: it may have been done.
    case unknown = 4
    /// No answer came, and somebody has found out that it was not done.
    case abandoned = 5
}

/// What happens to such a call.
///
/// Raw values are stored.
public enum PaymentAttemptEvent: Int16, LifecycleWord {
    /// It is written down, before the gateway hears of it.
    case prepare = 1
    /// The gateway says that it did it, or somebody who has looked there does.
    case approve = 2
    /// The gateway says that it did not.
    case decline = 3
    /// The answer does not come in time.
    case timeOut = 4
    /// It is sent once more, with the same key.
    case resend = 5
    /// Somebody who has looked at the gateway's own books says that it was not done.
    case abandon = 6
}

extension Lifecycle {
    /// The table of calls to gateways.
    ///
    /// A tender moves only by an answer: a call that is unknown keeps its amount counted as pending until it is told
    /// which it was. No clock ends one: whether money has moved is known to the gateway, and to people who ask it.
    public static let paymentAttempt = StateTable<PaymentAttemptState, PaymentAttemptEvent>(
        .paymentAttempt, final: [.approved, .declined],
        [
            .entering(.prepare, .prepared, by: .systemAlone),
            .moving([.prepared], .approve, .approved, by: .systemAlone),
            .moving([.unknown, .abandoned], .approve, .approved, by: .peopleOrSystem(.finance)),
            .moving([.prepared, .unknown], .decline, .declined, by: .systemAlone),
            .moving([.prepared], .timeOut, .unknown, by: .systemAlone),
            .staying([.unknown], .resend, by: .peopleOrSystem(.finance)),
            .moving([.unknown], .abandon, .abandoned, by: .people(.finance)),
        ])
}
