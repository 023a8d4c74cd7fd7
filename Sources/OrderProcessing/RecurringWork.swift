import Logging

/// Work that is looked for again and again.
///
/// What a pass fails at is told once, until a pass succeeds again, and looked for at the next one.
struct RecurringWork: Sendable {
    /// Its name, in logs.
    var name: String
    /// How long to wait after a pass that found nothing to do.
    var interval: Duration
    /// Does a portion of what is due; returns how much it did.
    var pass: @Sendable () async throws -> Int

    /// Runs until cancelled.
    func run(logger: Logger) async {
        var isFailing = false
        while !Task.isCancelled {
            var done = 0
            do {
                done = try await pass()
                isFailing = false
            } catch is CancellationError {
                return
            } catch {
                if !isFailing { logger.warning("\(name) has to wait", metadata: ["error": "\(error)"]) }
                isFailing = true
            }
            if done == 0 || isFailing {
                do { try await Task.sleep(for: interval) } catch { return }
            }
        }
    }
}
