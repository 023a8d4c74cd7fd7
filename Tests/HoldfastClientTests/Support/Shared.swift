import Synchronization

/// A value that several tasks change.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    /// Lends the value to one task at a time.
    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { value in
            // A copy leaves the lock, never the value itself.
            var current = value
            defer { value = current }
            return body(&current)
        }
    }
}
