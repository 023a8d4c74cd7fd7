import Domain
import Ledger
import Synchronization

/// Since when drafts are being placed, as far as this server has seen it.
final class PlacingWatch: Sendable {
    private let seen = Mutex<[PlacingDraft: ContinuousClock.Instant]>([:])

    /// Takes in which drafts are being placed now; returns those whose attempt has been seen for so long.
    func overdue(_ found: [PlacingDraft], after patience: Duration) -> [PlacingDraft] {
        let now = ContinuousClock.now
        return seen.withLock { seen in
            seen = Dictionary(found.map { ($0, seen[$0] ?? now) }) { first, _ in first }
            return found.filter { draft in seen[draft].map { $0.duration(to: now) >= patience } ?? false }
        }
    }
}
