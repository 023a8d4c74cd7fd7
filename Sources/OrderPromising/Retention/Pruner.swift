import CoreMetrics
import Ledger
import Logging

/// Deletes rows that have been kept long enough, in portions, without ever holding trade up.
///
/// Every server does it; rows that another one is deleting are skipped, and what one leaves the next one finds. After a
/// full portion it rests as long as the portion took, so that it uses at most half of one connection.
struct Pruner: Sendable {
    let ledger: Ledger
    let metrics: RepairMetrics
    let settings: RetentionSettings
    let logger: Logger

    /// Prunes until cancelled.
    func run() async {
        let clock = ContinuousClock()
        var failing = false
        while !Task.isCancelled {
            do {
                for rows in RetainedRows.allCases {
                    while true {
                        let start = clock.now
                        let count = try await ledger.prune(
                            rows, olderThan: settings.seconds(rows), limit: settings.portion)
                        metrics.pruned(rows, count)
                        if count < Int(settings.portion) { break }
                        try await Task.sleep(for: max(.milliseconds(10), clock.now - start))
                    }
                }
                failing = false
            } catch is CancellationError {
                return
            } catch {
                if !failing { logger.warning("old rows cannot be deleted", metadata: ["error": "\(error)"]) }
                failing = true
            }
            do { try await Task.sleep(for: settings.interval) } catch { return }
        }
    }
}
