import Synchronization

/// Lets the load of a run pause, so that the stores can be looked at while nothing is under way.
final class LoadGate: Sendable {
    private struct State {
        var isClosed = false
        var isOver = false
        var active = 0
    }

    private let state = Mutex(State())

    /// True once no further work shall begin.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Calls under way.
    var active: Int { state.withLock { $0.active } }

    func close() { state.withLock { $0.isClosed = true } }

    func open() { state.withLock { $0.isClosed = false } }

    /// Ends the load: who waits goes on and finds that it is over.
    func end() { state.withLock { $0.isOver = true } }

    /// Waits while the gate is closed, then counts as under way; false where it is over.
    func enter() async -> Bool {
        while true {
            let decision = state.withLock { state -> Bool? in
                if state.isOver { return false }
                if state.isClosed { return nil }
                state.active += 1
                return true
            }
            if let decision { return decision }
            do { try await Task.sleep(for: .milliseconds(5)) } catch { return false }
        }
    }

    func leave() { state.withLock { $0.active -= 1 } }

    /// Closes and waits until nothing is under way.
    func drain() async throws {
        close()
        while active > 0 { try await Task.sleep(for: .milliseconds(2)) }
    }
}
