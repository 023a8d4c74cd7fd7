public import Domain
public import Sourcing

/// A carrier that is known by its rates alone: numbers and labels are made here.
///
/// It keeps nothing: number and label follow from the key and the parcel, so the same key gives the same answer on every
/// server and after any crash, and there is nothing that would have to be given back. The numbers are handed to the
/// carrier with the parcels.
public struct RateTableCarrier: CarrierAdapter {
    private let table: RateTable

    /// Makes a carrier of its rates.
    public init(_ table: RateTable) {
        self.table = table
    }

    /// The company's own van: service `STANDARD`, anywhere, any weight, next day, for nothing.
    public static let own: RateTableCarrier = {
        guard let currency = Currency(code: "GBP") else { preconditionFailure("GBP is a currency") }
        let zone = CarrierService.Zone(
            name: "anywhere", transitDays: 1, bands: [.init(upToGrams: 1_000_000_000_000, price: 0)])
        return RateTableCarrier(
            RateTable(
                carrier: "OWN", name: "Own delivery", currency: currency,
                services: [CarrierService(code: "STANDARD", zones: [zone])]))
    }()

    /// The table's carrier.
    public var code: String { table.carrier }

    /// What the table's services would take.
    public func quote(_ shipment: CarrierShipment) async throws(CarrierFailure) -> [CarrierQuote] {
        offers(shipment).map {
            CarrierQuote(service: $0.service, price: Money($0.price, table.currency), transitDays: $0.transitDays)
        }
    }

    /// Makes number and label; nothing is kept.
    public func ship(_ shipment: CarrierShipment, key: EntityID) async throws(CarrierFailure) -> CarrierLabel {
        let offers = offers(shipment)
        let offer = shipment.service.isEmpty ? offers.first : offers.first { $0.service == shipment.service }
        guard let offer else { throw .refused(reason(shipment)) }
        let tracking = TrackingNumber.make(of: key, carrier: code)
        let label = LabelPage(
            carrier: table.name, service: offer.service, tracking: tracking, reference: shipment.reference,
            sender: shipment.sender, recipient: shipment.recipient, parcel: shipment.parcel,
            billedGrams: offer.billedGrams)
        return CarrierLabel(
            service: offer.service, tracking: tracking, price: Money(offer.price, table.currency),
            transitDays: offer.transitDays, document: label.document())
    }

    /// Nothing was kept, so nothing is given back.
    public func void(key: EntityID) async throws(CarrierFailure) {}

    private func offers(_ shipment: CarrierShipment) -> [RateTable.Offer] {
        table.offers(
            grams: shipment.parcel.grams, volume: shipment.parcel.volume, to: shipment.recipient.country,
            postcode: shipment.recipient.postcode, from: shipment.sender.country)
    }

    private func reason(_ shipment: CarrierShipment) -> String {
        guard !shipment.service.isEmpty else {
            return "\(code) has no rate for a parcel of \(shipment.parcel.grams) g to \(place(shipment))"
        }
        guard table.services.contains(where: { $0.code == shipment.service }) else {
            let known = table.services.map(\.code).joined(separator: ", ")
            return "\(code) has no service \(shipment.service), its services are \(known)"
        }
        return
            "\(code) has no rate of \(shipment.service) for a parcel of \(shipment.parcel.grams) g to \(place(shipment))"
    }

    private func place(_ shipment: CarrierShipment) -> String {
        let words = [shipment.recipient.country, shipment.recipient.postcode].filter { !$0.isEmpty }
        return words.isEmpty ? "an unknown country" : words.joined(separator: " ")
    }
}
