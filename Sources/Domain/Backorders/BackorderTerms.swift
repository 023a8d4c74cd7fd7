/// The terms on which a line of an order may wait for supply.
public struct BackorderTerms: Hashable, Sendable {
    /// Largest priority; 0 is the smallest and the usual one.
    public static let priorityBound: Int32 = 1_000

    /// Lines of higher priority are served first, of equal ones the older.
    public var priority: Int32

    /// Makes terms.
    public init(priority: Int32 = 0) {
        self.priority = priority
    }
}

/// How many units of an article may wait at the same time in orders of one channel.
public struct BackorderPolicy: Hashable, Sendable {
    /// The article.
    public var sku: String
    /// The channel's code.
    public var channel: String
    /// Most units that may wait, 0 to `Quantity.bound`; 0 lets none wait anew.
    public var cap: Int64
    /// Units that wait now; above the cap where it was lowered since, or where a location could not find what it had
    /// promised.
    public var waiting: Int64

    /// Makes a policy.
    public init(sku: String, channel: String, cap: Int64, waiting: Int64 = 0) {
        self.sku = sku
        self.channel = channel
        self.cap = cap
        self.waiting = waiting
    }

    /// Units that may still be let wait, at least 0.
    public var left: Int64 { max(0, cap - waiting) }
}

/// Caps to set, all or none.
public struct BackorderPolicyChange: Sendable {
    /// The caller's id.
    public var id: EntityID
    /// The caps, each article and channel once; `waiting` means nothing here.
    public var policies: [BackorderPolicy]
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a change.
    public init(id: EntityID, policies: [BackorderPolicy], body: [UInt8], caller: Caller) {
        self.id = id
        self.policies = policies
        self.body = body
        self.caller = caller
    }
}

/// A line of an order that waits for supply.
public struct WaitingLine: Hashable, Sendable {
    /// The order.
    public var order: EntityID
    /// Position of the line in it, from 1.
    public var line: Int32
    /// The article.
    public var sku: String
    /// The channel of the order.
    public var channel: String
    /// The locations that may serve it, by code; nil is any.
    public var locations: [String]?
    /// Units that nothing is set aside for.
    public var waiting: Int64
    /// Units that supply is set aside for and that the order does not have yet: it has them a moment later.
    public var granted: Int64
    /// Higher is served first.
    public var priority: Int32
    /// Since when it waits; of equal priority, the older is served first.
    public var since: Instant
    /// When it is promised; nil while nothing is known about supply to come.
    public var promisedAt: Instant?
    /// Its place among those that wait since the same moment.
    public var place: Int64

    /// Makes a line.
    public init(
        order: EntityID, line: Int32, sku: String, channel: String, locations: [String]?, waiting: Int64,
        granted: Int64, priority: Int32, since: Instant, promisedAt: Instant?, place: Int64
    ) {
        self.order = order
        self.line = line
        self.sku = sku
        self.channel = channel
        self.locations = locations
        self.waiting = waiting
        self.granted = granted
        self.priority = priority
        self.since = since
        self.promisedAt = promisedAt
        self.place = place
    }
}
