public import Domain
public import GRPCCore

/// Lets a call pass where its caller is known and may make it, and tells the services who that is.
///
/// One interceptor for every transport: how a caller is found out is given to it. The fast lane has
/// ``FastLaneAccess`` for the same decisions.
public struct AccessInterceptor: ServerInterceptor {
    /// Finds out who calls.
    ///
    /// Throws what the caller is answered with: UNAUTHENTICATED, or UNAVAILABLE where this cannot be told at present.
    public typealias Identification = @Sendable (ServerContext, Metadata) async throws(RPCError) -> Caller

    private let identify: Identification

    /// Makes an interceptor.
    public init(identify: @escaping Identification) {
        self.identify = identify
    }

    /// Refuses with UNAUTHENTICATED or PERMISSION_DENIED, or binds the caller and goes on.
    @concurrent
    public func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @concurrent @Sendable (
                StreamingServerRequest<Input>, ServerContext
            ) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        if AccessTable.isOpen(service: context.descriptor.service.fullyQualifiedService) {
            return try await next(request, context)
        }
        let metadata = request.metadata
        let caller = try await admitted(context, metadata)
        return try await CallerContext.$current.withValue(caller) {
            guard context.descriptor.type != .unary else { return try await next(request, context) }
            let renewal: @Sendable () async throws -> Caller = { try await admitted(context, metadata) }
            return try await CallerContext.$renewal.withValue(renewal) {
                try await next(request, context)
            }
        }
    }

    /// Who makes a call that this one may make.
    private func admitted(_ context: ServerContext, _ metadata: Metadata) async throws(RPCError) -> Caller {
        let caller = try await identify(context, metadata)
        do {
            try AccessTable.check(caller, calling: context.descriptor.fullyQualifiedMethod)
        } catch {
            throw RefusalStatus.error(error)
        }
        return caller
    }
}
