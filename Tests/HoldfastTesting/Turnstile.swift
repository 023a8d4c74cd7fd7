/// Lets a bounded number of bodies run at the same time; the others wait in the order of their coming.
///
/// Tests of a target all start at once: without a bound their deployments starve each other of connections and of time.
actor Turnstile {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ places: Int) {
        free = places
    }

    /// Runs a body once there is a place.
    nonisolated func pass<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        await enter()
        let result: Result<R, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await leave()
        return try result.get()
    }

    private func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
