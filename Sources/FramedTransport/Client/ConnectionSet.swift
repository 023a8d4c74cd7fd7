import GRPCCore
import Synchronization

/// The connections of a client transport, and the calls that wait for one.
final class ConnectionSet: Sendable {
    /// What became of one place in the set.
    enum Place {
        /// An attempt to connect is under way, or about to be.
        case connecting
        /// Calls can be made.
        case ready(FramedClientConnection)
        /// The last attempt failed; the next one comes after a wait.
        case failed(any Error)
    }

    private enum Phase {
        /// Connections come and go.
        case open
        /// Running calls finish, new ones are refused.
        case draining
        /// Nothing is left.
        case closed
    }

    private struct State {
        var phase = Phase.open
        var isConnecting = false
        var places: [Place]
        var next = 0
        var openStreams = 0
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var nextWaiter = 0
        var onDrained: CheckedContinuation<Void, Never>?

        mutating func takeWaiters() -> [CheckedContinuation<Void, any Error>] {
            defer { waiters = [:] }
            return Array(waiters.values)
        }

        mutating func takeDrained() -> CheckedContinuation<Void, Never>? {
            switch phase {
            case .open: return nil
            case .draining where openStreams > 0: return nil
            case .draining, .closed:
                defer { onDrained = nil }
                return onDrained
            }
        }
    }

    private enum Choice {
        case connection(FramedClientConnection)
        case wait
        case refuse(RPCError)
    }

    private let state: Mutex<State>

    /// Makes a set of `count` places.
    init(count: Int) {
        state = Mutex(State(places: Array(repeating: .connecting, count: max(1, count))))
    }

    /// Number of places.
    var count: Int { state.withLock { $0.places.count } }

    /// Whether a call would find a connection, wait for one, or fail.
    var readiness: FramedClientTransport.Readiness {
        state.withLock { state in
            var isHopeful = false
            for place in state.places {
                switch place {
                case .ready(let connection) where !connection.isRetired: return .ready
                case .ready, .connecting: isHopeful = true
                case .failed: continue
                }
            }
            return isHopeful ? .connecting : .failed
        }
    }

    /// Notes that connecting begins.
    ///
    /// - Throws: When it has begun before, or the set is closed.
    func beginConnecting() throws {
        try state.withLock { state in
            guard case .open = state.phase, !state.isConnecting else {
                throw RPCError(
                    code: .failedPrecondition, message: "The transport is connected already or has been shut down.")
            }
            state.isConnecting = true
        }
    }

    /// Notes what became of a place, and has waiting calls look again.
    func update(_ index: Int, _ place: Place) {
        let waiters = state.withLock { state in
            state.places[index] = place
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Opens a stream on a connection; ``closeStream()`` must follow.
    ///
    /// - Parameter waitsForReady: Whether to wait also while the server cannot be reached.
    /// - Returns: The connection, calls taking turns on all that are ready.
    /// - Throws: UNAVAILABLE when the server cannot be reached, FAILED_PRECONDITION when the transport is shut down.
    func openStream(waitsForReady: Bool) async throws -> FramedClientConnection {
        try await connection(waitsForReady: waitsForReady, isOpenStream: false)
    }

    /// Finds another connection for an open stream, whose own has ended before anything was sent.
    ///
    /// - Parameter waitsForReady: Whether to wait also while the server cannot be reached.
    /// - Returns: The connection.
    /// - Throws: UNAVAILABLE when the server cannot be reached.
    func moveStream(waitsForReady: Bool) async throws -> FramedClientConnection {
        try await connection(waitsForReady: waitsForReady, isOpenStream: true)
    }

    /// Ends a stream.
    func closeStream() {
        let drained = state.withLock { state in
            state.openStreams -= 1
            return state.takeDrained()
        }
        drained?.resume()
    }

    /// Refuses new streams.
    func beginDraining() {
        let (waiters, drained) = state.withLock { state in
            if case .open = state.phase { state.phase = .draining }
            return (state.takeWaiters(), state.takeDrained())
        }
        for waiter in waiters { waiter.resume() }
        drained?.resume()
    }

    /// Waits until the set is drained, or the task is cancelled; the set is closed then.
    func waitUntilDrained() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let drained = state.withLock { state in
                    state.onDrained = continuation
                    return state.takeDrained()
                }
                drained?.resume()
            }
        } onCancel: {
            close()
        }
        close()
    }

    private func close() {
        let (waiters, drained) = state.withLock { state in
            state.phase = .closed
            return (state.takeWaiters(), state.takeDrained())
        }
        for waiter in waiters { waiter.resume() }
        drained?.resume()
    }

    private func connection(waitsForReady: Bool, isOpenStream: Bool) async throws -> FramedClientConnection {
        while true {
            switch state.withLock({ Self.choose(&$0, waitsForReady, isOpenStream) }) {
            case .connection(let connection): return connection
            case .refuse(let error): throw error
            case .wait: try await waitForChange(waitsForReady, isOpenStream)
            }
        }
    }

    private static func choose(_ state: inout State, _ waitsForReady: Bool, _ isOpenStream: Bool) -> Choice {
        guard serves(state, isOpenStream) else {
            return .refuse(RPCError(code: .failedPrecondition, message: "The client transport is shut down."))
        }
        var failure: (any Error)?
        var isHopeful = waitsForReady
        for offset in 0..<state.places.count {
            let index = (state.next + offset) % state.places.count
            switch state.places[index] {
            case .ready(let connection) where !connection.isRetired:
                state.next = index + 1
                if !isOpenStream { state.openStreams += 1 }
                return .connection(connection)
            // A connection that has just ended is about to be made anew.
            case .ready, .connecting: isHopeful = true
            case .failed(let error): failure = error
            }
        }
        if isHopeful { return .wait }
        return .refuse(
            RPCError(
                code: .unavailable, message: "The server cannot be reached.",
                cause: failure ?? FramedConnectionError.notConnected))
    }

    /// Waits until something has changed.
    ///
    /// What the call then finds is looked up again.
    private func waitForChange(_ waitsForReady: Bool, _ isOpenStream: Bool) async throws {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    // Something may have changed since the caller looked.
                    guard Self.mustWait(state, waitsForReady, isOpenStream) else { return .success(()) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    private static func serves(_ state: State, _ isOpenStream: Bool) -> Bool {
        switch state.phase {
        case .open: true
        case .draining: isOpenStream
        case .closed: false
        }
    }

    private static func mustWait(_ state: State, _ waitsForReady: Bool, _ isOpenStream: Bool) -> Bool {
        guard serves(state, isOpenStream) else { return false }
        var isHopeful = waitsForReady
        for place in state.places {
            switch place {
            case .ready(let connection) where !connection.isRetired: return false
            case .ready, .connecting: isHopeful = true
            case .failed: continue
            }
        }
        return isHopeful
    }
}
