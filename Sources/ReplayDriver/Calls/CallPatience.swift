/// How long a call is waited for and repeated.
public struct CallPatience: Hashable, Sendable {
    /// Deadline of one attempt; default 10 s.
    public var attempt: Duration
    /// Deadline of an attempt to add up the books, which reads every row; default 120 s.
    public var books: Duration
    /// How long a call is repeated in all while the server or a store is away; default 120 s.
    public var total: Duration
    /// Pause before the first repetition; doubles each time; default 20 ms.
    public var firstPause: Duration
    /// Longest pause; default 1 s.
    public var longestPause: Duration

    /// Sets the bounds.
    public init(
        attempt: Duration = .seconds(10),
        books: Duration = .seconds(120),
        total: Duration = .seconds(120),
        firstPause: Duration = .milliseconds(20),
        longestPause: Duration = .seconds(1)
    ) {
        self.attempt = attempt
        self.books = books
        self.total = total
        self.firstPause = firstPause
        self.longestPause = longestPause
    }
}
