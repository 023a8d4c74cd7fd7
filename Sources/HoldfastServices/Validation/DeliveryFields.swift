import Domain
import HoldfastAPI

/// How an order is to be delivered, translated and validated.
enum DeliveryFields {
    /// Most lines of an address.
    static let addressLineBound = 5

    /// What a message says, by the path of its field; nil where it was refused.
    static func delivery(
        _ message: Holdfast_V1_Delivery, _ field: String, _ validation: inout RequestValidation
    ) -> OrderDelivery? {
        validation.codeOrEmpty(message.service, "\(field).service")
        let address = message.hasShipTo ? address(message.shipTo, "\(field).ship_to", &validation) : nil
        switch message.method {
        case .ship:
            if !message.pickupLocation.isEmpty {
                validation.refuse("\(field).pickup_location", "must be empty where the goods are sent")
            }
            return OrderDelivery(method: .ship, shipTo: address, service: message.service)
        case .pickup:
            validation.code(message.pickupLocation, "\(field).pickup_location")
            if message.hasShipTo {
                validation.refuse("\(field).ship_to", "must be absent where the customer collects")
            }
            return OrderDelivery(
                method: .pickup, pickupLocation: message.pickupLocation, service: message.service)
        case .unspecified:
            validation.refuse("\(field).method", "is required")
            return nil
        case .UNRECOGNIZED(let value):
            validation.refuse("\(field).method", "\(value) is no method of delivery")
            return nil
        }
    }

    /// An address, by the path of its field.
    static func address(
        _ message: Holdfast_V1_Address, _ field: String, _ validation: inout RequestValidation
    ) -> Address {
        validation.text(message.name, to: OrderRequests.textBound, "\(field).name")
        if message.lines.count > addressLineBound {
            validation.refuse(
                "\(field).lines", "must have at most \(addressLineBound) entries, has \(message.lines.count)")
        }
        for (index, line) in message.lines.prefix(addressLineBound).enumerated() {
            validation.text(line, to: OrderRequests.textBound, "\(field).lines[\(index)]")
        }
        validation.text(message.city, to: 128, "\(field).city")
        validation.text(message.region, to: 128, "\(field).region")
        validation.text(message.postcode, to: 32, "\(field).postcode")
        if !message.country.isEmpty && !Country.hasShape(message.country) {
            validation.refuse("\(field).country", "must be two capital letters, as in ISO 3166-1")
        }
        validation.text(message.phone, to: 64, "\(field).phone")
        var place: Address.Place?
        if message.hasLatitude || message.hasLongitude {
            if !message.hasLatitude {
                validation.refuse("\(field).latitude", "is required with longitude")
            } else if !message.hasLongitude {
                validation.refuse("\(field).longitude", "is required with latitude")
            } else {
                place = Address.Place(latitude: message.latitude, longitude: message.longitude)
                if !(-90...90).contains(message.latitude) {
                    validation.refuse("\(field).latitude", "must be -90 to 90")
                }
                if !(-180...180).contains(message.longitude) {
                    validation.refuse("\(field).longitude", "must be -180 to 180")
                }
            }
        }
        return Address(
            name: message.name, lines: message.lines, city: message.city, region: message.region,
            postcode: message.postcode, country: message.country, phone: message.phone, place: place)
    }
}
