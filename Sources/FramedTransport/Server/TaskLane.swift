import GRPCCore
import NIOCore
import Synchronization

/// A call that waits for its task.
struct TaskLaneOrder: Sendable {
    let descriptor: MethodDescriptor
    let metadata: Metadata
    let message: FramedBytes
    let context: FramedCallContext
    let remotePeer: String
    let localPeer: String
    let cancellation: CallCancellation
    let inbox: AnswerInbox
    let slot: Int
    let holder: CallHolder
    let serviceTime: ServiceTimeFloor
}

/// Runs calls in tasks, for methods that the event loop does not answer itself.
enum TaskLane {
    typealias Inbound = RPCAsyncSequence<RPCRequestPart<FramedBytes>, any Error>
    typealias Outbound = RPCWriter<RPCResponsePart<FramedBytes>>.Closable
    typealias StreamHandler =
        @concurrent @Sendable (_ stream: RPCStream<Inbound, Outbound>, _ context: ServerContext) async -> Void

    /// Runs one call and hands its answer to the connection.
    static func run(_ order: TaskLaneOrder, _ handler: StreamHandler) async {
        let answer = await withServerContextRPCCancellationHandle { handle -> UnaryAnswer in
            // A call whose deadline has passed, or whose client has gone, costs nothing more.
            let began = NIODeadline.now()
            guard order.serviceTime.allows(order.context.deadline, at: began), order.cancellation.attach(handle) else {
                return .failure(.timedOut, "DEADLINE_EXCEEDED: too late to be answered in time, not started", [:])
            }
            let writer = UnaryAnswerWriter()
            let stream = RPCStream(
                descriptor: order.descriptor,
                inbound: Inbound(wrapping: UnaryRequestParts(metadata: order.metadata, message: order.message)),
                outbound: Outbound(wrapping: writer))
            var context = ServerContext(
                descriptor: order.descriptor, remotePeer: order.remotePeer, localPeer: order.localPeer,
                cancellation: handle)
            context.transportSpecific = order.context
            await handler(stream, context)
            let answer = writer.answer
            if case .success = answer {
                let now = NIODeadline.now()
                order.serviceTime.note(now - began, at: now)
            }
            return answer
        }
        order.inbox.deliver(answer, slot: order.slot)
    }
}

/// Carries the news that nobody waits for a call from its event loop to its task, whichever comes first.
final class CallCancellation: Sendable {
    private enum State {
        case waiting
        case attached(ServerContext.RPCCancellationHandle)
        case cancelled
    }

    private let state = Mutex(State.waiting)

    /// Connects the call's handle; `false` when the call is cancelled already.
    func attach(_ handle: ServerContext.RPCCancellationHandle) -> Bool {
        state.withLock { state in
            if case .cancelled = state { return false }
            state = .attached(handle)
            return true
        }
    }

    /// Cancels the call.
    func cancel() {
        let handle = state.withLock { state -> ServerContext.RPCCancellationHandle? in
            defer { state = .cancelled }
            if case .attached(let handle) = state { return handle }
            return nil
        }
        handle?.cancel()
    }
}
