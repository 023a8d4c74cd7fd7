import CoreMetrics
import OrderPromising
import PostgresClient
import RedisClient

/// What the stores and order promising are at one moment, looked at before each exposition.
struct StoreMetrics: Sendable {
    private let promising: OrderPromising
    private let redis: RedisClient
    private let pool: PostgresPool
    private let readiness: Readiness
    private let poolTarget: Int

    private let admission: [(state: PromisingStatus.Admission, meter: Meter)]
    private let openVShards: Meter
    private let ledgerVShards: Meter
    private let vshards: Meter
    private let cells: Meter
    private let postgresUp: Meter
    private let poolSize: Meter
    private let poolConnected: Meter
    private let poolInUse: Meter
    private let poolWaiting: Meter
    private let redisUp: Meter
    private let redisLinks: Meter
    private let redisConnected: Meter
    private let ready: Meter
    private let draining: Meter

    init(
        promising: OrderPromising, redis: RedisClient, pool: PostgresPool, poolTarget: Int, readiness: Readiness,
        factory: any MetricsFactory
    ) {
        func meter(_ label: String) -> Meter { Meter(label: label, factory: factory) }
        self.promising = promising
        self.redis = redis
        self.pool = pool
        self.poolTarget = poolTarget
        self.readiness = readiness
        admission = PromisingStatus.Admission.allCases.map { state in
            let meter = Meter(
                label: "holdfast_admission_state", dimensions: [("state", state.rawValue)], factory: factory)
            return (state, meter)
        }
        openVShards = meter("holdfast_vshards_open")
        ledgerVShards = meter("holdfast_vshards_in_ledger_mode")
        vshards = meter("holdfast_vshards")
        cells = meter("holdfast_cells")
        postgresUp = meter("holdfast_postgres_up")
        poolSize = meter("holdfast_postgres_pool_size")
        poolConnected = meter("holdfast_postgres_pool_connected")
        poolInUse = meter("holdfast_postgres_pool_in_use")
        poolWaiting = meter("holdfast_postgres_pool_waiting")
        redisUp = meter("holdfast_redis_up")
        redisLinks = meter("holdfast_redis_links")
        redisConnected = meter("holdfast_redis_links_connected")
        ready = meter("holdfast_ready")
        draining = meter("holdfast_draining")
    }

    /// Brings the figures up to date.
    func collect() {
        let status = promising.status
        for (state, meter) in admission { meter.set(state == status.admission ? 1 : 0) }
        openVShards.set(status.openVShards)
        ledgerVShards.set(status.ledgerVShards)
        vshards.set(status.vshards)
        cells.set(status.cells)
        let connections = pool.status
        poolSize.set(poolTarget)
        poolConnected.set(connections.connected)
        poolInUse.set(connections.busy)
        poolWaiting.set(connections.waiting)
        let connected = redis.links.count { $0.isConnected }
        redisLinks.set(redis.links.count)
        redisConnected.set(connected)
        redisUp.set(connected == redis.links.count ? 1 : 0)
        let report = readiness.report()
        postgresUp.set(report.postgres == nil ? 1 : 0)
        ready.set(report.isReady ? 1 : 0)
        draining.set(report.isDraining ? 1 : 0)
    }
}
