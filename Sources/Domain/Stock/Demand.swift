/// One line of a request that wants stock.
public struct Demand: Hashable, Sendable {
    /// The article.
    public var sku: String
    /// The location; empty for any, in the order of their rank.
    public var location: String
    /// Units, 1 to `Quantity.bound`.
    public var quantity: Int64
    /// With an empty location: whether several locations may serve the line together.
    public var allowSplit: Bool
    /// With an empty location: codes of locations that must not serve it.
    public var avoided: Set<String>

    /// Makes a demand.
    public init(sku: String, location: String, quantity: Int64, allowSplit: Bool, avoided: Set<String> = []) {
        self.sku = sku
        self.location = location
        self.quantity = quantity
        self.allowSplit = allowSplit
        self.avoided = avoided
    }
}

/// Bounds of quantities.
public enum Quantity {
    /// Most units that one line of any request may name.
    public static let bound: Int64 = 1_000_000_000
    /// Most units that a cell may have on hand or promised, so that sums stay far from 64 bits.
    public static let cellBound: Int64 = 1_000_000_000_000_000
}

/// Most lines of one call.
public enum CallBounds {
    /// Most lines or items of one call.
    public static let lines = 1_000
    /// Most entries of an inspection: some lines have units in several conditions.
    public static let findings = 5_000
}

/// A line that stock did not suffice for.
public struct LineShortage: Hashable, Sendable {
    /// Index of the line in the request, from 0.
    public var line: Int
    /// The article.
    public var sku: String
    /// The location asked for; empty for any.
    public var location: String
    /// Units asked for.
    public var wanted: Int64
    /// Units that could have been had, at least 0.
    public var available: Int64
    /// Where the line was allowed to wait for supply: units of its article that may still be let wait in its channel.
    public var backorderLeft: Int64?

    /// Makes a shortage.
    public init(
        line: Int, sku: String, location: String, wanted: Int64, available: Int64, backorderLeft: Int64? = nil
    ) {
        self.line = line
        self.sku = sku
        self.location = location
        self.wanted = wanted
        self.available = available
        self.backorderLeft = backorderLeft
    }
}

/// Units at one location that serve a line.
public struct Allocation: Hashable, Sendable {
    /// The location's code.
    public var location: String
    /// Units, at least 1.
    public var quantity: Int64

    /// Makes an allocation.
    public init(location: String, quantity: Int64) {
        self.location = location
        self.quantity = quantity
    }
}
