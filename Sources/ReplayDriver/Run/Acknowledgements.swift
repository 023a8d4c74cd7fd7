public import Replay
import Synchronization

/// What the service has acknowledged during a run: whatever happens to it, all of this must be there afterwards.
///
/// It may be read at any time, also after a run has failed.
public final class Acknowledgements: Sendable {
    private struct Record {
        var orders: Set<ReplayID> = []
        var reservations: Set<ReplayID> = []
    }

    private let record = Mutex(Record())

    /// A record of nothing.
    public init() {}

    /// Ids of orders that were placed, or found to stand.
    public var orders: Set<ReplayID> { record.withLock { $0.orders } }

    /// Ids of reservations that were made, or found to be held.
    public var reservations: Set<ReplayID> { record.withLock { $0.reservations } }

    func add(order: ReplayID) {
        record.withLock { _ = $0.orders.insert(order) }
    }

    func add(reservation: ReplayID) {
        record.withLock { _ = $0.reservations.insert(reservation) }
    }
}
