import Domain

/// Reservations that PostgreSQL refuses to end, each with the time at which it is tried again.
///
/// A pause doubles with every failure, from 1 s up to 5 minutes.
struct SetAside {
    private struct Entry {
        var failures: Int
        var due: ContinuousClock.Instant
    }

    private var entries: [EntityID: Entry] = [:]

    /// Most reservations that are set aside.
    static let bound = 10_000

    /// All of them: what the others are ended without.
    var ids: [EntityID] { Array(entries.keys) }

    /// How many there are.
    var count: Int { entries.count }

    /// Those that are to be tried again.
    func due(at now: ContinuousClock.Instant) -> [EntityID] {
        entries.filter { $0.value.due <= now }.map(\.key)
    }

    /// Sets one aside, or aside for longer, and tells the pause; nil where there is no room.
    mutating func failed(_ id: EntityID, at now: ContinuousClock.Instant) -> Duration? {
        guard entries[id] != nil || entries.count < SetAside.bound else { return nil }
        let failures = (entries[id]?.failures ?? 0) + 1
        let pause = min(Duration.seconds(1 << min(failures - 1, 9)), .seconds(300))
        entries[id] = Entry(failures: failures, due: now + pause)
        return pause
    }

    /// Lets one go, because it was ended or is no longer due, and makes the others due.
    mutating func succeeded(_ id: EntityID, at now: ContinuousClock.Instant) {
        entries[id] = nil
        for other in entries.keys { entries[other]?.due = now }
    }
}
