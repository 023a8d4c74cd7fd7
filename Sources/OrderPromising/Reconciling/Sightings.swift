/// What looked wrong at some time, kept until it looks right or has looked equally wrong for a grace.
///
/// One look proves nothing: what is on its way between the stores looks wrong for moments. The mark tells whether it is
/// still the same: where it has changed, something moves, and the time begins anew.
struct Sightings<Key: Hashable, Mark: Equatable> {
    private struct Entry {
        var mark: Mark
        var since: ContinuousClock.Instant
        var pass: Int
    }

    private var entries: [Key: Entry] = [:]
    private var pass = 0

    /// Most that is kept; what is beyond is seen again later.
    private let bound = 100_000

    /// How much is kept.
    var count: Int { entries.count }

    /// Notes that `key` looks wrong now; true where it has looked so for the grace.
    mutating func see(_ key: Key, _ mark: Mark, at now: ContinuousClock.Instant, grace: Duration) -> Bool {
        if let entry = entries[key], entry.mark == mark {
            entries[key]?.pass = pass
            return now - entry.since >= grace
        }
        if entries[key] != nil || entries.count < bound {
            entries[key] = Entry(mark: mark, since: now, pass: pass)
        }
        return false
    }

    /// What has been kept for the grace.
    func due(at now: ContinuousClock.Instant, grace: Duration) -> [Key] {
        entries.filter { now - $0.value.since >= grace }.map(\.key)
    }

    /// Notes that `key` looks right, or was put right.
    mutating func clear(_ key: Key) {
        entries[key] = nil
    }

    /// Ends a look at everything: what it has not seen is not wrong any more.
    mutating func endPass() {
        entries = entries.filter { $0.value.pass == pass }
        pass += 1
    }
}
