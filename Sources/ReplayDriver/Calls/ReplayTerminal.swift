import GRPCCore
import HoldfastAPI
import Replay
import SwiftProtobuf

/// What a terminal of the shop can ask the service; every call is repeated until it is decided.
///
/// The methods throw as `ServiceCaller.call` does.
struct ReplayTerminal<Transport: ClientTransport>: Sendable {
    let caller: ServiceCaller
    let catalogue: Holdfast_V1_CatalogService.Client<Transport>
    let inventory: Holdfast_V1_InventoryService.Client<Transport>
    private let availability: Holdfast_V1_AvailabilityService.Client<Transport>
    private let reservations: Holdfast_V1_ReservationService.Client<Transport>
    let orders: Holdfast_V1_OrderService.Client<Transport>
    let fulfilments: Holdfast_V1_FulfilmentService.Client<Transport>
    let payments: Holdfast_V1_PaymentService.Client<Transport>
    let returns: Holdfast_V1_ReturnService.Client<Transport>
    let sourcing: Holdfast_V1_SourcingService.Client<Transport>
    let operations: Holdfast_V1_OperationsService.Client<Transport>

    init(_ client: GRPCClient<Transport>, caller: ServiceCaller) {
        self.caller = caller
        catalogue = .init(wrapping: client)
        inventory = .init(wrapping: client)
        availability = .init(wrapping: client)
        reservations = .init(wrapping: client)
        orders = .init(wrapping: client)
        fulfilments = .init(wrapping: client)
        payments = .init(wrapping: client)
        returns = .init(wrapping: client)
        sourcing = .init(wrapping: client)
        operations = .init(wrapping: client)
    }

    func receive(_ receipt: GoodsReceipt) async throws {
        let request = ShopRequests.receipt(receipt)
        _ = try await caller.call(.receiveStock) { try await inventory.receiveStock(request, options: $0) }
    }

    func correct(_ correction: StockCorrection) async throws {
        let request = ShopRequests.correction(correction)
        _ = try await caller.call(.adjustStock) { try await inventory.adjustStock(request, options: $0) }
    }

    /// True where a movement with this id has been recorded.
    func hasMovement(_ id: ReplayID) async throws -> Bool {
        let request = Holdfast_V1_ListMovementsRequest.with {
            $0.causeID = id.description
            $0.pageSize = 1
        }
        let page = try await caller.call(.listMovements) { try await inventory.listMovements(request, options: $0) }
        return !page.movements.isEmpty
    }

    /// Units available of each article asked for.
    func available(_ demand: [OrderFill.Demand], fresh: Bool) async throws -> [String: Int64] {
        let request = ShopRequests.availability(demand, fresh: fresh)
        let answer = try await caller.call(.checkAvailability) {
            try await availability.checkAvailability(request, options: $0)
        }
        guard answer.items.count == demand.count else {
            throw ReplayFailure(.foreignBooks, "availability of \(demand.count) articles came as \(answer.items.count)")
        }
        return Dictionary(zip(demand.map(\.sku), answer.items.map(\.available))) { first, _ in first }
    }

    func reserve(_ id: ReplayID, _ demand: [OrderFill.Demand]) async throws -> Holdfast_V1_Reservation {
        let request = ShopRequests.reservation(id: id, of: demand)
        return try await caller.call(.reserve) { try await reservations.reserve(request, options: $0) }.reservation
    }

    /// The reservation; nil where there is none.
    func reservation(_ id: ReplayID) async throws -> Holdfast_V1_Reservation? {
        let request = Holdfast_V1_GetReservationRequest.with { $0.reservationID = id.description }
        return try await unlessAbsent {
            try await caller.call(.getReservation) { try await reservations.getReservation(request, options: $0) }
                .reservation
        }
    }

    /// Gives a reservation back; one that has ended in whatever way is left as it is.
    func release(_ id: ReplayID) async throws {
        let request = Holdfast_V1_ReleaseReservationRequest.with { $0.reservationID = id.description }
        do {
            _ = try await caller.call(.releaseReservation) {
                try await reservations.releaseReservation(request, options: $0)
            }
        } catch let refused as ServiceCaller.Refused where refused.error.code == .failedPrecondition {
            return
        }
    }

    /// Places an order; the amount in minor units that it comes to.
    func place(_ request: Holdfast_V1_PlaceOrderRequest) async throws -> Int64 {
        try await caller.call(.placeOrder) { try await orders.placeOrder(request, options: $0) }.total.amountMinor
    }

    /// The order; nil where there is none.
    func order(_ id: ReplayID) async throws -> Holdfast_V1_Order? {
        let request = Holdfast_V1_GetOrderRequest.with { $0.orderID = id.description }
        return try await unlessAbsent {
            try await caller.call(.getOrder) { try await orders.getOrder(request, options: $0) }.order
        }
    }

    func cancel(_ cancellation: OrderCancellation, _ lines: [CancellationFill.Line]) async throws {
        let request = ShopRequests.cancellation(cancellation, lines: lines)
        _ = try await caller.call(.cancelOrder) { try await orders.cancelOrder(request, options: $0) }
    }

    private func unlessAbsent<Found>(_ find: () async throws -> Found) async throws -> Found? {
        do {
            return try await find()
        } catch let refused as ServiceCaller.Refused where refused.error.code == .notFound {
            return nil
        }
    }
}
