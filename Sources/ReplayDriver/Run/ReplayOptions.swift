public import Replay

/// How a replay is run.
public struct ReplayOptions: Sendable {
    /// Terminals that work side by side, at least 1; default 16.
    public var workers: Int
    /// How much of the file is replayed; default all.
    public var scope: ReplayScope
    /// By which rule the shop buys goods.
    public var replenishment: Replenishment
    /// How long calls are waited for and repeated.
    public var patience: CallPatience
    /// How long the books may take to agree after the last operation; default 30 s.
    public var booksPatience: Duration

    /// Sets the options.
    public init(
        workers: Int = 16,
        scope: ReplayScope = ReplayScope(),
        replenishment: Replenishment = Replenishment(),
        patience: CallPatience = CallPatience(),
        booksPatience: Duration = .seconds(30)
    ) {
        self.workers = max(1, workers)
        self.scope = scope
        self.replenishment = replenishment
        self.patience = patience
        self.booksPatience = booksPatience
    }
}
