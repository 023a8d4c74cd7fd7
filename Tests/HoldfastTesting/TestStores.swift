package import PrivateStores
import Synchronization

/// The private servers that a test process shares.
///
/// They start with the first test that needs them and end with the process.
package enum TestStores {
    private static let starting = Mutex<Task<PrivateStack, any Error>?>(nil)

    /// The shared servers.
    package static func shared() async throws -> PrivateStack {
        let task = starting.withLock { current in
            if let current { return current }
            let task = Task { try await PrivateStack.start(directory: TestDirectory.make("stores")) }
            current = task
            return task
        }
        return try await task.value
    }
}
