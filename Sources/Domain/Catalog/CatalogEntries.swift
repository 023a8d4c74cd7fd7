/// An article that can be ordered.
public struct Product: Hashable, Sendable {
    /// Stock keeping unit, unique, case-sensitive.
    public var sku: String
    /// Name shown to people.
    public var name: String
    /// Code that a scanner reads; empty where there is none.
    public var barcode: String
    /// True where stock is counted; false for postage, fees and other lines that touch no stock.
    public var tracked: Bool

    /// Makes a product.
    public init(sku: String, name: String, barcode: String, tracked: Bool) {
        self.sku = sku
        self.name = name
        self.barcode = barcode
        self.tracked = tracked
    }
}

/// A place where stock is kept.
public struct Location: Hashable, Sendable {
    /// What kind of place it is.
    ///
    /// Raw values are stored.
    public enum Kind: Int16, Sendable {
        /// A warehouse or distribution centre.
        case warehouse = 1
        /// A shop that customers enter.
        case store = 2
        /// A third party's warehouse.
        case thirdParty = 3
        /// A supplier who ships in the company's name.
        case supplier = 4
    }

    /// Unique code.
    public var code: String
    /// Name shown to people.
    public var name: String
    /// What kind of place it is.
    public var kind: Kind
    /// Order in which a request without a location takes from the locations, lowest first, ties by code.
    public var rank: Int32
    /// IANA zone of its business dates; empty is UTC.
    public var timeZone: String

    /// Makes a location.
    public init(code: String, name: String, kind: Kind, rank: Int32, timeZone: String) {
        self.code = code
        self.name = name
        self.kind = kind
        self.rank = rank
        self.timeZone = timeZone
    }
}

/// A door through which orders come.
public struct Channel: Hashable, Sendable {
    /// Unique code.
    public var code: String
    /// Name shown to people.
    public var name: String
    /// Currency of its orders.
    public var currency: Currency
    /// What its orders are looked at for.
    public var review: Review

    /// What is said of the review of a channel's orders.
    public enum Review: Hashable, Sendable {
        /// Nothing: in an upsert the rules stay as they are.
        case kept
        /// There is none.
        case off
        /// These rules.
        case rules(ReviewRules)
    }

    /// Makes a channel.
    public init(code: String, name: String, currency: Currency, review: Review = .kept) {
        self.code = code
        self.name = name
        self.currency = currency
        self.review = review
    }
}

/// How many entries an upsert created, changed and found as asked.
public struct UpsertCount: Hashable, Sendable {
    /// Entries that did not exist before.
    public var created: Int32
    /// Entries whose description changed.
    public var updated: Int32
    /// Entries that were already as asked.
    public var unchanged: Int32

    /// Makes a count.
    public init(created: Int32, updated: Int32, unchanged: Int32) {
        self.created = created
        self.updated = updated
        self.unchanged = unchanged
    }
}
