import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderPromising
import SwiftProtobuf

/// Orders of every channel.
public struct OrderService: Holdfast_V1_OrderService.SimpleServiceProtocol {
    private let promising: OrderPromising
    private let answer: CallAnswer

    /// Makes the service over order promising and its ledger.
    public init(promising: OrderPromising, logger: Logger) {
        self.promising = promising
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Captures an order with its stock.
    public func placeOrder(
        request: Holdfast_V1_PlaceOrderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_PlaceOrderResponse {
        let body = try IdempotentBody(.placeOrder, request).bytes
        return try await answer.answering(context, body: body) {
            let order = try OrderRequests.place(request, body: body, by: CallerContext.current)
            return Holdfast_V1_PlaceOrderResponse(try await promising.place(order, deadline: context.deadline))
        }
    }

    /// Returns one order.
    public func getOrder(
        request: Holdfast_V1_GetOrderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetOrderResponse {
        try await answer.answering(context) {
            let caller = CallerContext.current
            let found: Order?
            let name: String
            switch try OrderRequests.name(request, by: caller) {
            case .id(let id):
                name = id.description
                found = try await promising.ledger.order(id)
                if found == nil { throw Refusal.missing(.order, name, for: caller) }
            case .external(let channel, let number):
                name = number
                found = try await promising.ledger.order(channel: channel, externalID: number)
            }
            guard let order = found else { throw Refusal.notFound(.order, name) }
            try caller.scope.admit(channel: order.channel)
            return .with { $0.order = Holdfast_V1_Order(order) }
        }
    }

    /// Lists orders.
    public func listOrders(
        request: Holdfast_V1_ListOrdersRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListOrdersResponse {
        try await answer.answering(context) {
            let (asked, filter) = try ListRequests.orders(request, by: CallerContext.current)
            let page = try await promising.ledger.orders(filter, before: asked.after, limit: asked.limit)
            return .with {
                $0.orders = page.orders.map { Holdfast_V1_Order($0) }
                $0.nextPageToken = page.next.map { asked.token(after: $0) } ?? ""
            }
        }
    }

    /// Cancels open units of an order.
    public func cancelOrder(
        request: Holdfast_V1_CancelOrderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CancelOrderResponse {
        let body = try IdempotentBody(.cancelOrder, request).bytes
        return try await answer.answering(context, body: body) {
            let cancellation = try OrderRequests.cancel(request, body: body, by: CallerContext.current)
            let reply = try await promising.cancel(cancellation) { done in
                try Holdfast_V1_CancelOrderResponse(done).serializedBytes()
            }
            return try Holdfast_V1_CancelOrderResponse(serializedBytes: reply)
        }
    }
}
