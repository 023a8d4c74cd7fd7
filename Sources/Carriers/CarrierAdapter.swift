public import Domain

/// A carrier as this program deals with it: what it would take, a label, and a label given back.
///
/// Calls go to another company's machines and are made outside of every transaction. Each that has an effect carries a
/// key; the same key again must have the same answer and no second effect, so that a call whose answer was lost is made
/// again without a thought.
public protocol CarrierAdapter: Sendable {
    /// Unique code, 1 to 64 bytes.
    var code: String { get }

    /// What its services would take for a parcel, cheapest first.
    ///
    /// - Parameter shipment: the parcel; its service is not looked at.
    /// - Returns: the offers; empty where it does not serve the parcel.
    /// - Throws: ``CarrierFailure``.
    func quote(_ shipment: CarrierShipment) async throws(CarrierFailure) -> [CarrierQuote]

    /// Orders a parcel's carriage.
    ///
    /// - Parameters:
    ///   - shipment: the parcel.
    ///   - key: names this parcel for ever: the same key gives the same label.
    /// - Returns: the label.
    /// - Throws: ``CarrierFailure``.
    func ship(_ shipment: CarrierShipment, key: EntityID) async throws(CarrierFailure) -> CarrierLabel

    /// Gives a label back that no parcel left with; one that was given back already is given back.
    ///
    /// - Parameter key: the key that it was ordered with; one that was never used is given back too.
    /// - Throws: ``CarrierFailure``.
    func void(key: EntityID) async throws(CarrierFailure)
}

/// Why a carrier did not do what was asked.
public enum CarrierFailure: Error, Hashable, Sendable {
    /// It will not, whoever asks again: no such service, no rate, an address it does not serve.
    case refused(String)
    /// It did not answer, or not now; whether it did is not known. The same key may be asked again.
    case unavailable(String)
}

/// One end of a parcel's way.
public struct CarrierParty: Hashable, Sendable {
    /// Who; shown on the label.
    public var name: String
    /// Street, town and so on, each a line of the label; empty ones are left out.
    public var lines: [String]
    /// Postcode; empty where there is none.
    public var postcode: String
    /// ISO 3166 code of the country; empty where not known.
    public var country: String

    /// Makes an end.
    public init(name: String, lines: [String], postcode: String, country: String) {
        self.name = name
        self.lines = lines
        self.postcode = postcode
        self.country = country
    }
}

/// A parcel as it is packed.
public struct CarrierParcel: Hashable, Sendable {
    /// Weight in grams, 0 where not known.
    public var grams: Int64
    /// Length, width and height in millimetres, 0 where not known.
    public var length: Int64
    /// See ``length``.
    public var width: Int64
    /// See ``length``.
    public var height: Int64

    /// Makes a parcel; measures are 0 to ``bound``.
    public init(grams: Int64, length: Int64, width: Int64, height: Int64) {
        self.grams = grams
        self.length = length
        self.width = width
        self.height = height
    }

    /// Largest weight in grams, and largest side in millimetres.
    public static let bound: Int64 = 1_000_000

    /// Cubic millimetres.
    public var volume: Int64 { length * width * height }
}

/// A parcel that is to go from one place to another.
public struct CarrierShipment: Hashable, Sendable {
    /// What people call it, on the label: the fulfilment's number and the parcel's.
    public var reference: String
    /// Where it is collected.
    public var sender: CarrierParty
    /// Where it goes.
    public var recipient: CarrierParty
    /// The parcel.
    public var parcel: CarrierParcel
    /// Code of the service; empty takes the cheapest.
    public var service: String

    /// Makes a shipment.
    public init(
        reference: String, sender: CarrierParty, recipient: CarrierParty, parcel: CarrierParcel, service: String
    ) {
        self.reference = reference
        self.sender = sender
        self.recipient = recipient
        self.parcel = parcel
        self.service = service
    }
}

/// What a service of a carrier would take.
public struct CarrierQuote: Hashable, Sendable {
    /// The service's code.
    public var service: String
    /// Price.
    public var price: Money
    /// Days from dispatch to delivery.
    public var transitDays: Int

    /// Makes a quote.
    public init(service: String, price: Money, transitDays: Int) {
        self.service = service
        self.price = price
        self.transitDays = transitDays
    }
}

/// A label that a carrier has made.
public struct CarrierLabel: Hashable, Sendable {
    /// The service's code.
    public var service: String
    /// The carrier's number of the parcel.
    public var tracking: String
    /// What is paid for it.
    public var price: Money
    /// Days from dispatch to delivery.
    public var transitDays: Int
    /// What is printed, a PDF document.
    public var document: [UInt8]

    /// Makes a label.
    public init(service: String, tracking: String, price: Money, transitDays: Int, document: [UInt8]) {
        self.service = service
        self.tracking = tracking
        self.price = price
        self.transitDays = transitDays
        self.document = document
    }
}
