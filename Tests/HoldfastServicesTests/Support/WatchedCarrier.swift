import Carriers
import Domain
import HoldfastTesting

/// The company's own van, which tells what it was asked, and lets something happen while it makes a label or takes one back.
final class WatchedCarrier: CarrierAdapter {
    let code = "OWN"
    let made = Box<[EntityID]>([])
    let voided = Box<[EntityID]>([])
    let whileMaking = Box<(@Sendable () async -> Void)?>(nil)
    let whileVoiding = Box<(@Sendable (EntityID) async -> Void)?>(nil)
    let failure = Box<CarrierFailure?>(nil)

    func quote(_ shipment: CarrierShipment) async throws(CarrierFailure) -> [CarrierQuote] {
        try await RateTableCarrier.own.quote(shipment)
    }

    func ship(_ shipment: CarrierShipment, key: EntityID) async throws(CarrierFailure) -> CarrierLabel {
        if let happening = whileMaking.value { await happening() }
        made.value.append(key)
        return try await RateTableCarrier.own.ship(shipment, key: key)
    }

    func void(key: EntityID) async throws(CarrierFailure) {
        if let failure = failure.value { throw failure }
        voided.value.append(key)
        if let happening = whileVoiding.value { await happening(key) }
    }
}
