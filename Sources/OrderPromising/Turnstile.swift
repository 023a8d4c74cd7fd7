import Synchronization

/// Lets a bounded number of bodies run at the same time; the others wait in the order in which they came.
///
/// A wait is not broken off: what runs is to be bounded in time by itself.
package final class Turnstile: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    /// Makes one with so many places.
    package init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    /// Runs a body once there is a place.
    package func pass<R>(_ body: () async throws -> R) async throws -> R {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        defer { leave() }
        return try await body()
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
