import CoreMetrics
import Domain
import HotStock
import Ledger
import Logging
import NIOCore

/// Compares every cell's figure in Redis with the books of PostgreSQL: the inequality that all safety rests on, at work.
///
/// The books are read, then Redis, then the books again. A cell is judged only where both readings of the books agree in
/// version and in the very reservations that are live. Then it had at no moment in between more than they say: a base
/// that changes leaves another version, and a reservation that was given back does not come again. So
///
/// - *excess*: Redis would have admitted more than that. It must never be, and no order of events on the way can make it
///   look so. The vshard is closed and loaded anew at once, under a new epoch, and the log names the cells.
/// - *behind*: Redis has an older version than PostgreSQL, for the grace. The newer base is told again.
/// - *deficit*: Redis has less, and neither store has moved for three times the grace. Holds and bases that were on their
///   way have been put right by then; what remains is counted as a leak, and the vshard is loaded anew.
///
/// Besides, units that PostgreSQL has promised beyond what is there, and not recorded as a shortage, are recorded where a
/// movement took the goods away. Where none did, that is an excess, too.
///
/// A version that PostgreSQL does not have is an excess too: PostgreSQL has forgotten something. A vshard that is being
/// loaded, or that PostgreSQL decides, is passed over: its epoch in Redis is not the open one. A crash leaves nothing
/// half done; two servers at once do the same thing twice.
struct FigureCheck {
    private struct Place: Hashable {
        var vshard: VShard
        var cell: CellID
    }

    private enum Mark: Equatable {
        case behind(version: Int64)
        case deficit(KnownCell, CellBook)
    }

    let ledger: Ledger
    let admission: Admission
    let settler: Settler
    let settings: RepairSettings
    let logger: Logger
    private var sightings = Sightings<Place, Mark>()
    /// Cells where more is promised than was ever there, each told of once until that is over.
    private var oversold: Set<Place> = []

    init(ledger: Ledger, admission: Admission, settler: Settler, settings: RepairSettings, logger: Logger) {
        self.ledger = ledger
        self.admission = admission
        self.settler = settler
        self.settings = settings
        self.logger = logger
    }

    /// Most cells that are looked at again, and most that one line of the log names.
    private static let again = 500
    private static let named = 10

    private var leakGrace: Duration { settings.grace * 3 }

    /// Looks at one portion of a vshard's cells, above `cell`, and tells where the next one begins; nil at the end.
    mutating func look(at vshard: VShard, after cell: CellID, in hotStock: HotStock) async throws -> CellID? {
        let books = try await ledger.books(of: vshard, after: cell, limit: settings.cellPortion)
        guard let last = books.cells.last else { return nil }
        try await recordShortages(vshard, books)
        // A cell that trade moves all the time is seldom read twice the same: a few narrow looks find most of them at rest.
        var restless = try await judge(vshard, books, in: hotStock)
        for _ in 0..<2 where !restless.isEmpty {
            let few = try await ledger.books(of: vshard, cells: Array(restless.prefix(FigureCheck.again)))
            restless = try await judge(vshard, few, in: hotStock)
        }
        return books.cells.count < Int(settings.cellPortion) ? nil : last.base.cell
    }

    /// Looks again at what has looked wrong for its grace, so that it does not wait for the next look at everything.
    mutating func lookAgain(at vshard: VShard, in hotStock: HotStock) async throws {
        let due = sightings.due(at: .now, grace: settings.grace).filter { $0.vshard == vshard }
        guard !due.isEmpty else { return }
        let books = try await ledger.books(of: vshard, cells: due.prefix(FigureCheck.again).map(\.cell))
        _ = try await judge(vshard, books, in: hotStock)
    }

    /// Ends a look at all cells.
    mutating func endPass() { sightings.endPass() }

    /// Judges cells whose books have just been read; returns those that moved meanwhile.
    private mutating func judge(_ vshard: VShard, _ books: VShardBooks, in hotStock: HotStock) async throws -> [CellID]
    {
        let cells = books.cells.map(\.base.cell)
        guard !cells.isEmpty, admission.redisEpoch(of: vshard) == books.epoch else { return [] }
        guard let known = try await known(vshard, cells, epoch: books.epoch, in: hotStock) else { return [] }
        let second = try await ledger.books(of: vshard, cells: cells)
        guard second.epoch == books.epoch else { return [] }
        let now = ContinuousClock.now
        let after = Dictionary(uniqueKeysWithValues: second.cells.map { ($0.base.cell, $0) })
        var restless: [CellID] = []
        var excess: [(CellBook, KnownCell)] = []
        var behind: [CellID] = []
        var leaks: [(CellBook, KnownCell)] = []
        for (book, known) in zip(books.cells, known) {
            let place = Place(vshard: vshard, cell: book.base.cell)
            guard let latest = after[book.base.cell] else { continue }
            if let known, known.version > latest.base.version || (latest == book && known.available > book.available) {
                excess.append((latest, known))
            } else if known == nil || known.map({ $0.version < book.base.version }) == true {
                let mark = Mark.behind(version: known?.version ?? -1)
                if sightings.see(place, mark, at: now, grace: settings.grace) { behind.append(book.base.cell) }
            } else if let known {
                guard latest == book else {
                    restless.append(book.base.cell)
                    continue
                }
                if known.available == book.available {
                    sightings.clear(place)
                } else if sightings.see(place, .deficit(known, book), at: now, grace: leakGrace) {
                    leaks.append((book, known))
                }
            }
        }
        if !excess.isEmpty { close(vshard, excess) }
        if !behind.isEmpty { try await sync(vshard, behind, in: hotStock) }
        if !leaks.isEmpty { reload(vshard, leaks) }
        return restless
    }

