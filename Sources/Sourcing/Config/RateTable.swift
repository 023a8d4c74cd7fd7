public import Domain

/// A carrier's rates: its services with their zones, weights and prices, in one currency.
///
/// The same tables that sourcing plans with are what a shipment is priced with.
public struct RateTable: Hashable, Sendable {
    /// Unique code of the carrier, such as `ROYAL`.
    public var carrier: String
    /// Name shown to people.
    public var name: String
    /// Currency of the prices.
    public var currency: Currency
    /// The services; codes are unique.
    public var services: [CarrierService]

    /// Makes a table.
    public init(carrier: String, name: String, currency: Currency, services: [CarrierService]) {
        self.carrier = carrier
        self.name = name
        self.currency = currency
        self.services = services
    }

    /// What a service would take for a parcel.
    public struct Offer: Hashable, Sendable {
        /// The service's code.
        public var service: String
        /// The zone's name.
        public var zone: String
        /// Price in minor units of the table's currency.
        public var price: Int64
        /// Days from dispatch to delivery, counted on days that the service delivers.
        public var transitDays: Int
        /// The weight that was billed, in grams: the greater of weight and dimensional weight.
        public var billedGrams: Int64
    }

    /// What the services would take for a parcel, cheapest first, ties by transit days, then by code.
    ///
    /// A service without a zone or a rate for it is left out. A zone that is bounded by a distance fits nothing here: the
    /// points of both ends are not asked for.
    ///
    /// - Parameters:
    ///   - grams: weight, at least 0.
    ///   - volume: cubic millimetres, at least 0.
    ///   - country: ISO 3166 code of where it goes.
    ///   - postcode: postcode there; empty where not known.
    ///   - origin: ISO 3166 code of where it is collected; empty where not known.
    /// - Returns: the offers; empty where the carrier does not serve it.
    public func offers(
        grams: Int64, volume: Int64, to country: String, postcode: String, from origin: String
    ) -> [Offer] {
        services.compactMap { service in
            guard
                let zone = service.zones.first(where: {
                    $0.upToMetres == nil && $0.serves(country: country, postcode: postcode, from: origin)
                })
            else { return nil }
            let billed = service.billable(grams: grams, volume: volume)
            guard let price = zone.price(grams: billed, surcharge: service.surcharge) else { return nil }
            return Offer(
                service: service.code, zone: zone.name, price: price, transitDays: zone.transitDays,
                billedGrams: billed)
        }.sorted { ($0.price, $0.transitDays, $0.service) < ($1.price, $1.transitDays, $1.service) }
    }
}

extension CarrierService {
    /// The greater of weight and dimensional weight, which is rounded up to whole grams.
    func billable(grams: Int64, volume: Int64) -> Int64 {
        guard let volumeDivisor else { return grams }
        return max(grams, (volume + volumeDivisor - 1) / volumeDivisor)
    }
}

extension CarrierService.Zone {
    /// Whether it delivers to a country and postcode, and collects in a country; distance is not looked at.
    ///
    /// Postcodes are compared without blanks and in capitals.
    func serves(country: String, postcode: String, from origin: String) -> Bool {
        guard countries.isEmpty || countries.contains(country),
            fromCountries.isEmpty || fromCountries.contains(origin)
        else { return false }
        guard !postcodes.isEmpty else { return true }
        let plain = CarrierService.Zone.plain(postcode)
        return postcodes.contains { plain.hasPrefix(CarrierService.Zone.plain($0)) }
    }

    static func plain(_ postcode: String) -> String {
        String(postcode.uppercased().filter { $0 != " " && $0 != "-" })
    }
}

extension RateTable {
    /// The tables of a file: `{"carriers": [{"carrier", "name", "currency", "services": […]}]}`, services as a file of
    /// sourcing has them.
    ///
    /// - Parameter text: the file.
    /// - Returns: at least one table, carriers unique.
    /// - Throws: `Refusal.invalid`, naming the field by its path.
    public static func read(_ text: String) throws(Refusal) -> [RateTable] {
        let value: FileValue
        do {
            value = try FileText.read(text)
        } catch {
            throw FieldReader.refusal("", "is no JSON, \(error)")
        }
        var fields = try FieldReader(value, path: "")
        let tables = try fields.list("carriers") { (value, path) throws(Refusal) in
            try RateTable(value, path: path)
        }
        try fields.end()
        if tables.isEmpty { throw FieldReader.refusal("carriers", "are none") }
        var carriers: Set<String> = []
        for (index, table) in tables.enumerated() where !carriers.insert(table.carrier).inserted {
            throw FieldReader.refusal("carriers[\(index)].carrier", "comes twice")
        }
        return tables
    }

    private init(_ value: FileValue, path: String) throws(Refusal) {
        var fields = try FieldReader(value, path: path)
        let carrier = try fields.text("carrier")
        let code = try fields.text("currency")
        guard let currency = Currency(code: code) else {
            throw fields.refusal("currency", "is no currency of ISO 4217")
        }
        self.init(
            carrier: carrier, name: try fields.text("name", default: carrier), currency: currency,
            services: try fields.list("services") { (value, path) throws(Refusal) in
                try CarrierService(value, path: path)
            })
        try fields.end()
        if carrier.isEmpty || carrier.utf8.count > 64 { throw fields.refusal("carrier", "has not 1 to 64 bytes") }
        if services.isEmpty { throw fields.refusal("services", "are none") }
        let violations = CarrierService.violations(services, path: fields.at("services"))
        if !violations.isEmpty { throw .invalid(violations) }
    }
}
