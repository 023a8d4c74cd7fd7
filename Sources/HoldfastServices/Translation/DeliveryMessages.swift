import Domain
import HoldfastAPI

extension Holdfast_V1_Delivery {
    init(_ delivery: OrderDelivery) {
        self.init()
        switch delivery.method {
        case .ship: method = .ship
        case .pickup: method = .pickup
        }
        if let address = delivery.shipTo { shipTo = Holdfast_V1_Address(address) }
        pickupLocation = delivery.pickupLocation
        service = delivery.service
    }
}

extension Holdfast_V1_Address {
    init(_ address: Address) {
        self.init()
        name = address.name
        lines = address.lines
        city = address.city
        region = address.region
        postcode = address.postcode
        country = address.country
        phone = address.phone
        if let place = address.place {
            latitude = place.latitude
            longitude = place.longitude
        }
    }
}
