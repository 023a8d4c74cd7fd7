import UnixSignals

/// SIGTERM and SIGINT while something runs that must clean up after itself.
enum Interruption {
    /// Runs a body that either of them cancels.
    ///
    /// Throws what the body throws, and `CancellationError` in place of it where a signal came before.
    static func cancels<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let work = Task { try await body() }
        let watch = Task { for await _ in signals { work.cancel() } }
        defer { watch.cancel() }
        do {
            return try await work.value
        } catch {
            throw work.isCancelled ? CancellationError() : error
        }
    }
}
