/// Where the wish stands to cancel what a location or a supplier already has to fulfil.
///
/// Raw values are stored.
public enum LateCancelState: Int16, LifecycleWord {
    /// Who has the goods was asked.
    case asked = 1
    /// The goods stay.
    case accepted = 2
    /// They have left, or cannot be stopped.
    case tooLate = 3
    /// The wish was taken back.
    case withdrawn = 4
}

/// What happens to such a wish.
///
/// Raw values are stored.
public enum LateCancelEvent: Int16, LifecycleWord {
    /// It is made.
    case ask = 1
    /// Who has the goods accepts it.
    case accept = 2
    /// Who has the goods refuses it.
    case refuse = 3
    /// It is taken back.
    case withdraw = 4
}

extension Lifecycle {
    /// The table of late cancellations: a handshake, because only who has the goods knows whether they can be stopped.
    public static let lateCancel = StateTable<LateCancelState, LateCancelEvent>(
        .lateCancel, final: [.accepted, .tooLate, .withdrawn],
        [
            .entering(.ask, .asked, by: .people(.pos, .backend, .support)),
            .moving([.asked], .accept, .accepted, .units(.recall), by: .peopleOrSystem(.pos, .warehouse)),
            .moving([.asked], .refuse, .tooLate, by: .peopleOrSystem(.pos, .warehouse)),
            .moving([.asked], .withdraw, .withdrawn, by: .people(.pos, .backend, .support)),
        ])
}
