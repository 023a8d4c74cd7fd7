import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderPromising

/// What a customer may know of an order.
public struct TrackingService: Holdfast_V1_TrackingService.SimpleServiceProtocol {
    private let promising: OrderPromising
    private let answer: CallAnswer

    /// Makes the service over order promising's ledger.
    public init(promising: OrderPromising, logger: Logger) {
        self.promising = promising
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Tells where an order is.
    ///
    /// A wrong address and an unknown number are told in the same words, and so is, to a caller with limits, an order outside.
    public func track(
        request: Holdfast_V1_TrackRequest, context: ServerContext
    ) async throws -> Holdfast_V1_TrackResponse {
        try await answer.answering(context) {
            let name = try FulfilmentRequests.track(request)
            let caller = CallerContext.current
            if case .number(let channel, _, _) = name { try caller.scope.admit(channel: channel) }
            guard let order = try await promising.ledger.tracked(name, within: caller.scope.channels) else {
                throw Refusal.missing(.order, request.token.isEmpty ? request.externalID : request.token, for: caller)
            }
            return Holdfast_V1_TrackResponse(order)
        }
    }
}
