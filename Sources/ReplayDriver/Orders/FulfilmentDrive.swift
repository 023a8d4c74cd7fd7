import GRPCCore
import HoldfastAPI
import Replay
import SwiftProtobuf

/// Brings the goods of one order to its customer: release, pick, pack, ship, deliver; or, at a supplier, acknowledge, ship
/// notice, deliver.
///
/// Every step has an id that is derived from the release's, and the service answers a repeated step as it did the first
/// time. So a run that was broken off anywhere in between is carried on by taking all steps again.
struct FulfilmentDrive<Transport: ClientTransport>: Sendable {
    /// What is told about the parcels of an order.
    struct Parcels: Sendable {
        /// The carrier.
        var carrier = "BOOKS"
        /// What tracking numbers start with, at most 100 bytes.
        var number: String
        /// True for articles that lie on a shelf: only these are scanned.
        var isGoods: @Sendable (_ sku: String) -> Bool = { _ in true }
        /// Weight of a unit of an article in grams; 0 where not known.
        var grams: @Sendable (_ sku: String) -> Int64 = { _ in 0 }
        /// Length, width and height of each parcel in millimetres; 0 where not known.
        var millimetres: (length: Int64, width: Int64, height: Int64) = (0, 0, 0)
        /// What a supplier takes for its part; nil where not known.
        var cost: @Sendable (Holdfast_V1_Fulfilment) -> Holdfast_V1_Money? = { _ in nil }
        /// False where the goods have left and not arrived.
        var arrive = true
        /// False where they are packed, or acknowledged, and have not left.
        var leave = true
    }

    let terminal: ReplayTerminal<Transport>
    /// The order.
    let order: ReplayID
    /// The id of the release.
    let release: ReplayID
    /// What ids of the steps are derived from.
    let key: String
    /// What is told about the parcels.
    let parcels: Parcels

    /// Takes all steps.
    ///
    /// - Returns: the reason where the service does not release the order.
    /// - Throws: `ServiceCaller.Refused` where a later step is refused, and as `ServiceCaller.call` does.
    func run() async throws -> RefusalReason? {
        let request = Holdfast_V1_ReleaseOrderRequest.with {
            $0.releaseID = release.description
            $0.orderID = order.description
        }
        let released: [Holdfast_V1_Fulfilment]
        do {
            released = try await terminal.caller.call(.releaseOrder) {
                try await terminal.fulfilments.releaseOrder(request, options: $0)
            }.fulfilments
        } catch let refused as ServiceCaller.Refused where !refused.isFault {
            return refused.error.code == .failedPrecondition ? .notReleased : .status(refused.reason)
        }
        for fulfilment in released {
            if fulfilment.kind == .dropShip {
                try await supply(fulfilment)
            } else {
                try await send(fulfilment)
            }
            guard parcels.leave, parcels.arrive else { continue }
            let arrival = Holdfast_V1_ConfirmDeliveryRequest.with {
                $0.requestID = step("deliver", fulfilment)
                $0.fulfilmentID = fulfilment.fulfilmentID
            }
            _ = try await terminal.caller.call(.confirmDelivery) {
                try await terminal.fulfilments.confirmDelivery(arrival, options: $0)
            }
        }
        return nil
    }

    private func send(_ fulfilment: Holdfast_V1_Fulfilment) async throws {
        let start = Holdfast_V1_StartPickingRequest.with {
            $0.requestID = step("start", fulfilment)
            $0.fulfilmentID = fulfilment.fulfilmentID
        }
        let pick = LifeRequests.pick(id("pick", fulfilment), of: fulfilment, where: parcels.isGoods)
        let grams = fulfilment.lines.reduce(Int64(0)) { $0 + $1.quantity * parcels.grams($1.sku) }
        let pack = Holdfast_V1_PackFulfilmentRequest.with {
            $0.requestID = step("pack", fulfilment)
            $0.fulfilmentID = fulfilment.fulfilmentID
            $0.packages = [
                .with {
                    $0.weightGrams = min(1_000_000, grams)
                    $0.lengthMm = parcels.millimetres.length
                    $0.widthMm = parcels.millimetres.width
                    $0.heightMm = parcels.millimetres.height
                }
            ]
        }
        _ = try await terminal.caller.call(.startPicking) {
            try await terminal.fulfilments.startPicking(start, options: $0)
        }
        _ = try await terminal.caller.call(.confirmPick) {
            try await terminal.fulfilments.confirmPick(pick, options: $0)
        }
        _ = try await terminal.caller.call(.packFulfilment) {
            try await terminal.fulfilments.packFulfilment(pack, options: $0)
        }
        guard parcels.leave else { return }
        let ship = Holdfast_V1_ShipFulfilmentRequest.with {
            $0.requestID = step("ship", fulfilment)
            $0.fulfilmentID = fulfilment.fulfilmentID
            $0.carrier = parcels.carrier
            $0.trackingNumbers = ["\(parcels.number)-\(fulfilment.number)"]
        }
        _ = try await terminal.caller.call(.shipFulfilment) {
            try await terminal.fulfilments.shipFulfilment(ship, options: $0)
        }
    }

    private func supply(_ fulfilment: Holdfast_V1_Fulfilment) async throws {
        let yes = Holdfast_V1_AcknowledgeSupplierOrderRequest.with {
            $0.requestID = step("acknowledge", fulfilment)
            $0.fulfilmentID = fulfilment.fulfilmentID
            $0.reference = "\(parcels.number)-\(fulfilment.number)"
        }
        _ = try await terminal.caller.call(.acknowledgeSupplierOrder) {
            try await terminal.fulfilments.acknowledgeSupplierOrder(yes, options: $0)
        }
        guard parcels.leave else { return }
        let notice = Holdfast_V1_NotifyShipmentRequest.with {
            $0.requestID = step("notify", fulfilment)
            $0.fulfilmentID = fulfilment.fulfilmentID
            $0.carrier = parcels.carrier
            $0.trackingNumbers = ["\(parcels.number)-\(fulfilment.number)"]
            if let cost = parcels.cost(fulfilment) { $0.cost = cost }
        }
        _ = try await terminal.caller.call(.notifyShipment) {
            try await terminal.fulfilments.notifyShipment(notice, options: $0)
        }
    }

    private func id(_ step: String, _ fulfilment: Holdfast_V1_Fulfilment) -> ReplayID {
        ReplayID(.release, "\(key)/\(fulfilment.number)/\(step)")
    }

    private func step(_ name: String, _ fulfilment: Holdfast_V1_Fulfilment) -> String {
        id(name, fulfilment).description
    }
}
