import Domain
import HoldfastAPI
import SwiftProtobuf

extension Holdfast_V1_StockLevel {
    /// The figures right after a change, which do not speak of reservations.
    init(changed level: StockLevel) {
        self.init()
        sku = level.sku
        location = level.location
        onHand = level.onHand
        safetyStock = level.safety
        allocated = level.allocated
        shortage = level.shortage
    }

    /// All figures.
    init(_ level: StockLevel) {
        self.init(changed: level)
        held = level.held
        available = max(0, level.availableToPromise)
    }
}

extension Holdfast_V1_StockMovement {
    init(_ movement: StockMovement) {
        self.init()
        sequence = movement.sequence
        kind =
            switch movement.kind {
            case .receipt: .receipt
            case .adjustment: .adjustment
            case .count: .count
            case .transferOut: .transferOut
            case .transferIn: .transferIn
            case .policy: .policy
            case .allocation: .allocation
            case .deallocation: .deallocation
            case .sale: .sale
            case .found: .found
            case .customerReturn: .customerReturn
            case .refurbishment: .refurbishment
            case .vendorReturn: .vendorReturn
            case .scrap: .scrap
            case .donation: .donation
            case .shipment: .shipment
            }
        sku = movement.sku
        location = movement.location
        onHandDelta = movement.onHandDelta
        safetyDelta = movement.safetyDelta
        allocatedDelta = movement.allocatedDelta
        causeID = movement.cause?.description ?? ""
        reason = movement.reason
        if let stamp = Google_Protobuf_Timestamp(movement.recordedAt) { recordedAt = stamp }
    }
}
