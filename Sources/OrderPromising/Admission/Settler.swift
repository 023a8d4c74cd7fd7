import CoreMetrics
import Domain
import Failpoints
import HotStock
import Ledger
import NIOCore
import RedisClient
import Synchronization

/// Tells Redis what PostgreSQL has decided: final holds and newer bases.
///
/// A settlement may be told twice, late, or in another order. What was told while a vshard was being loaded is told again
/// after it is armed. Where PostgreSQL decides nothing need arrive: Redis is loaded before it admits again.
final class Settler: Sendable {
    private let admission: Admission
    private let recorded = Mutex<[Settlement]?>(nil)

    /// Most settlements that are remembered while something is loading; the comparison of the stores finds the others.
    private static let bound = 100_000
    /// Settlements that are told again at the same time.
    private static let portion = 256

    init(admission: Admission) {
        self.admission = admission
    }

    /// Sends a settlement and reports the figures that moved.
    @discardableResult
    func settle(_ settlement: Settlement, through hotStock: HotStock) -> EventLoopFuture<[CellFigure]> {
        let loop = hotStock.eventLoop
        guard !settlement.isEmpty else { return loop.makeSucceededFuture([]) }
        if Failpoint.settling.pass() { return loop.makeSucceededFuture([]) }
        recorded.withLock { recorded in
            guard let count = recorded?.count, count < Self.bound else { return }
            recorded?.append(settlement)
        }
        let metrics = admission.metrics
        metrics.settlesInFlight.increment()
        let (future, vshards) = send(settlement, through: hotStock)
        future.whenComplete { [admission] result in
            metrics.settlesInFlight.decrement()
            switch result {
            case .success: metrics.settled.increment()
            case .failure:
                metrics.settlesLost.increment()
                admission.requestRebuild("a settle was lost", of: vshards)
            }
        }
        return future
    }

    /// Settles and waits until Redis has heard of it, so that the caller's next call finds it.
    ///
    /// A settle that is lost is no failure of the caller's: the change stands, and a rebuild repeats it.
    func settleAndWait(_ settlement: Settlement, through hotStock: HotStock) async {
        let heard = settle(settlement, through: hotStock).map { _ in true }.recover { _ in false }
        do { _ = try await heard.get() } catch { admission.requestRebuild("a settle was lost") }
    }

    private func send(_ settlement: Settlement, through hotStock: HotStock) -> (
        EventLoopFuture<[CellFigure]>, vshards: [VShard]
    ) {
        let view = admission.view
        // This server may not know yet that Redis decides again; where nothing listens there is nothing to tell.
        func isTold(_ vshard: VShard) -> Bool {
            if case .ledger = view.standing(of: vshard) { return hotStock.link.isConnected }
            return true
        }
        var holds: [VShard: [HoldKey]] = [:]
        var bases: [VShard: [CellBase]] = [:]
        for hold in settlement.holds {
            for vshard in hold.vshards where isTold(vshard) { holds[vshard, default: []].append(hold.key) }
        }
        for base in settlement.bases where isTold(base.vshard) { bases[base.vshard, default: []].append(base.base) }
        let vshards = Array(Set(holds.keys).union(bases.keys))
        let calls = vshards.map { vshard in
            hotStock.settle(vshard, holds: holds[vshard] ?? [], bases: bases[vshard] ?? [])
        }
        let future = EventLoopFuture.whenAllSucceed(calls, on: hotStock.eventLoop).map { Array($0.joined()) }
        return (future, vshards)
    }

    /// From now on settlements are remembered as well as sent.
    func beginRecording() {
        recorded.withLock { recorded in
            if recorded == nil { recorded = [] }
        }
    }

    /// Sends again what was settled since `beginRecording`, and stops remembering.
    func repeatRecorded(through hotStock: HotStock) async throws {
        let settlements = takeRecorded()
        for first in stride(from: 0, to: settlements.count, by: Self.portion) {
            let calls = settlements[first..<min(first + Self.portion, settlements.count)].map { settlement in
                send(settlement, through: hotStock).0.map { _ in }
            }
            try await EventLoopFuture.andAllSucceed(calls, on: hotStock.eventLoop).get()
        }
    }

    /// Settlements that it remembers; nil while it remembers none.
    var recordedCount: Int? { recorded.withLock { $0?.count } }

    /// Forgets what it remembers: it belongs to a past that PostgreSQL no longer has.
    func forget() {
        recorded.withLock { recorded in
            if recorded != nil { recorded = [] }
        }
    }

    private func takeRecorded() -> [Settlement] {
        recorded.withLock { recorded in
            defer { recorded = nil }
            return recorded ?? []
        }
    }
}
