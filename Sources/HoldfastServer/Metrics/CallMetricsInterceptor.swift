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
        let notes = CallNotes()
        let end = started(context, notes)
        return try await CallNotes.$current.withValue(notes) {
            var response: StreamingServerResponse<Output>
            do {
                response = try await next(request, context)
            } catch {
                end.tell(status(of: error, context))
                throw error
            }
            switch response.accepted {
            case .failure(let error):
                end.tell(Status.Code(error.code))
            case .success(var contents):
                let produce = contents.producer
                // Never called where the client has gone by now: then the end tells itself.
                contents.producer = { writer in
                    do {
                        let trailer = try await CallNotes.$current.withValue(notes) { try await produce(writer) }
                        end.tell(.ok)
                        return trailer
                    } catch {
                        end.tell(status(of: error, context))
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

    private func started(_ context: ServerContext, _ notes: CallNotes) -> CallEnd {
        let start = NIODeadline.now()
        let trace = ServiceContext.current?.callTrace
        let (calls, slowCalls, transport) = (calls, slowCalls, transport)
        let method = context.descriptor
        let isStream = method.type.map { $0 != .unary } ?? false
        calls.callStarted()
        return CallEnd { status in
            let nanoseconds = (NIODeadline.now() - start).nanoseconds
            calls.callEnded(method, status, nanoseconds: isStream ? nil : nanoseconds)
            guard !isStream, slowCalls.isSlow(nanoseconds) else { return }
            slowCalls.note(
                SlowCallLog.Call(
                    method: method, transport: transport, lane: "task", status: status, nanoseconds: nanoseconds,
                    requestID: trace?.requestID, place: trace?.place, caller: notes.caller))
        }
    }
}

/// The end of a call, which is told once; as `CANCELLED` where nobody has told it when the call is forgotten.
private final class CallEnd: Sendable {
    private let report: @Sendable (Status.Code) -> Void
    private let isTold = Atomic(false)

    init(_ report: @escaping @Sendable (Status.Code) -> Void) {
        self.report = report
    }

    deinit {
        tell(.cancelled)
    }

    func tell(_ status: Status.Code) {
        guard !isTold.exchange(true, ordering: .relaxed) else { return }
        report(status)
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
