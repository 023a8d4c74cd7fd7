import CoreMetrics
import Domain
import HotStock
import Ledger
import NIOCore
import Synchronization

/// Tells Redis what PostgreSQL has decided: final holds leave, newer bases apply.
///
/// Always after the commit.
///
/// A settle that is lost leaves Redis too low, never too high; it asks for a rebuild, which repeats everything.
final class Settler: Sendable {
    private let admission: Admission
    /// Settlements while Redis is being loaded; nil where nothing is recorded.
    private let recorded = Mutex<[Settlement]?>(nil)

    init(admission: Admission) {
        self.admission = admission
    }

    /// Sends a settlement and reports the figures that moved.
    @discardableResult
    func settle(_ settlement: Settlement, through hotStock: HotStock) -> EventLoopFuture<[CellFigure]> {
        let loop = hotStock.eventLoop
        guard !settlement.isEmpty else { return loop.makeSucceededFuture([]) }
        recorded.withLock { $0?.append(settlement) }
        let metrics = admission.metrics
        metrics.settlesInFlight.increment()
        let future = send(settlement, through: hotStock)
        future.whenComplete { [admission] result in
            metrics.settlesInFlight.decrement()
            switch result {
            case .success: metrics.settled.increment()
            case .failure:
                metrics.settlesLost.increment()
                admission.requestRebuild("a settle was lost")
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

    private func send(_ settlement: Settlement, through hotStock: HotStock) -> EventLoopFuture<[CellFigure]> {
        var holds: [VShard: [HoldKey]] = [:]
        var bases: [VShard: [CellBase]] = [:]
        for hold in settlement.holds {
            for vshard in hold.vshards { holds[vshard, default: []].append(hold.key) }
        }
        for base in settlement.bases { bases[base.vshard, default: []].append(base.base) }
        let calls = Set(holds.keys).union(bases.keys).map { vshard in
            hotStock.settle(vshard, holds: holds[vshard] ?? [], bases: bases[vshard] ?? [])
        }
        return EventLoopFuture.whenAllSucceed(calls, on: hotStock.eventLoop).map { Array($0.joined()) }
    }

    /// From now on settlements are remembered as well as sent.
    func beginRecording() {
        recorded.withLock { recorded in
            if recorded == nil { recorded = [] }
        }
    }

    /// Sends again what was settled since `beginRecording`, and stops remembering.
    func repeatRecorded(through hotStock: HotStock) async throws {
        let settlements = recorded.withLock { recorded in
            defer { recorded = nil }
            return recorded ?? []
        }
        for settlement in settlements { _ = try await send(settlement, through: hotStock).get() }
    }
}
