import Domain
import Ledger
import Logging
import Synchronization

/// Whether this server is the one that repairs.
///
/// The lease saves work, it does not keep anything safe: a server that was paused believes in it for too long, and every
/// repair is safe when two do it.
final class RepairLease: Sendable {
    private let ledger: Ledger
    private let holder: EntityID
    private let metrics: RepairMetrics
    private let duration: Duration
    private let logger: Logger
    private let until = Mutex<ContinuousClock.Instant?>(nil)

    init(ledger: Ledger, metrics: RepairMetrics, duration: Duration, logger: Logger) {
        self.ledger = ledger
        self.metrics = metrics
        self.duration = duration
        self.logger = logger
        var generator = SystemRandomNumberGenerator()
        holder = EntityID.random(using: &generator)
    }

    /// True where this server has it now.
    var isHeld: Bool { until.withLock { $0.map { $0 > .now } ?? false } }

    /// Tries to have the lease, and keeps it, until cancelled; then gives it back, so that another server goes on at once.
    func run() async {
        var failing = false
        while !Task.isCancelled {
            let asked = ContinuousClock.now
            do {
                let isHeld = try await ledger.holdLease(.reconciler, holder: holder, milliseconds: milliseconds)
                until.withLock { $0 = isHeld ? asked + duration : nil }
                failing = false
            } catch is CancellationError {
                break
            } catch {
                metrics.failed(.lease)
                if !failing { logger.warning("the lease on repairs cannot be had", metadata: ["error": "\(error)"]) }
                failing = true
            }
            do { try await Task.sleep(for: duration / 3) } catch { break }
        }
        until.withLock { $0 = nil }
        // A cancelled task gets no connection; this is the last thing it does.
        let giving = Task { [ledger, holder] in try await ledger.dropLease(.reconciler, holder: holder) }
        if case .failure(let error) = await giving.result {
            logger.debug("the lease on repairs lapses by itself", metadata: ["error": "\(error)"])
        }
    }

    private var milliseconds: Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}
