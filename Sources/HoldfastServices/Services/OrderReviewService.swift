import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderProcessing
import OrderPromising
import SwiftProtobuf

/// What keeps orders from being released.
public struct OrderReviewService: Holdfast_V1_OrderReviewService.SimpleServiceProtocol {
    private let processing: OrderProcessing
    private let answer: CallAnswer

    /// Makes the service over order processing.
    public init(processing: OrderProcessing, logger: Logger) {
        self.processing = processing
        answer = CallAnswer(logger: logger, metrics: processing.promising.metrics)
    }

    /// Holds an order.
    public func holdOrder(
        request: Holdfast_V1_HoldOrderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_HoldOrderResponse {
        let body = try IdempotentBody(.holdOrder, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try ReviewRequests.hold(request, body: body, by: CallerContext.current)
            let reply = try await processing.ledger.hold(change) { standing in
                try Holdfast_V1_HoldOrderResponse.with {
                    $0.holds = standing.holds.map { Holdfast_V1_OrderHold($0) }
                    if let review = standing.review { $0.review = Holdfast_V1_OrderReview(review) }
                }.serializedBytes()
            }
            return try Holdfast_V1_HoldOrderResponse(serializedBytes: reply)
        }
    }

    /// Approves an order in spite of what holds it.
    public func approveOrder(
        request: Holdfast_V1_ApproveOrderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ApproveOrderResponse {
        let body = try IdempotentBody(.approveOrder, request).bytes
        return try await answer.answering(context, body: body) {
            let (change, reasons) = try ReviewRequests.approve(request, body: body, by: CallerContext.current)
            let reply = try await processing.ledger.approve(change, reasons: reasons) { standing in
                try Holdfast_V1_ApproveOrderResponse.with {
                    $0.approved = standing.lifted.map { Holdfast_V1_HoldReason($0) }
                    $0.holds = standing.holds.map { Holdfast_V1_OrderHold($0) }
                    if let review = standing.review { $0.review = Holdfast_V1_OrderReview(review) }
                }.serializedBytes()
            }
            return try Holdfast_V1_ApproveOrderResponse(serializedBytes: reply)
        }
    }

    /// Looks at an order now.
    public func validateOrder(
        request: Holdfast_V1_ValidateOrderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ValidateOrderResponse {
        let body = try IdempotentBody(.validateOrder, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try ReviewRequests.validate(request, body: body, by: CallerContext.current)
            let reply = try await processing.validate(change) { standing in
                try Holdfast_V1_ValidateOrderResponse.with {
                    $0.holds = standing.holds.map { Holdfast_V1_OrderHold($0) }
                    if let review = standing.review { $0.review = Holdfast_V1_OrderReview(review) }
                }.serializedBytes()
            }
            return try Holdfast_V1_ValidateOrderResponse(serializedBytes: reply)
        }
    }

    /// Lists what holds orders now.
    public func listHolds(
        request: Holdfast_V1_ListHoldsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListHoldsResponse {
        try await answer.answering(context) {
            let (asked, filter) = try ListRequests.holds(request, by: CallerContext.current)
            let page = try await processing.ledger.heldOrders(filter, after: asked.after, limit: asked.limit)
            return .with {
                $0.entries = page.elements.map { held in
                    .with {
                        $0.orderID = held.order.description
                        $0.channel = held.channel
                        $0.externalID = held.externalID
                        $0.hold = Holdfast_V1_OrderHold(held.hold)
                    }
                }
                $0.nextPageToken = asked.next(page) { HeldOrderKey($0) }
            }
        }
    }

    /// Sets a channel's own prices.
    public func setPrices(
        request: Holdfast_V1_SetPricesRequest, context: ServerContext
    ) async throws -> Holdfast_V1_SetPricesResponse {
        let body = try IdempotentBody(.setPrices, request).bytes
        let caller = CallerContext.current
        return try await answer.answering(context, body: body) {
            let (id, currency, prices) = try ReviewRequests.prices(request, by: caller)
            let reply = try await processing.ledger.setPrices(
                id, channel: request.channel, currency: currency, prices, body: body, caller: caller
            ) { changed in
                try Holdfast_V1_SetPricesResponse.with { $0.changed = Int32(changed) }.serializedBytes()
            }
            return try Holdfast_V1_SetPricesResponse(serializedBytes: reply)
        }
    }

    /// Lists a channel's own prices.
    public func listPrices(
        request: Holdfast_V1_ListPricesRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListPricesResponse {
        try await answer.answering(context) {
            let asked = try ListRequests.prices(request, by: CallerContext.current)
            guard let currency = try await processing.ledger.currency(ofChannel: request.channel) else {
                throw Refusal.notFound(.channel, request.channel)
            }
            let page = try await processing.ledger.prices(
                channel: request.channel, after: asked.after, limit: asked.limit)
            return .with {
                $0.prices = page.elements.map { entry in
                    .with {
                        $0.sku = entry.sku
                        if let price = entry.price { $0.price = Holdfast_V1_UnitPrice(price, currency) }
                    }
                }
                $0.nextPageToken = asked.next(page, \.sku)
            }
        }
    }
}
