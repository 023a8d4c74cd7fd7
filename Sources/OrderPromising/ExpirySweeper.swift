import CoreMetrics
import Domain
import HotStock
import Ledger
import Logging
import Synchronization

/// Ends reservations whose time has passed by PostgreSQL's clock, then frees their units in Redis.
///
/// Any number of servers may sweep at once: each row is closed by one of them, rows under way are skipped.
struct ExpirySweeper: Sendable {
    let ledger: Ledger
    let hotStock: HotStock
    let settler: Settler
    let admission: Admission
    let lastAnswer: LastAnswer
    let logger: Logger

    /// Most reservations that one statement ends.
    private static let portion: Int32 = 500

    /// Sweeps until cancelled.
    func run(every interval: Duration) async {
        var failing = false
        while !Task.isCancelled {
            do {
                let (settlement, lags) = try await ledger.expire(limit: ExpirySweeper.portion)
                lastAnswer.value.withLock { $0 = ContinuousClock.now }
                if !settlement.isEmpty {
                    admission.metrics.expired.increment(by: lags.count)
                    for lag in lags { admission.metrics.expiryLag.recordMicroseconds(lag) }
                    settler.settle(settlement, through: hotStock)
                    logger.debug("reservations expired", metadata: ["count": "\(settlement.holds.count)"])
                }
                failing = false
                if settlement.holds.count == Int(ExpirySweeper.portion) { continue }
            } catch {
                // Whether it happened or not: the next sweep, or who compares the stores, tells Redis.
                admission.metrics.sweepsFailed.increment()
                if !failing { logger.warning("reservations cannot be expired", metadata: ["error": "\(error)"]) }
                failing = true
            }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }
}

/// When PostgreSQL last answered the sweeper: what asks often notices a store that hangs.
final class LastAnswer: Sendable {
    let value = Mutex<ContinuousClock.Instant?>(nil)
}
