/// What a channel wants its orders to be looked at for, before they are released.
///
/// A channel without rules has no review: nothing is held, and nothing is released by itself.
public struct ReviewRules: Hashable, Sendable {
    /// Where a channel delivers to: a country, or parts of it.
    public struct Zone: Hashable, Sendable {
        /// ISO 3166-1 code of the country.
        public var country: String
        /// What postal codes begin with, in capitals and without blanks; empty for the whole country.
        public var postcodePrefixes: [String]

        /// Makes a zone.
        public init(country: String, postcodePrefixes: [String] = []) {
            self.country = country
            self.postcodePrefixes = postcodePrefixes
        }

        /// Whether an address lies in it.
        public func contains(country: String, postcode: String) -> Bool {
            guard country == self.country else { return false }
            let code = Zone.compact(postcode)
            return postcodePrefixes.isEmpty || postcodePrefixes.contains { code.hasPrefix($0) }
        }

        /// A postal code as prefixes are compared with: in capitals, without blanks and dashes.
        public static func compact(_ postcode: String) -> String {
            postcode.uppercased().filter { !$0.isWhitespace && $0 != "-" }
        }
    }

    /// What is asked of another program about an order.
    public struct FraudCheck: Hashable, Sendable {
        /// How long it may take to answer, in milliseconds: 100 to 20,000.
        public var timeLimitMilliseconds: Int32
        /// Whether an order is held while it cannot be asked; else it passes then.
        public var holdsWhenUnavailable: Bool

        /// The bounds of the time limit.
        public static let timeLimits: ClosedRange<Int32> = 100...20_000

        /// Makes a check.
        public init(timeLimitMilliseconds: Int32, holdsWhenUnavailable: Bool = true) {
            self.timeLimitMilliseconds = timeLimitMilliseconds
            self.holdsWhenUnavailable = holdsWhenUnavailable
        }
    }

    /// How long the customer may still change their mind, in seconds from the capture: 0 to 30 days.
    public var remorseSeconds: Int32
    /// Holds orders whose locations have promised more than they have.
    public var stock: Bool
    /// Holds orders with units that wait for supply.
    public var backordered: Bool
    /// Holds orders with a line that costs nothing.
    public var zeroPrice: Bool
    /// By how many per cent a price may differ from the channel's own; nil compares none: 0 to 1,000.
    public var priceTolerancePercent: Int32?
    /// Holds shipments without a complete address.
    public var address: Bool
    /// Where the channel delivers to; empty for everywhere.
    public var zones: [Zone]
    /// Holds orders that the tenders do not cover.
    public var payment: Bool
    /// Holds orders that cost more, in minor units of the channel's currency; nil for no bound.
    public var maximumAmountMinor: Int64?
    /// Holds orders with more units of one article; nil for no bound.
    public var maximumUnits: Int64?
    /// What is asked of another program; nil for nothing.
    public var fraud: FraudCheck?

    /// Longest remorse period, in seconds: 30 days.
    public static let remorseBound: Int32 = 30 * 86_400
    /// Most zones of a channel.
    public static let zoneBound = 300
    /// Most prefixes of a zone.
    public static let prefixBound = 1_000

    /// Makes rules; by default nothing is looked for, and orders are released at once.
    public init(
        remorseSeconds: Int32 = 0, stock: Bool = false, backordered: Bool = false, zeroPrice: Bool = false,
        priceTolerancePercent: Int32? = nil, address: Bool = false, zones: [Zone] = [], payment: Bool = false,
        maximumAmountMinor: Int64? = nil, maximumUnits: Int64? = nil, fraud: FraudCheck? = nil
    ) {
        self.remorseSeconds = remorseSeconds
        self.stock = stock
        self.backordered = backordered
        self.zeroPrice = zeroPrice
        self.priceTolerancePercent = priceTolerancePercent
        self.address = address
        self.zones = zones
        self.payment = payment
        self.maximumAmountMinor = maximumAmountMinor
        self.maximumUnits = maximumUnits
        self.fraud = fraud
    }
}
