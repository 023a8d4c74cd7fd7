internal import Domain

/// A service of a carrier with its zones and prices.
public struct CarrierService: Hashable, Sendable {
    /// Which shipments belong to a zone.
    ///
    /// The first zone of a service that fits is taken.
    public struct Zone: Hashable, Sendable {
        /// Name of the zone, unique in the service.
        public var name: String
        /// Countries that it delivers to; empty is any.
        public var countries: Set<String>
        /// Beginnings of postcodes that it delivers to, such as `BT`; empty is any.
        ///
        /// Compared without blanks and hyphens, in capitals.
        public var postcodes: Set<String>
        /// Countries that it collects in; empty is any.
        public var fromCountries: Set<String>
        /// Greatest distance in metres; nil is any.
        ///
        /// With a distance both ends must have a known point.
        public var upToMetres: Int64?
        /// Days from dispatch to delivery, counted on days that the service delivers.
        public var transitDays: Int
        /// Prices by weight, lightest first.
        ///
        /// A shipment pays the first band that it fits in.
        public var bands: [Band]
        /// What a heavier shipment than the last band pays on top of it; nil where there is no rate for it.
        public var beyond: Beyond?

        /// Makes a zone.
        public init(
            name: String, countries: Set<String> = [], postcodes: Set<String> = [], fromCountries: Set<String> = [],
            upToMetres: Int64? = nil, transitDays: Int, bands: [Band], beyond: Beyond? = nil
        ) {
            self.name = name
            self.countries = countries
            self.postcodes = postcodes
            self.fromCountries = fromCountries
            self.upToMetres = upToMetres
            self.transitDays = transitDays
            self.bands = bands
            self.beyond = beyond
        }
    }

    /// A band of weight.
    public struct Band: Hashable, Sendable {
        /// Heaviest billable weight of the band, in grams.
        public var upToGrams: Int64
        /// Price of a shipment in minor units.
        public var price: Int64

        /// Makes a band.
        public init(upToGrams: Int64, price: Int64) {
            self.upToGrams = upToGrams
            self.price = price
        }
    }

    /// The price beyond the last band: so much for each weight that is begun.
    public struct Beyond: Hashable, Sendable {
        /// The weight in grams, at least 1.
        public var perGrams: Int64
        /// Price in minor units.
        public var price: Int64

        /// Makes a price.
        public init(perGrams: Int64, price: Int64) {
            self.perGrams = perGrams
            self.price = price
        }
    }

    /// Unique code, such as `ROYAL/48`.
    public var code: String
    /// Cubic millimetres that are billed as a gram, such as 5,000; nil where volume does not count.
    public var volumeDivisor: Int64?
    /// Surcharge on each shipment's price, in hundredths of a percent: fuel, say.
    ///
    /// The sum of price and surcharge is rounded once a shipment, half to even, to minor units.
    public var surcharge: Int64
    /// Days of the week on which it delivers; empty is all.
    public var deliveryDays: Set<Weekday>
    /// The zones, in the order in which they are tried.
    public var zones: [Zone]

    /// Makes a service.
    public init(
        code: String, volumeDivisor: Int64? = nil, surcharge: Int64 = 0, deliveryDays: Set<Weekday> = [],
        zones: [Zone]
    ) {
        self.code = code
        self.volumeDivisor = volumeDivisor
        self.surcharge = surcharge
        self.deliveryDays = deliveryDays
        self.zones = zones
    }

    /// The day of delivery of what is dispatched on a day.
    func arrival(dispatched: CivilDate, transitDays: Int) -> CivilDate {
        var (date, left) = (dispatched, transitDays)
        while left > 0 {
            date = date.next
            if deliveryDays.isEmpty || deliveryDays.contains(date.weekday) { left -= 1 }
        }
        return date
    }
}

extension CarrierService.Zone {
    /// The price of a shipment of this billable weight with a surcharge; nil where there is no rate.
    func price(grams: Int64, surcharge: Int64) -> Int64? {
        if let band = bands.first(where: { grams <= $0.upToGrams }) {
            return CarrierService.Zone.with(surcharge: surcharge, band.price)
        }
        guard let beyond, let last = bands.last else { return nil }
        let begun = (grams - last.upToGrams + beyond.perGrams - 1) / beyond.perGrams
        return CarrierService.Zone.with(surcharge: surcharge, last.price + begun * beyond.price)
    }

    /// A price with its surcharge, rounded once, half to even.
    static func with(surcharge: Int64, _ price: Int64) -> Int64 {
        if surcharge == 0 { return price }
        return Int64(Rounding.halfEven(Int128(price) * Int128(10_000 + surcharge), dividedBy: 10_000))
    }
}
