public import Domain

/// A location as sourcing sees it.
public struct SourcingLocation: Hashable, Sendable {
    /// When a location sends goods out.
    public struct Hours: Hashable, Sendable {
        /// The days of the week that these hours hold for.
        public var days: Set<Weekday>
        /// What is ordered before this time leaves the same day; what is ordered at it does not.
        public var cutOff: ClockTime

        /// Makes hours.
        public init(days: Set<Weekday>, cutOff: ClockTime) {
            self.days = days
            self.cutOff = cutOff
        }
    }

    /// What a location can send out on a day; nil where there is no limit.
    public struct Capacity: Hashable, Sendable {
        /// Units.
        public var units: Int64?
        /// Lines: a line that is split over two locations is a line at each.
        public var lines: Int64?
        /// Orders, whatever their size.
        public var orders: Int64?

        /// Makes a capacity.
        public init(units: Int64? = nil, lines: Int64? = nil, orders: Int64? = nil) {
            self.units = units
            self.lines = lines
            self.orders = orders
        }
    }

    /// Unique code.
    public var code: String
    /// What kind of place it is.
    public var kind: Location.Kind
    /// Which of two equally good locations comes first: the lower rank, then the lesser code.
    public var rank: Int32
    /// False for a location that takes no orders.
    public var isActive: Bool
    /// IANA zone of its clocks; empty is UTC.
    public var timeZone: String
    /// ISO 3166 code of its country.
    public var country: String
    /// Postcode; finds its point in the configuration's table where `point` is nil.
    public var postcode: String
    /// The point on the Earth, where it is known.
    public var point: Coordinate?
    /// The methods that it serves.
    public var methods: Set<SourcingOrder.Method>
    /// What it is capable of, for articles that need something.
    public var capabilities: Set<String>
    /// Codes of the carrier services that call there; empty is all.
    public var services: Set<String>
    /// Working hours; empty is every day without a cut-off.
    ///
    /// Days that no hours name are not worked.
    public var hours: [Hours]
    /// Days that are not worked.
    public var closed: Set<CivilDate>
    /// Working days that goods need before they can be sent: a supplier's lead time.
    public var leadDays: Int
    /// What it can send out on a day.
    public var capacity: Capacity
    /// What is planned already, by day.
    public var booked: [CivilDate: Capacity]
    /// Cost of handling a shipment, in minor units.
    public var handlingPerShipment: Int64
    /// Cost of handling a unit, in minor units.
    public var handlingPerUnit: Int64

    /// Makes a location that works every day without limits.
    public init(
        code: String, kind: Location.Kind = .warehouse, rank: Int32 = 0, country: String,
        methods: Set<SourcingOrder.Method> = [.ship]
    ) {
        self.code = code
        self.kind = kind
        self.rank = rank
        self.country = country
        self.methods = methods
        isActive = true
        timeZone = ""
        postcode = ""
        capabilities = []
        services = []
        hours = []
        closed = []
        leadDays = 0
        capacity = Capacity()
        booked = [:]
        handlingPerShipment = 0
        handlingPerUnit = 0
    }

    /// The first day on which it sends out what it is given at a moment, after its lead time and whatever its capacity is.
    ///
    /// It is the day that its calendar shows where none of the days that are looked at is worked: somebody goes there all
    /// the same.
    ///
    /// - Parameters:
    ///   - moment: when it is given the goods.
    ///   - zone: the rules of its zone around that moment.
    /// - Returns: the day, by its own clocks.
    public func dispatch(at moment: Instant, zone: ZoneRules) -> CivilDate {
        let days = DispatchDays(self, zone: zone, at: moment, within: ZoneRules.window.upperBound - 1)
        return days.first(leadDays: leadDays) ?? days.today
    }

    /// The cut-off of a day; nil where the day is not worked.
    func cutOff(on date: CivilDate) -> ClockTime? {
        if closed.contains(date) { return nil }
        if hours.isEmpty { return .endOfDay }
        return hours.first { $0.days.contains(date.weekday) }?.cutOff
    }
}

/// Units of an article that a location can promise.
public struct SourcingStock: Hashable, Sendable {
    /// The article.
    public var sku: String
    /// The location's code.
    public var location: String
    /// Units available to promise, 0 or more.
    public var available: Int64
    /// Units that had better stay: each unit taken from these costs `stockOutPressure` more.
    ///
    /// At most `available` counts.
    public var keep: Int64

    /// Makes a stock.
    public init(sku: String, location: String, available: Int64, keep: Int64 = 0) {
        self.sku = sku
        self.location = location
        self.available = available
        self.keep = keep
    }
}
