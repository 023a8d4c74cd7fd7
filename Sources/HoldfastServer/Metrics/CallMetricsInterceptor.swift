import GRPCCore
import NIOCore
import ServiceContextModule
import Synchronization
import TraceContext

/// Counts and times the calls of a transport that tells nothing itself, as ``TransportObserver`` does for the framed one.
///
/// It stands behind the tracing interceptor and before all others, so that calls that those refuse are counted too.
struct CallMetricsInterceptor: ServerInterceptor {
    private let calls: CallMetrics
    private let transport: String
    private let slowCalls: SlowCallLog

    init(calls: CallMetrics, transport: String, slowCalls: SlowCallLog) {
        self.calls = calls
        self.transport = transport
        self.slowCalls = slowCalls
    }

    @concurrent
    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @concurrent @Sendable (
                StreamingServerRequest<Input>, ServerContext
            ) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        let start = NIODeadline.now()
        let notes = CallNotes()
        calls.callStarted()
        return try await CallNotes.$current.withValue(notes) {
            var response: StreamingServerResponse<Output>
            do {
                response = try await next(request, context)
            } catch {
                ended(context, status(of: error, context), start, notes)
                throw error
            }
            switch response.accepted {
            case .failure(let error):
                ended(context, Status.Code(error.code), start, notes)
            case .success(var contents):
                let produce = contents.producer
                contents.producer = { writer in
                    do {
                        let trailer = try await CallNotes.$current.withValue(notes) { try await produce(writer) }
                        ended(context, .ok, start, notes)
                        return trailer
                    } catch {
                        ended(context, status(of: error, context), start, notes)
                        throw error
                    }
                }
                response.accepted = .success(contents)
            }
            return response
        }
    }

    private func status(of error: any Error, _ context: ServerContext) -> Status.Code {
        switch error {
        case let error as RPCError: Status.Code(error.code)
        case let error as any RPCErrorConvertible: Status.Code(error.rpcErrorCode)
        default: context.cancellation.isCancelled ? .cancelled : .unknown
        }
    }

    private func ended(
        _ context: ServerContext, _ status: Status.Code, _ start: NIODeadline, _ notes: CallNotes
    ) {
        let nanoseconds = (NIODeadline.now() - start).nanoseconds
        let isStream = context.descriptor.type.map { $0 != .unary } ?? false
        calls.callEnded(context.descriptor, status, nanoseconds: isStream ? nil : nanoseconds)
        guard !isStream, slowCalls.isSlow(nanoseconds) else { return }
        let trace = ServiceContext.current?.callTrace
        slowCalls.note(
            SlowCallLog.Call(
                method: context.descriptor, transport: transport, lane: "task", status: status,
                nanoseconds: nanoseconds, requestID: trace?.requestID, place: trace?.place, caller: notes.caller))
    }
}

/// What inner interceptors learn of a call that an outer one wants to tell.
final class CallNotes: Sendable {
    /// The notes of the call that is being answered.
    @TaskLocal static var current: CallNotes?

    private let stored = Mutex<String?>(nil)

    /// Who calls.
    var caller: String? {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }
}
