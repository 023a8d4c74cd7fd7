import NIOCore
import Synchronization

/// The shortest time that a method has lately taken: what is left of a deadline beyond it may suffice, less cannot.
///
/// It forgets: what is older than two windows does not count, so that a method that became faster is not judged by its
/// past, and one of which every call was dropped is tried again.
final class ServiceTimeFloor: Sendable {
    private static let windowNanoseconds: UInt64 = 10_000_000_000

    private let current = Atomic<Int64>(.max)
    private let previous = Atomic<Int64>(.max)
    private let windowEnd = Atomic<UInt64>(0)

    /// Notes how long a call took that was answered at `now`.
    ///
    /// Two loops that meet here may lose one of their notes, which does no harm.
    func note(_ duration: TimeAmount, at now: NIODeadline) {
        let end = windowEnd.load(ordering: .relaxed)
        let time = now.uptimeNanoseconds
        if time >= end,
            windowEnd.compareExchange(
                expected: end, desired: time + Self.windowNanoseconds, ordering: .relaxed
            ).exchanged
        {
            previous.store(current.load(ordering: .relaxed), ordering: .relaxed)
            current.store(.max, ordering: .relaxed)
        }
        if duration.nanoseconds < current.load(ordering: .relaxed) {
            current.store(duration.nanoseconds, ordering: .relaxed)
        }
    }

    /// The shortest time at `now`; zero where nothing is known.
    func value(at now: NIODeadline) -> TimeAmount {
        guard now.uptimeNanoseconds < windowEnd.load(ordering: .relaxed) + Self.windowNanoseconds else { return .zero }
        let shortest = min(current.load(ordering: .relaxed), previous.load(ordering: .relaxed))
        return shortest == .max ? .zero : .nanoseconds(shortest)
    }

    /// Whether a call can still be answered at its deadline.
    func allows(_ deadline: NIODeadline, at now: NIODeadline) -> Bool {
        now + value(at: now) < deadline
    }
}
