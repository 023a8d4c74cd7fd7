import GRPCCore
import GRPCProtobuf
import Synchronization

/// Refuses calls until the schema is known to be right: before that PostgreSQL may be away, or its tables.
///
/// Health passes, it tells the same in its own way. The fast lane needs no gate: order promising, which begins behind this
/// one, refuses for it.
final class StartGate: ServerInterceptor {
    private static let retryDelay = Duration.milliseconds(250)
    private let isOpen = Atomic(false)

    /// Lets calls pass from now on.
    func open() {
        isOpen.store(true, ordering: .releasing)
    }

    /// Answers `UNAVAILABLE` while closed.
    @concurrent
    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @concurrent @Sendable (
                StreamingServerRequest<Input>, ServerContext
            ) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        let service = context.descriptor.service.fullyQualifiedService
        guard isOpen.load(ordering: .acquiring) || service == "grpc.health.v1.Health" else {
            throw GoogleRPCStatus(
                code: .unavailable,
                message: "the server is starting; nothing was applied, retry with the same id",
                details: [
                    .errorInfo(reason: "UNAVAILABLE", domain: "holdfast"), .retryInfo(delay: Self.retryDelay),
                ])
        }
        return try await next(request, context)
    }
}