    /// Figures of cells; nil where the vshard is not armed under `epoch` from before the first to after the last.
    private func known(
        _ vshard: VShard, _ cells: [CellID], epoch: Int64, in hotStock: HotStock
    ) async throws -> [KnownCell?]? {
        var calls: [EventLoopFuture<[KnownCell?]>] = []
        let before = hotStock.status(vshard)
        for first in stride(from: 0, to: cells.count, by: 500) {
            calls.append(hotStock.known(vshard, Array(cells[first..<min(first + 500, cells.count)])))
        }
        let after = hotStock.status(vshard)
        let known = try await EventLoopFuture.whenAllSucceed(calls, on: hotStock.eventLoop).get()
        let states = [try await before.get(), try await after.get()]
        guard states.allSatisfy({ $0.armed == epoch && $0.epoch == epoch }) else { return nil }
        return known.flatMap { $0 }
    }

    // MARK: - What is done

    /// Records what is promised and not there: a promise that was admitted before its goods were counted away.
    private mutating func recordShortages(_ vshard: VShard, _ books: VShardBooks) async throws {
        if !oversold.isEmpty {
            for book in books.cells where book.missing <= 0 {
                oversold.remove(Place(vshard: vshard, cell: book.base.cell))
            }
        }
        let cells = books.cells.filter { $0.missing > 0 }.map(\.base.cell)
        guard !cells.isEmpty else { return }
        let (units, unexplained) = try await ledger.recordShortages(of: vshard, cells)
        let new = unexplained.filter { oversold.insert(Place(vshard: vshard, cell: $0)).inserted }
        if !new.isEmpty {
            admission.metrics.repair.excessCells.increment(by: new.count)
            logger.critical(
                "more is promised than was there",
                metadata: [
                    "vshard": "\(vshard.rawValue)", "count": "\(new.count)",
                    "cells": "\(new.prefix(FigureCheck.named).map { "\($0.rawValue)" }.joined(separator: ", "))",
                ])
        }
        guard units > 0 else { return }
        admission.metrics.repair.repaired(.shortage)
        logger.notice(
            "units that are promised and not there are recorded as a shortage",
            metadata: ["vshard": "\(vshard.rawValue)", "units": "\(units)"])
    }

    private mutating func close(_ vshard: VShard, _ cells: [(CellBook, KnownCell)]) {
        admission.metrics.repair.excessCells.increment(by: cells.count)
        logger.critical(
            "Redis would admit more than PostgreSQL has; this part of the stock is closed and loaded anew",
            metadata: metadata(vshard, cells))
        reload(vshard, cells.map(\.0.base.cell), because: "Redis has more than PostgreSQL")
    }

    private mutating func reload(_ vshard: VShard, _ cells: [(CellBook, KnownCell)]) {
        admission.metrics.repair.deficitCells.increment(by: cells.count)
        admission.metrics.repair.deficitUnits.increment(
            by: Int(clamping: cells.reduce(Int64(0)) { $0 + $1.0.available - $1.1.available }))
        logger.warning(
            "Redis has lost units; this part of the stock is loaded anew", metadata: metadata(vshard, cells))
        reload(vshard, cells.map(\.0.base.cell), because: "Redis has less than PostgreSQL")
    }

    private mutating func reload(_ vshard: VShard, _ cells: [CellID], because reason: String) {
        for cell in cells { sightings.clear(Place(vshard: vshard, cell: cell)) }
        admission.metrics.repair.repaired(.reload)
        admission.reload(vshard, because: reason)
    }

    private mutating func sync(_ vshard: VShard, _ cells: [CellID], in hotStock: HotStock) async throws {
        let bases = try await ledger.bases(of: cells)
        _ = try await settler.settle(Settlement(bases: bases), through: hotStock).get()
        for cell in cells { sightings.clear(Place(vshard: vshard, cell: cell)) }
        admission.metrics.repair.repaired(.sync, cells.count)
        logger.notice(
            "newer bases were told again", metadata: ["vshard": "\(vshard.rawValue)", "cells": "\(cells.count)"])
    }

    private func metadata(_ vshard: VShard, _ cells: [(CellBook, KnownCell)]) -> Logger.Metadata {
        let named = cells.prefix(FigureCheck.named).map { book, known in
            "\(book.base.cell.rawValue): Redis \(known.available) v\(known.version), PostgreSQL \(book.available) v\(book.base.version)"
        }
        return [
            "vshard": "\(vshard.rawValue)", "count": "\(cells.count)", "cells": "\(named.joined(separator: "; "))",
        ]
    }
}
