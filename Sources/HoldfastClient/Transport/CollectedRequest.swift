import FramedTransport
import GRPCCore
import Synchronization

/// A request as gRPC's machinery handed it over.
struct CollectedRequest: Sendable {
    var metadata: Metadata
    var message: FramedBytes
}

/// Collects the one message of a unary call, so that it can be sent more than once.
final class RequestCollector: ClosableRPCWriterProtocol {
    typealias Element = RPCRequestPart<FramedBytes>

    private struct State {
        var metadata = Metadata()
        var message: FramedBytes?
        var isFinished = false
    }

    private let state = Mutex(State())
    private let completed: AsyncThrowingStream<CollectedRequest, any Error>
    private let completion: AsyncThrowingStream<CollectedRequest, any Error>.Continuation

    init() {
        (completed, completion) = AsyncThrowingStream.makeStream()
    }

    func write(_ element: Element) async throws {
        try state.withLock { state in
            guard !state.isFinished else {
                throw RPCError(code: .internalError, message: "The request has ended.")
            }
            switch element {
            case .metadata(let metadata): state.metadata.add(contentsOf: metadata)
            case .message(let message):
                guard state.message == nil else {
                    throw RPCError(code: .unimplemented, message: "This transport carries one message per request.")
                }
                state.message = message
            }
        }
    }

    func write(contentsOf elements: some Sequence<Element>) async throws {
        for element in elements { try await write(element) }
    }

    func finish() async {
        let (metadata, message) = state.withLock { state in
            state.isFinished = true
            return (state.metadata, state.message)
        }
        guard let message else {
            completion.finish(
                throwing: RPCError(code: .unimplemented, message: "This transport needs a message per request."))
            return
        }
        completion.yield(CollectedRequest(metadata: metadata, message: message))
        completion.finish()
    }

    func finish(throwing error: any Error) async {
        state.withLock { $0.isFinished = true }
        let failure = error as? RPCError
        completion.finish(
            throwing: failure ?? RPCError(code: .unknown, message: "The request was not completed.", cause: error))
    }

    /// Waits until the request is complete.
    func request() async throws -> CollectedRequest {
        for try await request in completed { return request }
        throw CancellationError()
    }
}
