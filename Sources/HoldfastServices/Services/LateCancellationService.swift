import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderProcessing
import OrderPromising
import SwiftProtobuf

/// Cancellation of what a location or a supplier already has.
public struct LateCancellationService: Holdfast_V1_LateCancellationService.SimpleServiceProtocol {
    private let processing: OrderProcessing
    private let answer: CallAnswer

    /// Makes the service over order processing.
    public init(processing: OrderProcessing, logger: Logger) {
        self.processing = processing
        answer = CallAnswer(logger: logger, metrics: processing.promising.metrics)
    }

    /// Asks those who have released units to give them up.
    public func requestCancellation(
        request: Holdfast_V1_RequestCancellationRequest, context: ServerContext
    ) async throws -> Holdfast_V1_RequestCancellationResponse {
        let body = try IdempotentBody(.requestCancellation, request).bytes
        return try await answer.answering(context, body: body) {
            let (change, lines) = try LateCancelRequests.ask(request, body: body, by: CallerContext.current)
            let reply = try await processing.ledger.askCancellation(change, lines: lines) { wishes in
                try Holdfast_V1_RequestCancellationResponse.with {
                    $0.cancellations = wishes.map { Holdfast_V1_Cancellation($0) }
                }.serializedBytes()
            }
            return try Holdfast_V1_RequestCancellationResponse(serializedBytes: reply)
        }
    }

    /// Says whether the goods of a wish stay.
    public func respondCancellation(
        request: Holdfast_V1_RespondCancellationRequest, context: ServerContext
    ) async throws -> Holdfast_V1_RespondCancellationResponse {
        let body = try IdempotentBody(.respondCancellation, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try LateCancelRequests.respond(request, body: body, by: CallerContext.current)
            let reply = try await processing.answerCancellation(asked) { done in
                try Holdfast_V1_RespondCancellationResponse.with {
                    $0.cancellation = Holdfast_V1_Cancellation(done.wish)
                    $0.cancelled = done.cancelled.map { Holdfast_V1_CancelOrderResponse.Line($0, done.currency) }
                    $0.status = Holdfast_V1_OrderStatus(done.status)
                }.serializedBytes()
            }
            return try Holdfast_V1_RespondCancellationResponse(serializedBytes: reply)
        }
    }

    /// Takes a wish back that nobody has answered yet.
    public func withdrawCancellation(
        request: Holdfast_V1_WithdrawCancellationRequest, context: ServerContext
    ) async throws -> Holdfast_V1_WithdrawCancellationResponse {
        let body = try IdempotentBody(.withdrawCancellation, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try LateCancelRequests.withdraw(request, body: body, by: CallerContext.current)
            let reply = try await processing.answerCancellation(asked) { done in
                try Holdfast_V1_WithdrawCancellationResponse.with {
                    $0.cancellation = Holdfast_V1_Cancellation(done.wish)
                }.serializedBytes()
            }
            return try Holdfast_V1_WithdrawCancellationResponse(serializedBytes: reply)
        }
    }

    /// Lists wishes, oldest first.
    public func listCancellations(
        request: Holdfast_V1_ListCancellationsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListCancellationsResponse {
        try await answer.answering(context) {
            let (asked, filter) = try ListRequests.cancellations(request, by: CallerContext.current)
            let page = try await processing.ledger.lateCancellations(filter, after: asked.after, limit: asked.limit)
            return .with {
                $0.cancellations = page.elements.map { Holdfast_V1_Cancellation($0) }
                $0.nextPageToken = asked.next(page) { OrderKey(placedAt: $0.askedAt, id: $0.id) }
            }
        }
    }
}
