/// Where the review of an order stands.
///
/// Orders of channels with review rules have one from their capture on. Raw values are stored, and are the contract's.
public enum ReviewState: Int16, LifecycleWord {
    /// The rules are to be looked at.
    case due = 1
    /// Something keeps the order from being released.
    case held = 2
    /// Nothing does; it is released when the remorse period is over.
    case validated = 3
    /// It was released.
    case released = 4
    /// Nothing is left to release: everything was cancelled.
    case ended = 5
}

/// What happens to a review.
///
/// Raw values are stored.
public enum ReviewEvent: Int16, LifecycleWord {
    /// The order is captured.
    case capture = 1
    /// The rules find nothing.
    case pass = 2
    /// The rules find something, or somebody holds the order.
    case hold = 3
    /// One of several reasons is gone or approved.
    case lift = 4
    /// The last reason is gone or approved.
    case approve = 5
    /// The rules are to be looked at again: somebody asks for it, or the order was changed.
    case recheck = 6
    /// The order's units are given to locations.
    case release = 7
    /// No unit is left that could be released.
    case end = 8
}

extension Lifecycle {
    /// The table of reviews.
    public static let review = StateTable<ReviewState, ReviewEvent>(
        .review, final: [.ended],
        [
            .entering(.capture, .due, by: .peopleOrSystem(.pos, .backend)),
            .moving([.due, .held], .pass, .validated, by: .systemAlone),
            .moving([.due, .validated], .hold, .held, by: .peopleOrSystem(.backend, .support, .finance)),
            .staying([.held], .hold, by: .peopleOrSystem(.backend, .support, .finance)),
            .staying([.held], .lift, by: .peopleOrSystem(.support, .finance)),
            .moving([.held], .approve, .validated, by: .peopleOrSystem(.support, .finance)),
            .staying([.due], .recheck, by: .peopleOrSystem(.pos, .backend, .support, .finance)),
            .moving(
                [.held, .validated, .released], .recheck, .due, by: .peopleOrSystem(.pos, .backend, .support, .finance)),
            .moving([.validated], .release, .released, .units(.release), by: .peopleOrSystem(.support)),
            .moving([.due, .held, .validated, .released], .end, .ended, by: .systemAlone),
        ])
}
