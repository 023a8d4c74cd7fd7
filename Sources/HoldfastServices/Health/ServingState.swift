import Synchronization

/// Whether a server takes calls: it is ready, and does not drain.
public final class ServingState: Sendable {
    private let isReady: @Sendable () -> Bool
    private let draining = Atomic(false)

    /// Makes the state over what tells whether the server is ready.
    public init(isReady: @escaping @Sendable () -> Bool) {
        self.isReady = isReady
    }

    /// Whether calls are answered.
    public var isServing: Bool { !isDraining && isReady() }

    /// Whether the server is about to stop.
    public var isDraining: Bool { draining.load(ordering: .acquiring) }

    /// The server is about to stop: from now on it does not serve.
    public func beginDrain() {
        draining.store(true, ordering: .releasing)
    }
}
