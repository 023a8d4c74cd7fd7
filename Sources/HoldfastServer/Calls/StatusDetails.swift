import FramedTransport
import GRPCCore
import GRPCProtobuf

/// Sees to it that every refusal carries a `google.rpc.Status`: one without gets an `ErrorInfo` named for its code.
///
/// Such are those of the generated code (a message that is no protobuf), of interceptors, and of failures that nobody
/// foresaw. A bare UNAVAILABLE promises nothing, and gets `OUTCOME_UNKNOWN`: the reason `UNAVAILABLE` says that nothing
/// was applied.
struct StatusDetails: ServerInterceptor {
    @concurrent
    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @concurrent @Sendable (
                StreamingServerRequest<Input>, ServerContext
            ) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        do {
            var response = try await next(request, context)
            if case .failure(let error) = response.accepted { response.accepted = .failure(Self.detailed(error)) }
            return response
        } catch let error as RPCError {
            throw Self.detailed(error)
        } catch let error as any RPCErrorConvertible {
            throw Self.detailed(RPCError(error))
        } catch is CancellationError {
            throw Self.detailed(RPCError(code: .cancelled, message: "the call was cancelled"))
        } catch {
            throw Self.detailed(RPCError(code: .unknown, message: "the server failed", cause: error))
        }
    }

    static func detailed(_ error: RPCError) -> RPCError {
        guard !error.metadata.contains(where: { $0.key == "grpc-status-details-bin" }) else { return error }
        let status = GoogleRPCStatus(
            code: error.code, message: error.message,
            details: .errorInfo(reason: reason(error.code), domain: "holdfast"))
        var detailed = error
        detailed.metadata.add(contentsOf: status.rpcErrorMetadata)
        return detailed
    }

    /// The name of a code, as gRPC spells it, where that promises nothing.
    private static func reason(_ code: RPCError.Code) -> String {
        code == .unavailable ? "OUTCOME_UNKNOWN" : "\(code.wireName)"
    }
}
