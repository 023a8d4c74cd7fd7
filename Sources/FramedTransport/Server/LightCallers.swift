import NIOCore
import Synchronization

/// Whether light connections are busy anywhere on the server: those that never have more waiting than a turn takes.
///
/// Heavy ones then leave room on purpose. As long as they may they keep every core busy, and a light caller waits for the
/// processor although its loop would serve it next; so this is told across the loops.
final class LightCallers: Sendable {
    private let busyTime: TimeAmount
    private let last = Atomic<UInt64>(0)

    /// Makes one.
    ///
    /// - Parameter busyTime: for how long a connection counts as busy after a call of it was read.
    init(busyTime: TimeAmount) {
        self.busyTime = busyTime
    }

    /// Notes that a light connection had its turn.
    func note(at now: NIODeadline) {
        // To the millisecond is enough, and spares the loops a line of memory that each of them writes all the time.
        let seen = last.load(ordering: .relaxed)
        if now.uptimeNanoseconds >= seen + 1_000_000 { last.store(now.uptimeNanoseconds, ordering: .relaxed) }
    }

    /// Whether one is busy.
    func areBusy(at now: NIODeadline) -> Bool {
        let seen = last.load(ordering: .relaxed)
        return seen > 0 && now < NIODeadline.uptimeNanoseconds(seen) + busyTime
    }
}
