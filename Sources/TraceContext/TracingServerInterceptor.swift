public import GRPCCore
import ServiceContextModule

/// Answers each call inside a context that knows its request id and its place in a trace, and tells the caller the id.
///
/// The context is `ServiceContext.current`; calls that are made on behalf of this one pass it on by a
/// ``TracingClientInterceptor``. The answer's metadata, and an error's, hold `x-request-id`.
public struct TracingServerInterceptor: ServerInterceptor {
    /// Makes an interceptor; it stands before all others, so that they log with the ids.
    public init() {}

    /// Takes or makes the ids of one call.
    @concurrent
    public func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @concurrent @Sendable (
                StreamingServerRequest<Input>, ServerContext
            ) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        let trace = CallTrace(accepting: request.metadata)
        var surroundings = ServiceContext.current ?? .topLevel
        surroundings.callTrace = trace
        let inside = surroundings
        return try await ServiceContext.$current.withValue(inside) {
            var response: StreamingServerResponse<Output>
            do {
                response = try await next(request, context)
            } catch {
                throw Self.naming(trace, error)
            }
            switch response.accepted {
            case .failure(let error):
                response.accepted = .failure(Self.naming(trace, in: error))
            case .success(var contents):
                contents.metadata.replaceOrAddString(trace.requestID.description, forKey: CallTrace.requestIDKey)
                let produce = contents.producer
                // The producer runs after this scope has ended.
                contents.producer = { writer in
                    try await ServiceContext.$current.withValue(inside) {
                        do {
                            return try await produce(writer)
                        } catch {
                            throw Self.naming(trace, error)
                        }
                    }
                }
                response.accepted = .success(contents)
            }
            return response
        }
    }

    private static func naming(_ trace: CallTrace, _ error: any Error) -> any Error {
        switch error {
        case let error as RPCError: naming(trace, in: error)
        case let error as any RPCErrorConvertible: naming(trace, in: RPCError(error))
        default: error
        }
    }

    private static func naming(_ trace: CallTrace, in error: RPCError) -> RPCError {
        var error = error
        error.metadata.replaceOrAddString(trace.requestID.description, forKey: CallTrace.requestIDKey)
        return error
    }
}
