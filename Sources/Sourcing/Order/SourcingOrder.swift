public import Domain

/// An order, or what is left of one, that is to be sourced.
public struct SourcingOrder: Hashable, Sendable {
    /// How the goods reach the customer.
    public enum Method: String, CaseIterable, Hashable, Sendable {
        /// A carrier brings them.
        case ship
        /// The customer collects them at a location.
        case pickup
    }

    /// Where a carrier brings them.
    public struct Destination: Hashable, Sendable {
        /// ISO 3166 code of the country.
        public var country: String
        /// Postcode; empty where not known.
        ///
        /// Finds the point in the configuration's table where `point` is nil.
        public var postcode: String
        /// The point on the Earth, where it is known.
        public var point: Coordinate?

        /// Makes a destination.
        public init(country: String, postcode: String = "", point: Coordinate? = nil) {
            self.country = country
            self.postcode = postcode
            self.point = point
        }
    }

    /// A line of the order.
    public struct Line: Hashable, Sendable {
        /// The line's own name in the order, unique there.
        public var id: String
        /// The article.
        public var sku: String
        /// Units wanted, 1 to `SourcingBounds.units`.
        public var quantity: Int64
        /// Weight of a unit in grams, 0 to `SourcingBounds.unitMeasure`.
        public var grams: Int64
        /// Volume of a unit as packed, in cubic millimetres, 0 to `SourcingBounds.unitMeasure`.
        public var volume: Int64
        /// What a location must be capable of to handle the article, such as `hazmat` or `chilled`.
        public var needs: Set<String>

        /// Makes a line.
        public init(
            id: String, sku: String, quantity: Int64, grams: Int64 = 0, volume: Int64 = 0, needs: Set<String> = []
        ) {
            self.id = id
            self.sku = sku
            self.quantity = quantity
            self.grams = grams
            self.volume = volume
            self.needs = needs
        }
    }

    /// The order's name.
    public var id: String
    /// The moment of planning: what cut-offs are compared with.
    public var at: Instant
    /// How the goods reach the customer.
    public var method: Method
    /// Where to, for `ship`.
    public var destination: Destination
    /// Code of the location where the customer collects, for `pickup`; empty otherwise.
    public var pickupAt: String
    /// Last day on which everything has arrived, or is ready to collect; nil where nothing was promised.
    public var promised: CivilDate?
    /// Codes of locations that must not serve it, such as one that has refused it already.
    public var excluded: Set<String>
    /// The lines, 1 to `SourcingBounds.lines`.
    public var lines: [Line]

    /// Makes an order.
    public init(
        id: String, at: Instant, method: Method = .ship, destination: Destination, pickupAt: String = "",
        promised: CivilDate? = nil, excluded: Set<String> = [], lines: [Line]
    ) {
        self.id = id
        self.at = at
        self.method = method
        self.destination = destination
        self.pickupAt = pickupAt
        self.promised = promised
        self.excluded = excluded
        self.lines = lines
    }
}

/// Bounds of what can be planned; with them every sum of costs fits 64 bits.
public enum SourcingBounds {
    /// Most lines of an order.
    public static let lines = CallBounds.lines
    /// Most locations of a problem.
    public static let locations = 1_000
    /// Most units of a line.
    public static let units: Int64 = 1_000_000
    /// Most grams, or cubic millimetres, of a unit: a tonne, a cubic metre.
    public static let unitMeasure: Int64 = 1_000_000_000
    /// Highest price, fee or penalty in minor units.
    public static let amount: Int64 = 1_000_000_000
    /// Highest cost that any plan of a problem could have, in minor units.
    public static let totalCost: Int64 = 1 << 38
    /// Most steps of a search.
    public static let steps: Int64 = 1_000_000_000_000
}
