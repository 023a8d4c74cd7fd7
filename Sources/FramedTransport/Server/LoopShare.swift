import NIOCore

/// Who uses an event loop: tells a connection whether others want it too.
///
/// Calls that wait for a store stand in one queue whoever made them, so that turns at decoding are not enough: in such a
/// queue a connection with a thousand calls gets a thousand times what one with a single call gets. While others are
/// busy, a connection therefore has fewer calls in flight.
final class LoopShare {
    /// A connection counts as busy for this long after a call of it was read.
    let busyTime: TimeAmount
    private var last: (reader: ObjectIdentifier, at: NIODeadline)?
    /// When a call was last read from another connection than the last one.
    private var lastOther: NIODeadline?

    init(busyTime: TimeAmount) {
        self.busyTime = busyTime
    }

    /// Notes that a call was read from a connection.
    ///
    /// It may have waited to be decoded while others were read.
    func noteRead(of reader: ObjectIdentifier, at moment: NIODeadline) {
        if let last, last.reader != reader {
            guard moment >= last.at else {
                lastOther = max(lastOther ?? moment, moment)
                return
            }
            lastOther = last.at
        }
        last = (reader, moment)
    }

    /// Whether another connection than this one is busy.
    func isContended(for reader: ObjectIdentifier, at now: NIODeadline) -> Bool {
        guard let last else { return false }
        guard let other = last.reader == reader ? lastOther : last.at else { return false }
        return now < other + busyTime
    }
}
