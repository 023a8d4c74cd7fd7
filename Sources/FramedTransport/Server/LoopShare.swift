import NIOCore

/// Who uses an event loop: tells a connection whether others want it too.
///
/// Calls that wait for a store stand in one queue whoever made them, so that turns at decoding are not enough: in such a
/// queue a connection with a thousand calls gets a thousand times what one with a single call gets. While others are
/// busy, a connection therefore has fewer calls in flight.
final class LoopShare {
    /// A connection counts as busy for this long after something was read from it.
    static let busyTime = TimeAmount.milliseconds(10)

    private var last: (reader: ObjectIdentifier, at: NIODeadline)?
    /// When something was last read from another connection than the last one.
    private var lastOther = NIODeadline.uptimeNanoseconds(0)

    /// Notes that something was read from a connection.
    func noteRead(of reader: ObjectIdentifier, at now: NIODeadline) {
        if let last, last.reader != reader { lastOther = last.at }
        last = (reader, now)
    }

    /// Whether another connection than this one is busy.
    func isContended(for reader: ObjectIdentifier, at now: NIODeadline) -> Bool {
        guard let last else { return false }
        let other = last.reader == reader ? lastOther : last.at
        return now < other + Self.busyTime
    }
}
