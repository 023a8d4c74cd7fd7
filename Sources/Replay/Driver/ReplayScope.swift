/// How much of a file is replayed: its first invoices, or those before a moment, or all.
public struct ReplayScope: Hashable, Sendable {
    /// Most invoices, counted in the order of their first lines, cancellations included; nil is all.
    public var limit: Int?
    /// Only invoices whose first line was entered before this moment; nil is all.
    public var until: WallClock?

    /// Sets the bounds; without any, all of a file.
    public init(limit: Int? = nil, until: WallClock? = nil) {
        self.limit = limit
        self.until = until
    }

    /// The end of a day given as `YYYY-MM-DD`, which includes that day; nil for anything else.
    public static func end(ofDay text: String) -> WallClock? {
        WallClock(text: ArraySlice("\(text) 00:00:00".utf8)).map { WallClock(seconds: $0.seconds + 86_400) }
    }
}

/// Sorts the rows of a file into those within a scope and the others.
struct ScopeFilter {
    private let scope: ReplayScope
    private var isInside: [InvoiceNumber: Bool] = [:]
    private var count = 0

    init(_ scope: ReplayScope) {
        self.scope = scope
    }

    /// True where the row's invoice is within the scope; rows come in the order of the file.
    mutating func admits(_ row: RetailRow) -> Bool {
        if scope.limit == nil && scope.until == nil { return true }
        if let known = isInside[row.invoice] { return known }
        let isEarly = scope.until.map { row.enteredAt < $0 } ?? true
        let admitted = isEarly && count < scope.limit ?? .max
        if admitted { count += 1 }
        isInside[row.invoice] = admitted
        return admitted
    }
}
