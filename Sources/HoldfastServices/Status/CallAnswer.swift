import Domain
import GRPCCore
import Logging
import OrderPromising
import TraceContext

/// Turns what goes wrong in a call into what the caller is told; what nobody foresaw is logged, once.
struct CallAnswer: Sendable {
    private let logger: Logger
    private let metrics: PromisingMetrics

    /// Makes one that logs and counts here.
    init(logger: Logger, metrics: PromisingMetrics = .off) {
        self.logger = logger
        self.metrics = metrics
    }

    /// The status of an error.
    ///
    /// - Parameters:
    ///   - error: what went wrong.
    ///   - method: the method that was called.
    ///   - body: the request as it would have been stored.
    ///   - trace: the call's ids where no task-local context has them, as on the fast lane; the caller is told the request's.
    /// - Returns: what the caller is told.
    func error(
        _ error: any Error, _ method: MethodDescriptor, body: [UInt8]? = nil, trace: CallTrace? = nil
    ) -> RPCError {
        var status = self.status(of: error, method, body: body, trace: trace)
        if let trace {
            status.metadata.replaceOrAddString(trace.requestID.description, forKey: CallTrace.requestIDKey)
        }
        return status
    }

    private func status(
        of error: any Error, _ method: MethodDescriptor, body: [UInt8]?, trace: CallTrace?
    ) -> RPCError {
        switch error {
        case let refusal as Refusal:
            metrics.refused(refusal)
            return RefusalStatus.error(refusal, body: body)
        case let status as RPCError: return status
        case is CancellationError: return RPCError(code: .cancelled, message: "the call was cancelled")
        default:
            metrics.failed()
            var facts: Logger.Metadata = [
                "rpc.method": "\(method.fullyQualifiedMethod)", "error.type": "\(type(of: error))",
                "error.message": "\(error)",
            ]
            if let trace {
                facts["request_id"] = "\(trace.requestID)"
                facts["trace_id"] = "\(trace.place.traceID)"
            }
            // Only the error's generic words: details of the stores may hold personal data.
            logger.error("call failed", metadata: facts)
            return RefusalStatus.internalError()
        }
    }

    /// Does a call's work and translates what it throws.
    func answering<Reply>(
        _ context: ServerContext, body: [UInt8]? = nil, _ work: () async throws -> Reply
    ) async throws(RPCError) -> Reply {
        do {
            return try await work()
        } catch {
            throw self.error(error, context.descriptor, body: body)
        }
    }
}
