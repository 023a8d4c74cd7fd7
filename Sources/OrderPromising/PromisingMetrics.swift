public import CoreMetrics
public import Domain

/// What order promising counts; handles are made once and shared by all its parts.
public struct PromisingMetrics: Sendable {
    /// Requests of one batch.
    let reservationBatch: Recorder
    let releaseBatch: Recorder
    let orderBatch: Recorder
    /// Figures that the near-cache had, and those that Redis was asked for.
    let cacheHits: Counter
    let cacheMisses: Counter
    /// Takes in Redis by what became of them.
    let taken: Counter
    let short: Counter
    let unknownCell: Counter
    let differentRequest: Counter
    let closed: Counter
    /// Settles on their way to Redis, and how they ended.
    let settlesInFlight: Meter
    let settled: Counter
    let settlesLost: Counter
    /// How long after its time a reservation was ended.
    let expiryLag: Timer
    let expired: Counter
    let sweepsFailed: Counter
    /// Rebuilds of Redis.
    let rebuilt: Counter
    let rebuiltByOthers: Counter
    let rebuildsFailed: Counter
    let rebuildTime: Timer
    let rebuildVShards: Meter
    let rebuildCells: Meter
    let rebuildHolds: Meter
    let epochRaises: Counter
    /// Times that PostgreSQL began to decide alone.
    let ledgerModes: Counter
    /// Repairs, checks and retention.
    let repair: RepairMetrics
    /// Subscriptions to events.
    let events: EventMetrics
    /// Whether this server's Redis is refused, and how many others the deployment's servers use besides it.
    let redisRefused: Meter
    let rivalRedis: Meter
    /// Calls that were refused, by reason.
    private let refusals: [RefusalReason: Counter]

    private enum RefusalReason: String, CaseIterable {
        case invalid, notFound = "not_found", idReused = "id_reused", externalIDTaken = "external_id_taken"
        case shortage, wrongState = "wrong_state", unavailable, outcomeUnknown = "outcome_unknown", exhausted
        case deadlineExceeded = "deadline_exceeded", outOfRange = "out_of_range", permission, failed = "internal"
    }

    /// Makes the handles.
    public init(factory: any MetricsFactory) {
        func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
            Counter(label: label, dimensions: dimensions, factory: factory)
        }
        func batch(_ kind: String) -> Recorder {
            Recorder(
                label: "holdfast_batch_size", dimensions: [("kind", kind)], aggregate: true, factory: factory)
        }
        func meter(_ label: String) -> Meter { Meter(label: label, factory: factory) }
        func timer(_ label: String) -> Timer { Timer(label: label, dimensions: [], factory: factory) }
        reservationBatch = batch("reservation")
        releaseBatch = batch("release")
        orderBatch = batch("order")
        cacheHits = counter("holdfast_near_cache_lookups_total", [("outcome", "hit")])
        cacheMisses = counter("holdfast_near_cache_lookups_total", [("outcome", "miss")])
        taken = counter("holdfast_takes_total", [("outcome", "taken")])
        short = counter("holdfast_takes_total", [("outcome", "short")])
        unknownCell = counter("holdfast_takes_total", [("outcome", "unknown_cell")])
        differentRequest = counter("holdfast_takes_total", [("outcome", "different_request")])
        closed = counter("holdfast_takes_total", [("outcome", "closed")])
        settlesInFlight = meter("holdfast_settles_in_flight")
        settled = counter("holdfast_settles_total", [("outcome", "done")])
        settlesLost = counter("holdfast_settles_total", [("outcome", "lost")])
        expiryLag = timer("holdfast_expiry_lag_seconds")
        expired = counter("holdfast_reservations_expired_total")
        sweepsFailed = counter("holdfast_expiry_sweep_failures_total")
        rebuilt = counter("holdfast_rebuilds_total", [("outcome", "loaded")])
        rebuiltByOthers = counter("holdfast_rebuilds_total", [("outcome", "loaded_by_another")])
        rebuildsFailed = counter("holdfast_rebuilds_total", [("outcome", "failed")])
        rebuildTime = timer("holdfast_rebuild_duration_seconds")
        rebuildVShards = meter("holdfast_rebuild_vshards_loaded")
        rebuildCells = meter("holdfast_rebuild_cells_loaded")
        rebuildHolds = meter("holdfast_rebuild_holds_loaded")
        epochRaises = counter("holdfast_epoch_raises_total")
        ledgerModes = counter("holdfast_ledger_mode_switches_total")
        repair = RepairMetrics(factory: factory)
        events = EventMetrics(factory: factory)
        redisRefused = meter("holdfast_redis_refused")
        rivalRedis = meter("holdfast_redis_rivals")
        refusals = Dictionary(
            uniqueKeysWithValues: RefusalReason.allCases.map { reason in
                (reason, counter("holdfast_refusals_total", [("reason", reason.rawValue)]))
            })
    }

    /// Counts nothing.
    public static let off = PromisingMetrics(factory: NOOPMetricsHandler.instance)

    /// Counts a call that was refused.
    public func refused(_ refusal: Refusal) {
        let reason: RefusalReason =
            switch refusal {
            case .invalid: .invalid
            case .notFound: .notFound
            case .differentBody: .idReused
            case .externalIDTaken: .externalIDTaken
            case .shortage: .shortage
            case .wrongState, .eventNotKnown: .wrongState
            case .unavailable: .unavailable
            case .outcomeUnknown: .outcomeUnknown
            case .exhausted: .exhausted
            case .deadlineExceeded: .deadlineExceeded
            case .outOfRange: .outOfRange
            case .outOfScope, .roleMissing, .eventNotGranted, .wrongCode: .permission
            }
        refusals[reason]?.increment()
    }

    /// Counts a call that failed in a way that nobody foresaw.
    public func failed() {
        refusals[.failed]?.increment()
    }

    /// Counts the takes of one round.
    func count(_ results: [TakeResult]) {
        for result in results {
            switch result {
            case .taken: taken.increment()
            case .short: short.increment()
            case .unknownCells: unknownCell.increment()
            case .differentRequest: differentRequest.increment()
            case .closed: closed.increment()
            }
        }
    }
}
