import CoreMetrics
import Domain
import HotStock
import Ledger
import Logging
import NIOCore
import Synchronization

/// Places orders in batches: one writer group for the whole server, so that batches rarely wait for each other's rows.
///
/// An order passes: look whether it stands → cover it by its reservation → take the rest in Redis → capture in one
/// transaction → answer → settle. A crash before the commit leaves at most units that Redis counts as taken until the
/// next rebuild or the retry with the same id; after it the order stands, and the retry finds it.
final class OrderPlacer: Sendable {
    struct Pending: Sendable {
        var request: OrderRequest
        var deadline: NIODeadline
        var attempt: Int
        /// Works in a batch of its own: something in its former batch could not be written.
        var isAlone = false
        /// How many attempts of it have been buried, as far as is known here.
        var burials = 0
        /// What of it waits for supply, where stock was short of lines that may.
        var waiting: WaitingPlan?
        /// Rounds in which that was planned.
        var planned = 0
        var continuation: CheckedContinuation<CapturedOrder, any Error>
    }

    fileprivate struct State {
        var queue: [Pending] = []
        var running = 0
        /// Orders that a batch is working on: a second call with the id waits for what becomes of the first.
        var inWork: Set<EntityID> = []
        var isClosed = false
    }

    let ledger: Ledger
    let hotStock: HotStock
    let directory: StockDirectory
    let follower: DirectoryFollower
    let admission: Admission
    let settler: Settler
    let round: TakeRound
    let logger: Logger
    private let limits: BatchingLimits
    private let state = Mutex(State())

    init(
        ledger: Ledger, hotStock: HotStock, directory: StockDirectory, follower: DirectoryFollower,
        admission: Admission, settler: Settler, limits: BatchingLimits, logger: Logger
    ) {
        self.ledger = ledger
        self.hotStock = hotStock
        self.directory = directory
        self.follower = follower
        self.admission = admission
        self.settler = settler
        self.limits = limits
        self.logger = logger
        round = TakeRound(hotStock: hotStock, admission: admission)
    }

    /// Places an order.
    ///
    /// Throws `Refusal`.
    func place(_ request: OrderRequest, deadline: NIODeadline) async throws -> CapturedOrder {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(Pending(request: request, deadline: deadline, attempt: 0, continuation: continuation))
        }
    }

    private func enqueue(_ pending: Pending) {
        enum Next { case start, wait, refuse, end }
        let next = state.withLock { state -> Next in
            guard !state.isClosed else { return .end }
            guard state.queue.count < limits.queue else { return .refuse }
            state.queue.append(pending)
            guard state.running < limits.orderBatches else { return .wait }
            state.running += 1
            return .start
        }
        switch next {
        case .start: Task { await self.drain() }
        case .wait: break
        case .end:
            pending.continuation.resume(
                throwing: Refusal.unavailable("the server is ending", retryAfterMilliseconds: 250))
        case .refuse: pending.continuation.resume(throwing: Refusal.exhausted("too many orders are waiting"))
        }
    }

    /// Works batch after batch until nothing waits.
    private func drain() async {
        while true {
            let batch = state.withLock { state -> [Pending]? in
                let batch = state.nextBatch(limit: limits.batch)
                // What is left waits for orders in work; whoever works on them comes back for it.
                if batch.isEmpty { state.running -= 1 }
                return batch.isEmpty ? nil : batch
            }
            guard let batch else { return }
            defer { release(batch) }
            let now = NIODeadline.now()
            for pending in batch where pending.deadline <= now {
                pending.continuation.resume(throwing: Refusal.deadlineExceeded)
            }
            let live = batch.filter { $0.deadline > now }
            guard !live.isEmpty else { continue }
            admission.metrics.orderBatch.record(live.count)
            await OrderBatch(placer: self, pending: live).run()
        }
    }

    private func release(_ batch: [Pending]) {
        state.withLock { state in
            for pending in batch { state.inWork.remove(pending.request.id) }
        }
    }

    /// Refuses what waits, and everything from now on: the server ends.
    func close() {
        let refused = state.withLock { state in
            state.isClosed = true
            defer { state.queue = [] }
            return state.queue
        }
        for pending in refused {
            pending.continuation.resume(
                throwing: Refusal.unavailable("the server is ending", retryAfterMilliseconds: 250))
        }
    }

    /// Most times that an order is tried again before its caller is asked to retry.
    static let attempts = 6

    /// Tries an order again, or tells its caller to.
    func again(_ pending: Pending, because refusal: Refusal, alone: Bool = false) {
        guard pending.attempt + 1 < OrderPlacer.attempts else {
            pending.continuation.resume(throwing: refusal)
            return
        }
        var pending = pending
        pending.attempt += 1
        pending.isAlone = pending.isAlone || alone
        enqueue(pending)
    }

    /// Asks for an order's stock again, by another plan of what waits.
    func anew(_ pending: Pending) {
        enqueue(pending)
    }

    /// Most attempts of one order that may lie buried when it is placed.
    static let burials = 100

    /// Takes for an order again, under its next attempt: the one before was buried.
    func pastBurial(_ pending: Pending) {
        guard pending.burials < OrderPlacer.burials else {
            pending.continuation.resume(
                throwing: Refusal.unavailable(
                    "earlier attempts of this order are being cleared", retryAfterMilliseconds: 100))
            return
        }
        var pending = pending
        pending.burials += 1
        enqueue(pending)
    }

    /// Sets an order aside until something about the vshards changes.
    func wait(_ pending: Pending, since view: Admission.View) {
        admission.whenChanged(since: view) { self.enqueue(pending) }
    }
}

extension OrderPlacer.State {
    /// Takes the next orders off the queue, in its order: each id once, none that is in work.
    fileprivate mutating func nextBatch(limit: Int) -> [OrderPlacer.Pending] {
        var batch: [OrderPlacer.Pending] = []
        var left: [OrderPlacer.Pending] = []
        var isClosed = false
        for pending in queue {
            if isClosed || batch.count == limit || inWork.contains(pending.request.id)
                || (pending.isAlone && !batch.isEmpty)
            {
                left.append(pending)
            } else {
                inWork.insert(pending.request.id)
                batch.append(pending)
                isClosed = pending.isAlone
            }
        }
        queue = left
        return batch
    }
}
