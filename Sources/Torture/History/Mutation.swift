package import HoldfastAPI
import SwiftProtobuf

/// A call that changes something, with its id and everything it asks for.
package enum Mutation: Hashable, Sendable {
    case reserve(Holdfast_V1_ReserveRequest)
    case release(Holdfast_V1_ReleaseReservationRequest)
    case extend(Holdfast_V1_ExtendReservationRequest)
    case place(Holdfast_V1_PlaceOrderRequest)
    case cancel(Holdfast_V1_CancelOrderRequest)
    case receive(Holdfast_V1_ReceiveStockRequest)
    case adjust(Holdfast_V1_AdjustStockRequest)
    case count(Holdfast_V1_CountStockRequest)
    case transfer(Holdfast_V1_TransferStockRequest)
    case policy(Holdfast_V1_SetStockPolicyRequest)
    /// What happens to an order after its capture.
    case life(LifeCall)

    /// Where ids are told apart: the same id may stand once in each.
    package enum Space: String, Hashable, Sendable, CaseIterable {
        case reservation
        case release
        case extension_ = "extension"
        case order
        case cancellation
        case movement
        case fulfilment
        case payment
        case storedValue = "stored-value"
        case returnCreation = "return"
        case returnChange = "return-change"
    }

    /// What makes repetitions of a call one: its id, where ids of its kind are kept.
    package struct Key: Hashable, Sendable, CustomStringConvertible {
        /// The kind of id.
        package var space: Space
        /// The id, as it was sent.
        package var id: String

        /// Makes a key.
        package init(_ space: Space, _ id: String) {
            self.space = space
            self.id = id
        }

        /// The kind and the id.
        package var description: String { "\(space.rawValue) \(id)" }
    }

    /// What makes repetitions of this call one.
    package var key: Key {
        switch self {
        case .reserve(let request): Key(.reservation, request.reservationID)
        case .release(let request): Key(.release, request.reservationID)
        case .extend(let request): Key(.extension_, request.extensionID)
        case .place(let request): Key(.order, request.orderID)
        case .cancel(let request): Key(.cancellation, request.cancellationID)
        case .receive(let request): Key(.movement, request.movementID)
        case .adjust(let request): Key(.movement, request.movementID)
        case .count(let request): Key(.movement, request.movementID)
        case .transfer(let request): Key(.movement, request.movementID)
        case .policy(let request): Key(.movement, request.movementID)
        case .life(let call): call.key
        }
    }

    /// The method's name.
    package var method: String {
        switch self {
        case .reserve: "Reserve"
        case .release: "ReleaseReservation"
        case .extend: "ExtendReservation"
        case .place: "PlaceOrder"
        case .cancel: "CancelOrder"
        case .receive: "ReceiveStock"
        case .adjust: "AdjustStock"
        case .count: "CountStock"
        case .transfer: "TransferStock"
        case .policy: "SetStockPolicy"
        case .life(let call): call.method
        }
    }

    /// The full name of the method's service.
    package var service: String {
        switch self {
        case .reserve, .release, .extend: "holdfast.v1.ReservationService"
        case .place, .cancel: "holdfast.v1.OrderService"
        case .receive, .adjust, .count, .transfer, .policy: "holdfast.v1.InventoryService"
        case .life(let call): call.service
        }
    }

    /// The request as it is sent.
    package func serialized() throws -> [UInt8] {
        switch self {
        case .reserve(let request): try request.serializedBytes()
        case .release(let request): try request.serializedBytes()
        case .extend(let request): try request.serializedBytes()
        case .place(let request): try request.serializedBytes()
        case .cancel(let request): try request.serializedBytes()
        case .receive(let request): try request.serializedBytes()
        case .adjust(let request): try request.serializedBytes()
        case .count(let request): try request.serializedBytes()
        case .transfer(let request): try request.serializedBytes()
        case .policy(let request): try request.serializedBytes()
        case .life(let call): try call.request.serializedBytes()
        }
    }

    /// What it asks for, in a few words.
    package var summary: String {
        switch self {
        case .reserve(let request):
            "Reserve " + request.lines.map { Self.part($0.sku, $0.location, $0.quantity) }.joined(separator: " ")
                + " for \(request.ttl.seconds) s"
        case .release(let request): "ReleaseReservation \(request.reservationID)"
        case .extend(let request): "ExtendReservation \(request.reservationID) by \(request.ttl.seconds) s"
        case .place(let request):
            "PlaceOrder " + request.lines.map { Self.part($0.sku, $0.location, $0.quantity) }.joined(separator: " ")
                + (request.reservationID.isEmpty ? "" : " with \(request.reservationID)")
                + (request.goodsInHand ? " goods in hand" : "")
        case .cancel(let request):
            "CancelOrder \(request.orderID)"
                + (request.lines.isEmpty
                    ? "" : " " + request.lines.map { "\($0.lineNumber)x\($0.quantity)" }.joined(separator: " "))
        case .receive(let request):
            "ReceiveStock " + request.lines.map { Self.part($0.sku, $0.location, $0.quantity) }.joined(separator: " ")
        case .adjust(let request):
            "AdjustStock " + request.lines.map { Self.part($0.sku, $0.location, $0.delta) }.joined(separator: " ")
        case .count(let request):
            "CountStock " + request.lines.map { Self.part($0.sku, $0.location, $0.counted) }.joined(separator: " ")
        case .transfer(let request):
            "TransferStock \(request.fromLocation)>\(request.toLocation) "
                + request.lines.map { Self.part($0.sku, "", $0.quantity) }.joined(separator: " ")
        case .policy(let request):
            "SetStockPolicy "
                + request.lines.map { Self.part($0.sku, $0.location, $0.safetyStock) }.joined(separator: " ")
        case .life(let call): call.summary
        }
    }

    private static func part(_ sku: String, _ location: String, _ quantity: Int64) -> String {
        location.isEmpty ? "\(sku)=\(quantity)" : "\(sku)@\(location)=\(quantity)"
    }
}
