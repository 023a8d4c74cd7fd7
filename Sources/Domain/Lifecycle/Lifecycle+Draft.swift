/// Where a draft stands: an order that is being written, or a quote that was given.
///
/// Raw values are stored, and are the contract's.
public enum DraftState: Int16, LifecycleWord {
    /// It can be changed and placed. It holds no stock.
    case open = 1
    /// It became an order.
    case placed = 2
    /// It was given up.
    case discarded = 3
}

/// What happens to a draft.
///
/// Raw values are stored.
public enum DraftEvent: Int16, LifecycleWord {
    /// Its content is stored, for the first time or anew.
    case save = 1
    /// It becomes an order.
    case place = 2
    /// It is given up.
    case discard = 3
}

extension Lifecycle {
    /// The table of drafts.
    public static let draft = StateTable<DraftState, DraftEvent>(
        .draft, final: [.placed, .discarded],
        [
            .entering(.save, .open, by: .people(.pos, .backend, .support)),
            .staying([.open], .save, by: .people(.pos, .backend, .support)),
            .moving([.open], .place, .placed, by: .people(.pos, .backend)),
            .moving([.open], .discard, .discarded, by: .people(.pos, .backend, .support)),
        ])
}
