import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderPromising
import SwiftProtobuf

/// Stock on hand: what comes in, goes out and is counted.
public struct InventoryService: Holdfast_V1_InventoryService.SimpleServiceProtocol {
    private let promising: OrderPromising
    private let answer: CallAnswer

    /// Makes the service over order promising and its ledger.
    public init(promising: OrderPromising, logger: Logger) {
        self.promising = promising
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Adds received goods.
    public func receiveStock(
        request: Holdfast_V1_ReceiveStockRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ReceiveStockResponse {
        let body = try IdempotentBody(.receiveStock, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try InventoryRequests.receive(request, body: body, by: CallerContext.current)
            let reply = try await promising.change(change) { levels in
                try Holdfast_V1_ReceiveStockResponse.with {
                    $0.levels = levels.map { Holdfast_V1_StockLevel(changed: $0) }
                }.serializedBytes()
            }
            return try Holdfast_V1_ReceiveStockResponse(serializedBytes: reply)
        }
    }

    /// Corrects stock by a difference.
    public func adjustStock(
        request: Holdfast_V1_AdjustStockRequest, context: ServerContext
    ) async throws -> Holdfast_V1_AdjustStockResponse {
        let body = try IdempotentBody(.adjustStock, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try InventoryRequests.adjust(request, body: body, by: CallerContext.current)
            let reply = try await promising.change(change) { levels in
                try Holdfast_V1_AdjustStockResponse.with {
                    $0.levels = levels.map { Holdfast_V1_StockLevel(changed: $0) }
                }.serializedBytes()
            }
            return try Holdfast_V1_AdjustStockResponse(serializedBytes: reply)
        }
    }

    /// Sets stock to a counted figure.
    public func countStock(
        request: Holdfast_V1_CountStockRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CountStockResponse {
        let body = try IdempotentBody(.countStock, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try InventoryRequests.count(request, body: body, by: CallerContext.current)
            let reply = try await promising.change(change) { levels in
                try Holdfast_V1_CountStockResponse.with {
                    $0.levels = levels.map { Holdfast_V1_StockLevel(changed: $0) }
                }.serializedBytes()
            }
            return try Holdfast_V1_CountStockResponse(serializedBytes: reply)
        }
    }

    /// Moves goods between locations.
    public func transferStock(
        request: Holdfast_V1_TransferStockRequest, context: ServerContext
    ) async throws -> Holdfast_V1_TransferStockResponse {
        let body = try IdempotentBody(.transferStock, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try InventoryRequests.transfer(request, body: body, by: CallerContext.current)
            let reply = try await promising.change(change) { levels in
                try Holdfast_V1_TransferStockResponse.with {
                    $0.levels = levels.map { Holdfast_V1_StockLevel(changed: $0) }
                }.serializedBytes()
            }
            return try Holdfast_V1_TransferStockResponse(serializedBytes: reply)
        }
    }

    /// Sets the safety stock.
    public func setStockPolicy(
        request: Holdfast_V1_SetStockPolicyRequest, context: ServerContext
    ) async throws -> Holdfast_V1_SetStockPolicyResponse {
        let body = try IdempotentBody(.setStockPolicy, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try InventoryRequests.policy(request, body: body, by: CallerContext.current)
            let reply = try await promising.change(change) { levels in
                try Holdfast_V1_SetStockPolicyResponse.with {
                    $0.levels = levels.map { Holdfast_V1_StockLevel(changed: $0) }
                }.serializedBytes()
            }
            return try Holdfast_V1_SetStockPolicyResponse(serializedBytes: reply)
        }
    }

    /// Lists stock levels.
    public func getStock(
        request: Holdfast_V1_GetStockRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetStockResponse {
        try await answer.answering(context) {
            let caller = CallerContext.current
            let asked = try ListRequests.stock(request, by: caller)
            let page = try await promising.ledger.stockLevels(
                sku: request.sku, location: request.location, after: asked.after, limit: asked.limit,
                among: caller.scope.locations)
            return .with {
                $0.levels = page.elements.map { Holdfast_V1_StockLevel($0) }
                $0.nextPageToken = asked.next(page) { StockLevelKey(sku: $0.sku, location: $0.location) }
            }
        }
    }

    /// Lists movements.
    public func listMovements(
        request: Holdfast_V1_ListMovementsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListMovementsResponse {
        try await answer.answering(context) {
            let (asked, filter) = try ListRequests.movements(request, by: CallerContext.current)
            let page = try await promising.ledger.movements(filter, before: asked.after, limit: asked.limit)
            return .with {
                $0.movements = page.elements.map { Holdfast_V1_StockMovement($0) }
                $0.nextPageToken = asked.next(page, \.sequence)
            }
        }
    }
}
