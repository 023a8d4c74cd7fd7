import Synchronization

/// Names a call that may have to be cancelled.
final class CallToken: Sendable {
    /// The correlation id once the call has been sent; 0 before.
    let correlationID = Atomic<Int64>(0)
}
