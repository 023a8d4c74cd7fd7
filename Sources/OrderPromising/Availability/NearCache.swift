import Domain
import HotStock
import NIOCore

/// Figures that Redis told a moment ago, with a bounded age.
///
/// Lives on one event loop.
///
/// No invalidation is needed: what is older than the bound is asked for again. Only a take decides.
struct NearCache {
    private struct Entry {
        var available: Int64
        var at: NIODeadline
    }

    private var entries: [CellID: Entry] = [:]
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// A figure told at or after `horizon`, and when.
    func figure(_ cell: CellID, since horizon: NIODeadline) -> (available: Int64, at: NIODeadline)? {
        guard let entry = entries[cell], entry.at >= horizon else { return nil }
        return (entry.available, entry.at)
    }

    mutating func store(_ figures: [CellFigure], at now: NIODeadline) {
        if entries.count + figures.count > capacity { entries.removeAll(keepingCapacity: true) }
        for figure in figures { entries[figure.cell] = Entry(available: figure.available, at: now) }
    }

    mutating func store(_ cell: CellID, _ available: Int64, at now: NIODeadline) {
        if entries.count >= capacity { entries.removeAll(keepingCapacity: true) }
        entries[cell] = Entry(available: available, at: now)
    }
}
