import CoreMetrics
import Domain
import HotStock
import Ledger
import Logging
import NIOCore

/// Bounds of batching.
public struct BatchingLimits: Sendable {
    /// Most requests of one batch.
    ///
    /// Default 128.
    public var batch = 128
    /// Most reservation batches in flight per event loop.
    ///
    /// Default 3.
    public var reservationBatches = 3
    /// Most order batches in flight.
    ///
    /// Default 2.
    public var orderBatches = 2
    /// Most requests waiting per event loop, and of orders in all.
    ///
    /// Default 20,000.
    public var queue = 20_000

    /// The defaults.
    public init() {}
}

/// Reserves on one event loop: everything that waits on a tick shares its calls and one statement.
///
/// A request is sent at once while fewer than the bound of batches are in flight; while they are, requests gather, so
/// batches grow with the load by themselves. A request passes: take in Redis → journal in PostgreSQL → answer. A crash
/// between the steps leaves Redis too low until a rebuild or a retry with the same id, never a promise unkept.
final class ReservationBatcher: @unchecked Sendable {  // every access is on `loop`, checked at each entry
    struct Pending: Sendable {
        var request: ReservationRequest
        var channel: Int32
        var demand: ResolvedDemand
        var fingerprint: UInt64
        var deadline: NIODeadline
        var attempt: Int
        var promise: EventLoopPromise<Reservation>
    }

    let loop: any EventLoop
    let ledger: Ledger
    let directory: StockDirectory
    let follower: DirectoryFollower
    let admission: Admission
    let settler: Settler
    let reader: AvailabilityReader
    let round: TakeRound
    let limits: BatchingLimits
    let logger: Logger
    private var queue: [Pending] = []
    private var inFlight = 0
    private var scheduled = false
    /// Requests whose vshards are being loaded.
    private var parked: [Pending] = []
    private var isClosed = false
    private var nonces = SystemRandomNumberGenerator()

    init(
        loop: any EventLoop, ledger: Ledger, hotStock: HotStock, directory: StockDirectory,
        follower: DirectoryFollower, admission: Admission, settler: Settler, reader: AvailabilityReader,
        limits: BatchingLimits, logger: Logger
    ) {
        self.loop = loop
        self.ledger = ledger
        self.directory = directory
        self.follower = follower
        self.admission = admission
        self.settler = settler
        self.reader = reader
        round = TakeRound(hotStock: hotStock, admission: admission)
        self.limits = limits
        self.logger = logger
    }

    /// Reserves.
    ///
    /// Fails with ``ResolutionFailure`` for what the directory does not know, with `Refusal` otherwise.
    func reserve(_ request: ReservationRequest, deadline: NIODeadline) -> EventLoopFuture<Reservation> {
        loop.preconditionInEventLoop()
        let demand: ResolvedDemand
        do {
            demand = try directory.resolve(
                request.demands, path: "lines", within: request.caller.scope.locations)
        } catch {
            return loop.makeFailedFuture(error)
        }
        guard let channel = directory.look({ $0.channel(request.channel)?.id }) else {
            return loop.makeFailedFuture(
                ResolutionFailure.unknown([FieldViolation("channel", "no channel has this code")]))
        }
        guard queue.count + parked.count < limits.queue else {
            return loop.makeFailedFuture(Refusal.exhausted("too many reservations are waiting"))
        }
        let promise = loop.makePromise(of: Reservation.self)
        enqueue(
            Pending(
                request: request, channel: channel, demand: demand, fingerprint: FNV1a.hash(request.body),
                deadline: deadline, attempt: 0, promise: promise))
        return promise.futureResult
    }

    /// Refuses what waits, and everything from now on: the server ends.
    func close() {
        loop.preconditionInEventLoop()
        isClosed = true
        refuseAll(Refusal.unavailable("the server is ending", retryAfterMilliseconds: 250))
    }

    private func refuseAll(_ refusal: Refusal) {
        let refused = parked + queue
        parked = []
        queue = []
        for pending in refused { pending.promise.fail(refusal) }
    }

    func enqueue(_ pending: Pending) {
        guard !isClosed else {
            return pending.promise.fail(Refusal.unavailable("the server is ending", retryAfterMilliseconds: 250))
        }
        queue.append(pending)
        schedule()
    }

    /// Most times that a request is taken again before its caller is asked to retry.
    static let attempts = 4

    /// Tries a request again, or tells its caller to.
    func again(_ pending: Pending, because refusal: Refusal) {
        guard pending.attempt + 1 < ReservationBatcher.attempts else {
            pending.promise.fail(refusal)
            return
        }
        var pending = pending
        pending.attempt += 1
        enqueue(pending)
    }

    private func schedule() {
        guard !scheduled, inFlight < limits.reservationBatches, !queue.isEmpty else { return }
        scheduled = true
        loop.execute { self.flush() }
    }

    /// Sets a request aside until something about the vshards changes.
    private func park(_ pending: Pending, since view: Admission.View) {
        parked.append(pending)
        guard parked.count == 1 else { return }
        admission.whenChanged(since: view) { [loop] in
            loop.execute {
                self.queue.insert(contentsOf: self.parked, at: 0)
                self.parked = []
                self.schedule()
            }
        }
    }

    private func flush() {
        scheduled = false
        let view = admission.view
        let now = NIODeadline.now()
        var batch: [Pending] = []
        var ids: Set<EntityID> = []
        var twins: [Pending] = []
        var taken = 0
        for pending in queue {
            if batch.count == limits.batch { break }
            taken += 1
            if pending.deadline <= now {
                pending.promise.fail(Refusal.deadlineExceeded)
                continue
            }
            switch view.phase(of: pending.demand.parts.lazy.map(\.vshard)) {
            case .open: break
            case .rebuilding:
                park(pending, since: view)
                continue
            case .closed:
                pending.promise.fail(
                    Refusal.unavailable("stock admission is being restored", retryAfterMilliseconds: 250))
                continue
            }
            if ids.insert(pending.request.id).inserted {
                batch.append(pending)
            } else {
                // One request of an id at a time: the next batch finds what became of the first.
                twins.append(pending)
            }
        }
        queue.replaceSubrange(..<taken, with: twins)
        guard !batch.isEmpty else { return schedule() }
        inFlight += 1
        admission.metrics.reservationBatch.record(batch.count)
        let jobs = batch.map { pending in
            TakeJob(
                key: HoldKey(.reservation, pending.request.id), nonce: nonces.next(), force: false,
                fingerprint: pending.fingerprint, demand: pending.demand)
        }
        let running = ReservationBatch(batcher: self, pending: batch, jobs: jobs)
        running.run().whenComplete { _ in
            self.inFlight -= 1
            self.schedule()
        }
        schedule()
    }
}
