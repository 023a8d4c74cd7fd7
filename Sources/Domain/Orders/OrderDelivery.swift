/// How and where an order is to be delivered.
public struct OrderDelivery: Hashable, Sendable {
    /// How goods come to the customer.
    ///
    /// Raw values are stored, and are the contract's.
    public enum Method: Int16, Sendable, CaseIterable {
        /// A carrier brings them to an address.
        case ship = 1
        /// The customer collects them at a location.
        case pickup = 2
    }

    /// The method.
    public var method: Method
    /// Where to, for a shipment; nil where that was not told.
    public var shipTo: Address?
    /// Code of the location where the customer collects; empty for a shipment.
    public var pickupLocation: String
    /// The carrier's service that was sold; empty for any.
    public var service: String

    /// Makes a delivery.
    public init(method: Method, shipTo: Address? = nil, pickupLocation: String = "", service: String = "") {
        self.method = method
        self.shipTo = shipTo
        self.pickupLocation = pickupLocation
        self.service = service
    }
}

/// Where somebody lives or works; empty texts where not known.
public struct Address: Hashable, Sendable {
    /// A place on the earth.
    public struct Place: Hashable, Sendable {
        /// Degrees north, -90 to 90.
        public var latitude: Double
        /// Degrees east, -180 to 180.
        public var longitude: Double

        /// Makes a place; nil for figures that are none.
        public init?(latitude: Double, longitude: Double) {
            guard (-90...90).contains(latitude), (-180...180).contains(longitude) else { return nil }
            self.latitude = latitude
            self.longitude = longitude
        }
    }

    /// Who receives there.
    public var name: String
    /// Street, house, floor, as they are printed.
    public var lines: [String]
    /// Town.
    public var city: String
    /// State, county or province.
    public var region: String
    /// Postal code as it is written there.
    public var postcode: String
    /// ISO 3166-1 code of two capital letters, which the standard need not have.
    public var country: String
    /// Telephone number for who delivers.
    public var phone: String
    /// Where it is, where that is known.
    public var place: Place?

    /// Makes an address.
    public init(
        name: String = "", lines: [String] = [], city: String = "", region: String = "", postcode: String = "",
        country: String = "", phone: String = "", place: Place? = nil
    ) {
        self.name = name
        self.lines = lines
        self.city = city
        self.region = region
        self.postcode = postcode
        self.country = country
        self.phone = phone
        self.place = place
    }
}
