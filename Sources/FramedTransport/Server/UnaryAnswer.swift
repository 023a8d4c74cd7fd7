import GRPCCore
import Synchronization

/// How a call on the task lane ended.
enum UnaryAnswer: Sendable {
    /// With a message.
    case success(FramedBytes, Metadata)
    /// With an error.
    case failure(FramedErrorCode, String, Metadata)
}

/// Collects the parts of a response, which travel as one packet.
final class UnaryAnswerWriter: ClosableRPCWriterProtocol {
    typealias Element = RPCResponsePart<FramedBytes>

    private struct Parts {
        var metadata = Metadata()
        var message: FramedBytes?
        var status: Status?
        var isFinished = false
    }

    private let parts = Mutex(Parts())

    func write(_ element: Element) async throws {
        try parts.withLock { parts in
            guard !parts.isFinished, parts.status == nil else {
                throw RPCError(code: .internalError, message: "The response has ended.")
            }
            switch element {
            case .metadata(let metadata): parts.metadata.add(contentsOf: metadata)
            case .message(let message):
                guard parts.message == nil else {
                    throw RPCError(code: .unimplemented, message: "This transport carries one message per response.")
                }
                parts.message = message
            case .status(let status, let metadata):
                parts.status = status
                parts.metadata.add(contentsOf: metadata)
            }
        }
    }

    func write(contentsOf elements: some Sequence<Element>) async throws {
        for element in elements { try await write(element) }
    }

    func finish() async {
        parts.withLock { $0.isFinished = true }
    }

    func finish(throwing error: any Error) async {
        parts.withLock { parts in
            parts.isFinished = true
            if parts.status == nil {
                parts.status = Status(code: .unknown, message: "The handler ended its response with an error.")
            }
        }
    }

    /// The answer that the parts add up to.
    var answer: UnaryAnswer {
        parts.withLock { parts in
            guard let status = parts.status else {
                return .failure(.internalError, "INTERNAL: the handler ended without a status", parts.metadata)
            }
            if let code = RPCError.Code(status.code) {
                return .failure(FramedErrorCode(code), "\(code.wireName): \(status.message)", parts.metadata)
            }
            guard let message = parts.message else {
                return .failure(.internalError, "INTERNAL: the handler ended without a message", parts.metadata)
            }
            return .success(message, parts.metadata)
        }
    }
}
