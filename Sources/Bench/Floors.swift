import Domain
import HotStock
import Logging
import NIOCore
import NIOPosix
import PostgresClient
import RedisClient

/// What the service stands on, driven directly: the same work on the same private servers without the service.
struct Floors: Sendable {
    let redis: RedisClient
    let pool: PostgresPool
    let hotStock: [HotStock]
    let loops: [any EventLoop]
    let skus: Int

    private static let vshard = VShard(0)
    private static let epoch: Int64 = 1

    static func prepare(_ target: BenchTarget, options: BenchOptions, group: MultiThreadedEventLoopGroup) async throws
        -> Floors
    {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: target.redisURL), eventLoopGroup: group, logger: logger)
        redis.start()
        try await redis.waitUntilConnected()
        var postgres = PostgresConfiguration(connectionString: target.postgres)
        postgres.connectionCount = 8
        postgres.maximumWaiting = 100_000
        let pool = PostgresPool(configuration: postgres, logger: logger)
        let keys = HotStockKeys(prefix: "bench:", vshards: 1)
        let hotStock = redis.links.map { HotStock(link: $0, keys: keys) }
        guard let first = hotStock.first else { throw BenchError.noConnection }
        try await first.ensureFunctions().get()
        try await first.beginLoad(vshard, epoch: epoch).get()
        let bases = (1...options.skus).map { CellBase(cell: CellID(Int64($0)), version: 1, base: 1_000_000_000_000) }
        try await first.load(vshard, epoch: epoch, bases: bases, holds: []).get()
        try await first.arm(vshard, epoch: epoch).get()
        let count = options.skus
        try await pool.withConnection { connection in
            try connection.executeScript(
                """
                DROP SCHEMA IF EXISTS holdfast_bench CASCADE;
                CREATE SCHEMA holdfast_bench;
                CREATE TABLE holdfast_bench.cell (id bigint PRIMARY KEY, on_hand bigint NOT NULL,
                    taken bigint NOT NULL DEFAULT 0, ver bigint NOT NULL DEFAULT 1) WITH (fillfactor = 70);
                INSERT INTO holdfast_bench.cell (id, on_hand) SELECT n, 1000000000000 FROM generate_series(1, \(count)) n;
                CREATE TABLE holdfast_bench.hold (id uuid PRIMARY KEY, cell bigint NOT NULL, quantity bigint NOT NULL,
                    expires_at timestamptz NOT NULL);
                CREATE TABLE holdfast_bench.orders (id uuid PRIMARY KEY, number text NOT NULL UNIQUE,
                    total bigint NOT NULL, placed_at timestamptz NOT NULL DEFAULT now());
                CREATE TABLE holdfast_bench.line (order_id uuid, number smallint, cell bigint, quantity bigint,
                    amount bigint, status smallint, PRIMARY KEY (order_id, number));
                CREATE TABLE holdfast_bench.event (order_id uuid, sequence integer, kind smallint,
                    at timestamptz DEFAULT now(), PRIMARY KEY (order_id, sequence));
                CREATE TABLE holdfast_bench.movement (sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    cell bigint, delta bigint, cause uuid, at timestamptz DEFAULT now());
                CREATE TABLE holdfast_bench.outbox (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    topic text, subject uuid);
                """)
        }
        return Floors(
            redis: redis, pool: pool, hotStock: hotStock, loops: hotStock.map(\.link.eventLoop), skus: options.skus)
    }

    /// Clears what `prepare` made.
    func close() async throws {
        for key in ["m", "a", "b", "h"] { _ = try await redis.send(RedisCommand("UNLINK", "{bench:v0000}:\(key)")) }
        try await pool.withConnection { try $0.executeScript("DROP SCHEMA IF EXISTS holdfast_bench CASCADE") }
        await redis.shutdown()
        await pool.shutdown()
    }

    private func slots(_ options: BenchOptions) -> [any EventLoop] {
        (0..<options.connections * options.depth).map { loops[$0 % loops.count] }
    }

    /// `HMGET` of one figure, pipelined.
    func hmget(_ options: BenchOptions) -> Workload {
        Workload(name: "raw HMGET", loops: slots(options)) { slot in
            hotStock[slot % hotStock.count].read(Floors.vshard, [CellID(Int64.random(in: 1...Int64(skus)))]).map { _ in
            }
        }
    }

    /// One reservation a call of the function library, pipelined; nothing durable.
    func take(_ options: BenchOptions) -> Workload {
        Workload(name: "raw take (not durable)", loops: slots(options)) { slot in
            var generator = SystemRandomNumberGenerator()
            let id = EntityID.random(using: &generator)
            let line = SupplyLine(
                index: 0, quantity: 1, split: false, groups: [[CellID(Int64.random(in: 1...Int64(skus)))]])
            let request = TakeRequest(
                key: HoldKey(.reservation, id), nonce: id.low, force: false, fingerprint: id.high, lines: [line])
            return hotStock[slot % hotStock.count].take(Floors.vshard, epoch: Floors.epoch, [request]).map { _ in }
        }
    }

    private static let reserveStatement = PostgresStatement(
        "bench_reserve",
        """
        WITH u AS (UPDATE holdfast_bench.cell SET taken = taken + 1, ver = ver + 1
            WHERE id = $1::int8 AND on_hand - taken >= 1 RETURNING id)
        INSERT INTO holdfast_bench.hold SELECT $2::uuid, id, 1, now() + interval '15 minutes' FROM u
        """)

    /// One guarded statement a reservation.
    func guardedReserve(_ options: BenchOptions) -> Workload {
        statement("raw guarded reserve in PostgreSQL", Floors.reserveStatement, options) { id in
            [.int64(Int64.random(in: 1...Int64(skus))), .uuid(id)]
        }
    }

    private static let orderStatement = PostgresStatement(
        "bench_order",
        """
        WITH u AS (UPDATE holdfast_bench.cell SET taken = taken + 1, ver = ver + 1
            WHERE id = $1::int8 AND on_hand - taken >= 1 RETURNING id),
        o AS (INSERT INTO holdfast_bench.orders (id, number, total) SELECT $2::uuid, $2::uuid::text, 100 FROM u),
        l AS (INSERT INTO holdfast_bench.line SELECT $2::uuid, 1, id, 1, 100, 1 FROM u),
        e AS (INSERT INTO holdfast_bench.event (order_id, sequence, kind) SELECT $2::uuid, 1, 1 FROM u),
        m AS (INSERT INTO holdfast_bench.movement (cell, delta, cause) SELECT id, -1, $2::uuid FROM u)
        INSERT INTO holdfast_bench.outbox (topic, subject) SELECT 'order.placed', $2::uuid FROM u
        """)

    /// One guarded statement an order, with the rows an order needs at least.
    func guardedOrder(_ options: BenchOptions) -> Workload {
        statement("raw guarded order in PostgreSQL", Floors.orderStatement, options) { id in
            [.int64(Int64.random(in: 1...Int64(skus))), .uuid(id)]
        }
    }

    private func statement(
        _ name: String, _ statement: PostgresStatement, _ options: BenchOptions,
        _ values: @escaping @Sendable (PostgresUUID) -> [PostgresValue]
    ) -> Workload {
        Workload(name: name, loops: slots(options)) { slot in
            pool.submit(on: loops[slot % loops.count]) { connection in
                var generator = SystemRandomNumberGenerator()
                let id = PostgresUUID(high: generator.next(), low: generator.next())
                _ = try connection.execute(statement, values(id))
            }
        }
    }
}
