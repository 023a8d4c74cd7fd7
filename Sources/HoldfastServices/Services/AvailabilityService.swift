import Domain
public import GRPCCore
public import HoldfastAPI
public import Logging
public import OrderPromising

/// What could be promised now.
public struct AvailabilityService: Holdfast_V1_AvailabilityService.SimpleServiceProtocol {
    private let promising: OrderPromising
    private let answer: CallAnswer

    /// Makes the service over order promising.
    public init(promising: OrderPromising, logger: Logger) {
        self.promising = promising
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Answers how many units are available.
    public func checkAvailability(
        request: Holdfast_V1_CheckAvailabilityRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CheckAvailabilityResponse {
        try await answer.answering(context) {
            let caller = CallerContext.current
            let (items, fresh) = try PromisingRequests.availability(request, by: caller)
            return Holdfast_V1_CheckAvailabilityResponse(
                try await promising.availability(items, fresh: fresh, within: caller.scope.locations), to: items)
        }
    }

    /// Explains a figure by its terms.
    public func explainAvailability(
        request: Holdfast_V1_ExplainAvailabilityRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ExplainAvailabilityResponse {
        try await answer.answering(context) {
            let caller = CallerContext.current
            let (sku, location) = try PromisingRequests.explanation(request, by: caller)
            return Holdfast_V1_ExplainAvailabilityResponse(
                try await promising.explain(sku: sku, location: location, within: caller.scope))
        }
    }
}
