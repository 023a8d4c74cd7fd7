import Synchronization

/// A progress line that closures may report to.
final class SharedProgress: Sendable {
    private struct State {
        var line: ProgressLine
        var done = 0
    }

    private let state: Mutex<State>

    init(_ title: String, total: Int) {
        state = Mutex(State(line: ProgressLine(title, total: total)))
    }

    /// Shows that this much is done.
    func show(_ done: Int) {
        state.withLock { state in
            state.done = done
            state.line.show(done)
        }
    }

    /// Ends the line.
    func finish() {
        state.withLock { state in state.line.finish(state.done) }
    }
}
