import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderProcessing
import OrderPromising
import SwiftProtobuf

/// Changes of an order after its capture.
public struct OrderAmendmentService: Holdfast_V1_OrderAmendmentService.SimpleServiceProtocol {
    private let processing: OrderProcessing
    private let answer: CallAnswer

    /// Makes the service over order processing.
    public init(processing: OrderProcessing, logger: Logger) {
        self.processing = processing
        answer = CallAnswer(logger: logger, metrics: processing.promising.metrics)
    }

    /// Adds lines, changes how many units lines are to have, changes how the order is delivered.
    public func amendOrder(
        request: Holdfast_V1_AmendOrderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_AmendOrderResponse {
        let body = try IdempotentBody(.amendOrder, request).bytes
        return try await answer.answering(context, body: body) {
            let amendment = try AmendmentRequests.amend(request, body: body, by: CallerContext.current)
            let reply = try await processing.amend(amendment, deadline: context.deadline) { done in
                try Holdfast_V1_AmendOrderResponse(done).serializedBytes()
            }
            return try Holdfast_V1_AmendOrderResponse(serializedBytes: reply)
        }
    }
}
