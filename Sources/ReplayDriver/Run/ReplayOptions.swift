public import Replay

/// Where the replay of an order ends.
public enum ReplayEnd: Hashable, Sendable {
    /// Orders are captured and cancelled.
    case capture
    /// Orders are paid, sent out and delivered, and what comes back is inspected and paid back.
    case delivery
}

/// What the orders of a replay are paid with.
public enum ReplayTender: Hashable, Sendable {
    /// A card at a terminal: the whole amount is taken when the order is placed.
    case terminal
    /// A card that the server's gateway knows by this token: the amount is held when the order is placed, and taken when
    /// goods leave.
    case card(token: String)
}

/// How a replay is run.
public struct ReplayOptions: Sendable {
    /// Terminals that work side by side, at least 1; default 16.
    public var workers: Int
    /// How much of the file is replayed; default all.
    public var scope: ReplayScope
    /// By which rule the shop buys goods.
    public var replenishment: Replenishment
    /// Where the replay of an order ends; default at its capture.
    public var end: ReplayEnd
    /// When goods leave, where the replay goes on to delivery.
    public var dispatch: DispatchRule
    /// What orders are paid with, where the replay goes on to delivery; default a card at a terminal.
    public var tender: ReplayTender
    /// How long calls are waited for and repeated.
    public var patience: CallPatience
    /// How long the books may take to agree after the last operation; default 30 s.
    public var booksPatience: Duration

    /// Sets the options.
    public init(
        workers: Int = 16,
        scope: ReplayScope = ReplayScope(),
        replenishment: Replenishment = Replenishment(),
        end: ReplayEnd = .capture,
        dispatch: DispatchRule = DispatchRule(),
        tender: ReplayTender = .terminal,
        patience: CallPatience = CallPatience(),
        booksPatience: Duration = .seconds(30)
    ) {
        self.workers = max(1, workers)
        self.scope = scope
        self.replenishment = replenishment
        self.end = end
        self.dispatch = dispatch
        self.tender = tender
        self.patience = patience
        self.booksPatience = booksPatience
    }
}
