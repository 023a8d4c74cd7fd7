public import GRPCCore
public import HoldfastAPI
public import Logging
public import OrderPromising

/// For those who run the service.
public struct OperationsService: Holdfast_V1_OperationsService.SimpleServiceProtocol {
    private let promising: OrderPromising
    private let answer: CallAnswer

    /// Makes the service over order promising.
    public init(promising: OrderPromising, logger: Logger) {
        self.promising = promising
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Adds up the books of both stores.
    public func checkBooks(
        request: Holdfast_V1_CheckBooksRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CheckBooksResponse {
        try await answer.answering(context) {
            Holdfast_V1_CheckBooksResponse(try await promising.books())
        }
    }
}
