import GRPCCore
import Synchronization

/// A child task that others can cancel while its parent waits for it, the parent left as it is.
///
/// An interceptor may not keep what it hands a call on with, so the work cannot be a task of its own.
final class CancellableChild: Sendable {
    /// The task that runs, as long as it does.
    ///
    /// The mutex that holds it keeps the task alive: it is taken out before the task ends.
    private struct Running: @unchecked Sendable {
        let task: UnsafeCurrentTask
    }

    private struct State {
        var running: Running?
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// Hands a call on; to be called in the child task.
    @concurrent
    func run<Input: Sendable, Output: Sendable>(
        _ next:
            @concurrent @Sendable (
                StreamingServerRequest<Input>, ServerContext
            ) async throws -> StreamingServerResponse<Output>,
        _ request: StreamingServerRequest<Input>, _ context: ServerContext
    ) async -> Result<StreamingServerResponse<Output>, any Error> {
        withUnsafeCurrentTask { task in
            guard let task else { return }
            let running = Running(task: task)
            state.withLock { state in
                state.running = running
                if state.isCancelled { running.task.cancel() }
            }
        }
        defer { state.withLock { $0.running = nil } }
        do {
            return .success(try await next(request, context))
        } catch {
            return .failure(error)
        }
    }

    /// Cancels the child, also one that has yet to begin.
    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.running?.task.cancel()
        }
    }
}
