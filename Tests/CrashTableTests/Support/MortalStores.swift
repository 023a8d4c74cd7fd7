import HoldfastTesting
import PrivateStores
import Synchronization

@testable import Torture

/// Stores that tests kill: apart from those that all tests of the process share, and healed before each use.
struct MortalStores: Sendable {
    /// The stores.
    let stack: PrivateStack
    /// Moves PostgreSQL's clock.
    let clock: TroubleLibrary

    private static let starting = Mutex<Task<MortalStores, any Error>?>(nil)

    /// The stores, both of them running.
    static func running() async throws -> MortalStores {
        let task = starting.withLock { current in
            if let current { return current }
            let task = Task { try await MortalStores.start() }
            current = task
            return task
        }
        let stores = try await task.value
        try await stores.revive()
        return stores
    }

    private static func start() async throws -> MortalStores {
        let directory = TestDirectory.make("mortal")
        guard let clock = try await TroubleLibrary.make(in: directory) else {
            throw TestFailure("there is no C compiler to make the library with that moves clocks")
        }
        let stack = try await PrivateStack.start(
            directory: directory, listensOnPorts: true, postgresEnvironment: clock.environment)
        return MortalStores(stack: stack, clock: clock)
    }

    /// Starts what does not run.
    func revive() async throws {
        if stack.redis.processID == nil { try await stack.redis.restart() }
        if stack.postgres.processID == nil { try await stack.postgres.restart() }
    }
}
