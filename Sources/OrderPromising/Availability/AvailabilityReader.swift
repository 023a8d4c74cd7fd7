import CoreMetrics
import Domain
import HotStock
import Ledger
import NIOCore
import PostgresClient

/// Answers availability on one event loop: from the near-cache, else by one `HMGET` per vshard and tick.
///
/// Where PostgreSQL decides alone, by one statement a tick instead.
///
/// Everything happens on the loop; queries of one tick that miss share the same calls.
final class AvailabilityReader: @unchecked Sendable {  // every access is on `loop`, checked at each entry
    private struct Query {
        var cells: [[CellID]]
        var constants: [Int64?]
        var oldest: NIODeadline
        var promise: EventLoopPromise<AvailabilityAnswer>
    }

    private let loop: any EventLoop
    private let hotStock: HotStock
    private let ledger: Ledger
    private let directory: StockDirectory
    private let admission: Admission
    private let maximumAge: TimeAmount
    private var cache: NearCache
    private var waiting: [Query] = []
    private var wanted: [VShard: Set<CellID>] = [:]
    private var scheduled = false

    init(
        loop: any EventLoop, hotStock: HotStock, ledger: Ledger, directory: StockDirectory, admission: Admission,
        maximumAge: TimeAmount, capacity: Int
    ) {
        self.loop = loop
        self.hotStock = hotStock
        self.ledger = ledger
        self.directory = directory
        self.admission = admission
        self.maximumAge = maximumAge
        cache = NearCache(capacity: capacity)
    }

    /// Takes over figures that a take or settle told.
    func learn(_ figures: [CellFigure]) {
        loop.preconditionInEventLoop()
        cache.store(figures, at: .now())
    }

    /// Answers.
    ///
    /// Fails with ``ResolutionFailure`` for what the directory does not know, with `Refusal` otherwise.
    func read(
        _ items: [AvailabilityItem], fresh: Bool, within locations: Set<String>?
    ) -> EventLoopFuture<AvailabilityAnswer> {
        loop.preconditionInEventLoop()
        let now = NIODeadline.now()
        let horizon = fresh ? NIODeadline.distantFuture : now - maximumAge
        var cells: [[CellID]] = []
        var constants: [Int64?] = []
        cells.reserveCapacity(items.count)
        constants.reserveCapacity(items.count)
        var missing: [(VShard, CellID)] = []
        var violations: [FieldViolation] = []
        var known = 0
        var oldest = now
        directory.look { view in
            for (index, item) in items.enumerated() {
                guard let product = view.product(item.sku) else {
                    violations.append(FieldViolation("items[\(index)].sku", "no product has this sku"))
                    continue
                }
                var mine: [CellID] = []
                if item.location.isEmpty {
                    for cell in product.cells where view.isCell(cell, within: locations) { mine.append(cell.id) }
                } else if let location = view.location(item.location) {
                    for cell in product.cells where cell.location == location.id { mine.append(cell.id) }
                } else {
                    violations.append(FieldViolation("items[\(index)].location", "no location has this code"))
                }
                cells.append(mine)
                constants.append(product.tracked ? nil : item.quantity)
                guard product.tracked else { continue }
                for cell in mine {
                    if let figure = cache.figure(cell, since: horizon) {
                        known += 1
                        if figure.at < oldest { oldest = figure.at }
                    } else {
                        missing.append((product.vshard, cell))
                    }
                }
            }
        }
        guard violations.isEmpty else { return loop.makeFailedFuture(ResolutionFailure.unknown(violations)) }
        if known > 0 { admission.metrics.cacheHits.increment(by: known) }
        if !missing.isEmpty { admission.metrics.cacheMisses.increment(by: missing.count) }
        let view = admission.view
        switch view.phase(of: missing.lazy.map(\.0)) {
        case .open: break
        case .closed:
            return loop.makeFailedFuture(
                Refusal.unavailable("stock admission is being restored", retryAfterMilliseconds: 250))
        case .rebuilding:
            let promise = loop.makePromise(of: AvailabilityAnswer.self)
            admission.whenChanged(since: view) { [loop] in
                loop.execute { self.read(items, fresh: fresh, within: locations).cascade(to: promise) }
            }
            return promise.futureResult
        }
        let query = Query(
            cells: cells, constants: constants, oldest: oldest, promise: loop.makePromise(of: AvailabilityAnswer.self))
        guard !missing.isEmpty else {
            answer(query)
            return query.promise.futureResult
        }
        for (vshard, cell) in missing { wanted[vshard, default: []].insert(cell) }
        waiting.append(query)
        if !scheduled {
            scheduled = true
            loop.execute { self.fetch() }
        }
        return query.promise.futureResult
    }

    private func fetch() {
        scheduled = false
        let queries = waiting
        let asked = wanted.map { (vshard: $0.key, cells: Array($0.value)) }
        waiting = []
        wanted = [:]
        let view = admission.view
        let calls = asked.map { vshard, cells -> EventLoopFuture<[Int64?]> in
            guard case .ledger = view.standing(of: vshard) else { return hotStock.read(vshard, cells) }
            return ledger.pool.submit(on: loop, ledger.available(cells)).map { figures in cells.map { figures[$0] } }
        }
        EventLoopFuture.whenAllSucceed(calls, on: loop).flatMap { figures in
            self.confirmed(asked, figures, view).map { isConfirmed in isConfirmed ? figures : nil }
        }.whenComplete { result in
            switch result {
            case .success(let figures?):
                let now = NIODeadline.now()
                for (position, entry) in asked.enumerated() {
                    for (cell, figure) in zip(entry.cells, figures[position]) {
                        self.cache.store(cell, figure ?? 0, at: now)
                    }
                }
                for query in queries { self.answer(query) }
            case .success(nil), .failure:
                let refusal = Refusal.unavailable("stock figures cannot be read", retryAfterMilliseconds: 250)
                for query in queries { query.promise.fail(refusal) }
            }
        }
    }

    /// Whether figures that Redis does not have are those of cells that it has not heard of yet, which are empty.
    ///
    /// A Redis that has been emptied, or has lost a part, has no figures either: that is asked for a rebuild.
    private func confirmed(
        _ asked: [(vshard: VShard, cells: [CellID])], _ figures: [[Int64?]], _ view: Admission.View
    ) -> EventLoopFuture<Bool> {
        var looks: [EventLoopFuture<Bool>] = []
        for (entry, known) in zip(asked, figures) {
            guard known.contains(nil), case .redis(let epoch) = view.standing(of: entry.vshard) else { continue }
            looks.append(
                hotStock.status(entry.vshard).map { [admission] status in
                    let isWhole = status.armed == epoch && status.epoch == epoch
                    if !isWhole { admission.requestRebuild("Redis has lost figures", of: [entry.vshard]) }
                    return isWhole
                })
        }
        return EventLoopFuture.whenAllSucceed(looks, on: loop).map { $0.allSatisfy { $0 } }
    }

    private func answer(_ query: Query) {
        let available = zip(query.cells, query.constants).map { cells, constant -> Int64 in
            if let constant { return constant }
            var sum: Int64 = 0
            for cell in cells {
                if let known = cache.figure(cell, since: .uptimeNanoseconds(0)) { sum += max(0, known.available) }
            }
            return sum
        }
        let age = (NIODeadline.now() - query.oldest).nanoseconds / 1_000
        query.promise.succeed(
            AvailabilityAnswer(
                available: available, asOf: Instant(microseconds: WallClock.now.microseconds - max(0, age))))
    }
}
