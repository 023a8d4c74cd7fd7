import Synchronization

/// What one call counts against the limits until its handler ends.
struct CallLoad: Sendable {
    /// The memory of its request, in bytes.
    var bytes: Int
    /// Who the call is counted for; `nil` before that is known.
    var holder: CallHolder?
}

/// Counts the calls of one identity over all its connections, or of one connection where nobody is known.
final class CallHolder: Sendable {
    private let inFlight = Atomic<Int>(0)
    private let tasks = Atomic<Int>(0)

    /// Calls of the task lane right now.
    var taskCount: Int { tasks.load(ordering: .relaxed) }

    /// Counts one more call, unless there are `limit` already.
    func enter(limit: Int) -> Bool {
        guard inFlight.add(1, ordering: .relaxed).newValue <= limit else {
            leave()
            return false
        }
        return true
    }

    /// Counts one call less.
    func leave() {
        inFlight.subtract(1, ordering: .relaxed)
    }

    /// Counts one more call of the task lane.
    func enterTask() {
        tasks.add(1, ordering: .relaxed)
    }

    /// Counts one call of the task lane less.
    func leaveTask() {
        tasks.subtract(1, ordering: .relaxed)
    }
}

/// Finds the counter of an identity by its key, as long as somebody holds it.
final class CallHolders: Sendable {
    private struct Entry: Sendable {
        weak var holder: CallHolder?
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var nextSweep = 1_024
    }

    private let state = Mutex(State())

    /// The counter of `key`, the same for all who hold it at the same time.
    func holder(for key: String) -> CallHolder {
        state.withLock { state in
            if let holder = state.entries[key]?.holder { return holder }
            let holder = CallHolder()
            state.entries[key] = Entry(holder: holder)
            if state.entries.count > state.nextSweep {
                state.entries = state.entries.filter { $0.value.holder != nil }
                state.nextSweep = max(1_024, state.entries.count * 2)
            }
            return holder
        }
    }
}
