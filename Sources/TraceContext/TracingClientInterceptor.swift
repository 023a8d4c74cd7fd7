public import GRPCCore
import ServiceContextModule

/// Passes the current call's request id and place in its trace on to the calls that are made on its behalf.
///
/// Both are taken from `ServiceContext.current`; outside of a call, or where the caller has set them itself, nothing is
/// added.
public struct TracingClientInterceptor: ClientInterceptor {
    /// Makes an interceptor.
    public init() {}

    /// Adds `x-request-id`, `traceparent` and `tracestate` to the request's metadata.
    @concurrent
    public func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingClientRequest<Input>, context: ClientContext,
        next:
            @concurrent (
                StreamingClientRequest<Input>, ClientContext
            ) async throws -> StreamingClientResponse<Output>
    ) async throws -> StreamingClientResponse<Output> {
        guard let trace = ServiceContext.current?.callTrace else { return try await next(request, context) }
        var request = request
        trace.write(to: &request.metadata)
        return try await next(request, context)
    }
}
