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
    /// It is being placed, and cannot be changed meanwhile.
    case placing = 4
}

/// What happens to a draft.
///
/// Raw values are stored.
public enum DraftEvent: Int16, LifecycleWord {
    /// Its content is stored, for the first time or anew.
    case save = 1
    /// It is to become an order.
    case place = 2
    /// It is given up.
    case discard = 3
    /// The order is captured.
    case capture = 4
    /// The order was refused.
    case refuse = 5
}

extension Lifecycle {
    /// The table of drafts.
    ///
    /// What became of an order is not always known at once, so that a draft which is being placed can be placed again: it finds
    /// out.
    public static let draft = StateTable<DraftState, DraftEvent>(
        .draft, final: [.placed, .discarded],
        [
            .entering(.save, .open, by: .people(.pos, .backend, .support)),
            .staying([.open], .save, by: .people(.pos, .backend, .support)),
            .moving([.open], .place, .placing, by: .people(.pos, .backend)),
            .staying([.placing], .place, by: .people(.pos, .backend)),
            .moving([.placing, .open], .capture, .placed, by: .systemAlone),
            .moving([.placing], .refuse, .open, by: .systemAlone),
            .moving([.open], .discard, .discarded, by: .people(.pos, .backend, .support)),
        ])
}
