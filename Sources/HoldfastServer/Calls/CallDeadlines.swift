import FramedTransport
import GRPCCore
import GRPCProtobuf
import HoldfastServices
import NIOCore

/// Bounds unary calls over HTTP/2 in time, as the framed transport does for its own.
///
/// A call has the time that its client gave it, else that of its method, and never more than a maximum. When it is over, or the
/// client has gone, the call's task is cancelled: work that waits is dropped, work that has begun is finished.
struct CallDeadlines: ServerInterceptor {
    /// Longest time that a client may give a call: 10 minutes.
    var maximumTime = CallTimes.longest
    /// Whether the server drains; then a call that is told to end may still be answered.
    let isDraining: @Sendable () -> Bool

    /// Answers `DEADLINE_EXCEEDED` where the call ends because its time is over.
    @concurrent
    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @concurrent @Sendable (
                StreamingServerRequest<Input>, ServerContext
            ) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        guard !(context.transportSpecific is FramedCallContext), context.descriptor.type == .unary else {
            return try await next(request, context)
        }
        let given = request.metadata[stringValues: "grpc-timeout"].first { _ in true }
            .flatMap { TimeAmount(grpcTimeout: $0) }
        let time = min(given ?? CallTimes.time(of: context.descriptor), maximumTime)
        let deadline = NIODeadline.now() + time
        let timed = Self.timed(context, deadline)
        let work = CancellableChild()
        let timer = Task {
            try await Task.sleep(for: .nanoseconds(time.nanoseconds))
            work.cancel()
        }
        defer { timer.cancel() }
        let result = await withRPCCancellationHandler {
            async let answer = work.run(next, request, timed)
            return await answer
        } onCancelRPC: {
            if !isDraining() { work.cancel() }
        }
        if Self.wasCancelled(result), NIODeadline.now() >= deadline { throw Self.exceeded }
        return try result.get()
    }

    private static func timed(_ context: ServerContext, _ deadline: NIODeadline) -> ServerContext {
        var timed = context
        timed.transportSpecific = CallDeadline(deadline)
        return timed
    }

    private static var exceeded: GoogleRPCStatus {
        GoogleRPCStatus(
            code: .deadlineExceeded, message: "the deadline passed before the call was answered",
            details: .errorInfo(reason: "DEADLINE_EXCEEDED", domain: "holdfast"))
    }

    private static func wasCancelled<Output>(_ result: Result<StreamingServerResponse<Output>, any Error>) -> Bool {
        switch result {
        case .success(let response):
            if case .failure(let error) = response.accepted { return error.code == .cancelled }
            return false
        case .failure(let error as RPCError): return error.code == .cancelled
        case .failure(let error): return error is CancellationError
        }
    }
}
