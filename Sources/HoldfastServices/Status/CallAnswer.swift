import Domain
import GRPCCore
import Logging

/// Turns what goes wrong in a call into what the caller is told; what nobody foresaw is logged, once.
struct CallAnswer: Sendable {
    private let logger: Logger

    /// Makes one that logs here.
    init(logger: Logger) {
        self.logger = logger
    }

    /// The status of an error.
    ///
    /// - Parameters:
    ///   - error: what went wrong.
    ///   - method: the method that was called.
    ///   - body: the request as it would have been stored.
    /// - Returns: what the caller is told.
    func error(_ error: any Error, _ method: MethodDescriptor, body: [UInt8]? = nil) -> RPCError {
        switch error {
        case let refusal as Refusal: return RefusalStatus.error(refusal, body: body)
        case let status as RPCError: return status
        case is CancellationError: return RPCError(code: .cancelled, message: "the call was cancelled")
        default:
            // Only the error's generic words: details of the stores may hold personal data.
            logger.error(
                "call failed",
                metadata: [
                    "rpc.method": "\(method.fullyQualifiedMethod)", "error.type": "\(type(of: error))",
                    "error.message": "\(error)",
                ])
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
