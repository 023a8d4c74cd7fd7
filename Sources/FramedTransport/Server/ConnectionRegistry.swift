import NIOCore
import Synchronization

/// The open connections of a server, and how far the server has come in shutting down.
final class ConnectionRegistry: Sendable {
    private enum Phase {
        case idle
        case listening(any Channel)
        case draining
    }

    private struct State {
        var phase = Phase.idle
        var connections: [ObjectIdentifier: any Channel] = [:]
        var onEmpty: (@Sendable () -> Void)?
        /// The listener is closed, so that no connection comes any more.
        var isListenerClosed = false

        /// Takes the action for the end of the last connection, if this is it.
        mutating func takeEnd() -> (@Sendable () -> Void)? {
            guard case .draining = phase, isListenerClosed, connections.isEmpty else { return nil }
            defer { onEmpty = nil }
            return onEmpty
        }
    }

    private let state = Mutex(State())

    /// Open connections.
    var count: Int { state.withLock { $0.connections.count } }

    /// Notes that the server listens.
    ///
    /// - Parameters:
    ///   - listener: The listening channel.
    ///   - onEmpty: Called once, when the server has stopped accepting and the last connection has closed.
    /// - Returns: `false` when the server was shut down before.
    func listen(_ listener: any Channel, onEmpty: @escaping @Sendable () -> Void) -> Bool {
        let listens = state.withLock { state in
            guard case .idle = state.phase else { return false }
            state.phase = .listening(listener)
            state.onEmpty = onEmpty
            return true
        }
        guard listens else { return false }
        listener.closeFuture.whenComplete { _ in
            // A listener that fails ends the server like a shutdown does.
            _ = self.drain()
            let end = self.state.withLock { state in
                state.isListenerClosed = true
                return state.takeEnd()
            }
            end?()
        }
        return true
    }

    /// Takes a connection; `false` when the server shuts down.
    func add(_ channel: any Channel) -> Bool {
        let isTaken = state.withLock { state in
            if case .draining = state.phase { return false }
            state.connections[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isTaken else { return false }
        channel.closeFuture.whenComplete { _ in
            let end = self.state.withLock { state in
                state.connections[ObjectIdentifier(channel)] = nil
                return state.takeEnd()
            }
            end?()
        }
        return true
    }

    /// Stops accepting and lets every connection finish; `false` when that has been done before.
    func drain() -> Bool {
        let (isFirst, listener, connections) = state.withLock { state in
            if case .draining = state.phase { return (false, (any Channel)?.none, [any Channel]()) }
            var listener: (any Channel)?
            if case .listening(let channel) = state.phase { listener = channel }
            state.phase = .draining
            return (true, listener, Array(state.connections.values))
        }
        listener?.close(promise: nil)
        for connection in connections {
            connection.pipeline.fireUserInboundEventTriggered(ServerConnectionEvent.drain)
        }
        return isFirst
    }

    /// Closes everything at once.
    func abort() {
        _ = drain()
        for connection in state.withLock({ Array($0.connections.values) }) {
            connection.pipeline.fireUserInboundEventTriggered(ServerConnectionEvent.abort)
        }
    }
}
