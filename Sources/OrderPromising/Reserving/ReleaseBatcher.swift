import CoreMetrics
import Domain
import Failpoints
import HotStock
import Ledger
import NIOCore
import PostgresClient

/// Releases reservations on one event loop: all of a tick by one statement, then one settle.
final class ReleaseBatcher: @unchecked Sendable {  // every access is on `loop`, checked at each entry
    private struct Pending {
        var id: EntityID
        var caller: Caller
        var promise: EventLoopPromise<HoldState>
    }

    private let loop: any EventLoop
    private let ledger: Ledger
    private let hotStock: HotStock
    private let admission: Admission
    private let settler: Settler
    private let reader: AvailabilityReader
    private let limits: BatchingLimits
    private var queue: [Pending] = []
    private var inFlight = 0
    private var scheduled = false

    init(
        loop: any EventLoop, ledger: Ledger, hotStock: HotStock, admission: Admission, settler: Settler,
        reader: AvailabilityReader, limits: BatchingLimits
    ) {
        self.loop = loop
        self.ledger = ledger
        self.hotStock = hotStock
        self.admission = admission
        self.settler = settler
        self.reader = reader
        self.limits = limits
    }

    /// Releases.
    ///
    /// Fails with `Refusal`.
    func release(_ id: EntityID, by caller: Caller) -> EventLoopFuture<HoldState> {
        loop.preconditionInEventLoop()
        guard queue.count < limits.queue else {
            return loop.makeFailedFuture(Refusal.exhausted("too many releases are waiting"))
        }
        let promise = loop.makePromise(of: HoldState.self)
        queue.append(Pending(id: id, caller: caller, promise: promise))
        schedule()
        return promise.futureResult
    }

    private func schedule() {
        guard !scheduled, inFlight < limits.reservationBatches, !queue.isEmpty else { return }
        scheduled = true
        loop.execute { self.flush() }
    }

    private func flush() {
        scheduled = false
        let batch = Array(queue.prefix(limits.batch))
        queue.removeFirst(batch.count)
        inFlight += 1
        admission.metrics.releaseBatch.record(batch.count)
        let requests = batch.map { (id: $0.id, caller: $0.caller) }
        ledger.pool.submit(on: loop, ledger.release(requests)).whenComplete { result in
            self.inFlight -= 1
            switch result {
            case .success(let closed): self.finish(batch, closed)
            case .failure(let error):
                // Where it happened after all, who compares the stores tells Redis.
                let refusal = Ledger.refusal(of: error)
                for pending in batch { pending.promise.fail(refusal) }
            }
            self.schedule()
        }
        schedule()
    }

    private func finish(_ batch: [Pending], _ closed: ClosedHolds) {
        var standing: [EntityID: StoredHold] = [:]
        for hold in closed.standing { standing[hold.key.id] = hold }
        for pending in batch {
            switch standing[pending.id] {
            case nil: pending.promise.fail(Refusal.missing(.reservation, pending.id.description, for: pending.caller))
            case let hold? where !pending.caller.scope.covers(channel: hold.channelCode):
                pending.promise.fail(Refusal.outOfScope)
            case let hold? where hold.state == .confirmed:
                pending.promise.fail(
                    Refusal.wrongState(
                        .reservation, pending.id.description, state: "confirmed",
                        explanation: "order \(hold.order?.description ?? "") has taken it; cancel the order"))
            case let hold?: pending.promise.succeed(hold.state)
            }
        }
        Failpoint.released.pass()
        settler.settle(closed.settlement, through: hotStock).whenSuccess { self.reader.learn($0) }
    }
}
