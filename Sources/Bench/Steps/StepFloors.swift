import Domain
import Logging
import NIOCore
import PostgresClient

/// Each step as one statement in PostgreSQL, which is one transaction.
///
/// It writes the rows that the service writes for the step, and nothing else: no questions are asked, no bodies are compared,
/// nobody is told.
struct StepFloors: Sendable {
    let pool: PostgresPool
    private let skus: Int

    /// One order of a round.
    struct Order: Sendable {
        let order = PostgresUUID.random()
        let fulfilment = PostgresUUID.random()
        let returned = PostgresUUID.random()
    }

    static func prepare(_ target: BenchTarget, options: StepsOptions) async throws -> StepFloors {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        var postgres = PostgresConfiguration(connectionString: target.postgres)
        postgres.connectionCount = 8
        postgres.maximumWaiting = 100_000
        let pool = PostgresPool(configuration: postgres, logger: logger)
        let count = options.skus
        try await pool.withConnection { connection in
            try connection.executeScript(
                tables + """
                    INSERT INTO bench_steps.cell (id, on_hand) SELECT n, 1000000000000 FROM generate_series(1, \(count)) n;
                    """)
        }
        return StepFloors(pool: pool, skus: count)
    }

    /// Clears what `prepare` made.
    func close() async throws {
        try await pool.withConnection { try $0.executeScript("DROP SCHEMA IF EXISTS bench_steps CASCADE") }
        await pool.shutdown()
    }

    /// Makes a step of an order.
    ///
    /// - Parameters:
    ///   - step: the step.
    ///   - order: the order.
    ///   - sizes: bytes of the request and of the reply that are kept with it.
    ///   - loop: where the future completes.
    /// - Returns: done, or why not.
    func make(
        _ step: OrderStep, of order: Order, sizes: (request: Int, reply: Int), on loop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let cell = Int64.random(in: 1...Int64(skus))
        return pool.submit(on: loop) { connection in
            _ = try connection.execute(
                StepFloors.statement(step),
                [
                    .uuid(order.order), .uuid(step == .place ? order.order : .random()), .int64(cell),
                    .bytes([UInt8](repeating: 1, count: sizes.request)),
                    .bytes([UInt8](repeating: 2, count: sizes.reply)), .uuid(order.fulfilment), .uuid(order.returned),
                ]
            ).single
        }
    }

    // MARK: - What stands beside the service

    private static let waiting = PostgresStatement(
        "bench_steps_waiting", "SELECT count(*) FROM order_money WHERE due_at < 'infinity'", access: .readOnly)
    private static let logged = PostgresStatement(
        "bench_steps_logged", "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::int8", access: .readOnly)

    /// Orders of the service whose payments it has still to look at by itself.
    func ordersDue() async throws -> Int64 {
        try await pool.withConnection { try $0.execute(StepFloors.waiting).single.int64(0) }
    }

    /// Bytes that PostgreSQL has logged since it was made.
    func bytesLogged() async throws -> Int64 {
        try await pool.withConnection { try $0.execute(StepFloors.logged).single.int64(0) }
    }

    // MARK: - Statements

    private static let tables = """
        DROP SCHEMA IF EXISTS bench_steps CASCADE;
        CREATE SCHEMA bench_steps;
        SET search_path = bench_steps;
        CREATE TABLE cell (id bigint PRIMARY KEY, on_hand bigint NOT NULL, allocated bigint NOT NULL DEFAULT 0,
            ver bigint NOT NULL DEFAULT 1) WITH (fillfactor = 70);
        CREATE TABLE orders (id uuid PRIMARY KEY, number text NOT NULL UNIQUE, request bytea NOT NULL, cell bigint NOT NULL,
            total bigint NOT NULL, placed_at timestamptz NOT NULL DEFAULT now(), events integer NOT NULL DEFAULT 1)
            WITH (fillfactor = 90);
        CREATE INDEX ON orders (placed_at, id);
        CREATE TABLE line (order_id uuid, number smallint, cell bigint, quantity bigint, amount bigint,
            PRIMARY KEY (order_id, number));
        CREATE TABLE units (order_id uuid, line smallint, status smallint, quantity bigint,
            PRIMARY KEY (order_id, line, status)) WITH (fillfactor = 90);
        CREATE TABLE allocation (order_id uuid, line smallint, cell bigint, quantity bigint, open bigint, released bigint,
            delivered bigint, PRIMARY KEY (order_id, line, cell)) WITH (fillfactor = 90);
        CREATE TABLE hold (id uuid, kind smallint, state smallint, cells bigint[], quantities bigint[], order_id uuid,
            created_at timestamptz DEFAULT now(), PRIMARY KEY (id, kind));
        CREATE INDEX ON hold (created_at);
        CREATE TABLE movement (sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind smallint, cell bigint,
            on_hand bigint, allocated bigint, cause uuid, reason text, at timestamptz DEFAULT now());
        CREATE INDEX ON movement (cell, sequence);
        CREATE INDEX ON movement (cause, sequence);
        CREATE TABLE event (order_id uuid, sequence integer, kind smallint, cause uuid, at timestamptz DEFAULT now(),
            PRIMARY KEY (order_id, sequence));
        CREATE TABLE advance (order_id uuid, sequence integer, status smallint, reason text, amount bigint, thing smallint,
            thing_id uuid, before smallint, after smallint, lines smallint[], befores smallint[], afters smallint[],
            quantities bigint[], amounts bigint[], locations text[], names text[], details text[],
            PRIMARY KEY (order_id, sequence));
        CREATE TABLE outbox (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, xid xid8 DEFAULT pg_current_xact_id(),
            topic text, subject uuid, sequence integer, cause uuid, at timestamptz DEFAULT now());
        CREATE INDEX ON outbox (xid, seq);
        CREATE TABLE once (id uuid, kind smallint, request bytea, reply bytea, caller text, subject uuid,
            at timestamptz DEFAULT now(), PRIMARY KEY (id, kind));
        CREATE INDEX ON once (at);
        CREATE INDEX ON once (subject);
        CREATE TABLE money (order_id uuid, line smallint, earned bigint, earned_units bigint, refund_due bigint,
            refund_units bigint, PRIMARY KEY (order_id, line)) WITH (fillfactor = 90);
        CREATE TABLE fulfilment (id uuid PRIMARY KEY, order_id uuid, number integer, kind smallint, state smallint,
            location integer, carrier text DEFAULT '', released_at timestamptz DEFAULT now(), shipped_at timestamptz,
            delivered_at timestamptz, UNIQUE (order_id, number)) WITH (fillfactor = 80);
        CREATE INDEX ON fulfilment (location, released_at, id);
        CREATE INDEX ON fulfilment (released_at, id);
        CREATE INDEX ON fulfilment (location, kind, state, released_at, id);
        CREATE TABLE part (fulfilment_id uuid, line smallint, cell bigint, quantity bigint, open bigint,
            PRIMARY KEY (fulfilment_id, line, cell));
        CREATE TABLE package (fulfilment_id uuid, number smallint, grams bigint, lines smallint[], quantities bigint[],
            tracking text, PRIMARY KEY (fulfilment_id, number));
        CREATE TABLE tracking (order_id uuid PRIMARY KEY, token uuid UNIQUE DEFAULT gen_random_uuid());
        CREATE TABLE account (order_id uuid PRIMARY KEY, owed bigint, earned bigint, held bigint, taken bigint,
            given_back bigint, due_at timestamptz) WITH (fillfactor = 70);
        CREATE TABLE tender (order_id uuid, number smallint, id uuid UNIQUE, kind smallint, amount bigint, state smallint,
            label text, PRIMARY KEY (order_id, number));
        CREATE TABLE attempt (id uuid PRIMARY KEY, order_id uuid, tender smallint, action smallint, amount bigint,
            state smallint, cause uuid, made_at timestamptz DEFAULT now(), ended_at timestamptz DEFAULT now());
        CREATE INDEX ON attempt (order_id, made_at, id);
        CREATE TABLE counter (kind smallint PRIMARY KEY, last bigint) WITH (fillfactor = 50);
        INSERT INTO counter VALUES (3, 0);
        CREATE TABLE document (kind smallint, number bigint, id uuid UNIQUE, order_id uuid, cause uuid, total bigint,
            text text, json text, at timestamptz DEFAULT now(), PRIMARY KEY (kind, number));
        CREATE INDEX ON document (order_id, at);
        CREATE INDEX ON document (at, id);
        CREATE TABLE returned (id uuid PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY UNIQUE, order_id uuid,
            state smallint, method smallint, fee bigint, refund bigint, settlement smallint, events integer,
            created_at timestamptz DEFAULT now()) WITH (fillfactor = 90);
        CREATE INDEX ON returned (order_id);
        CREATE INDEX ON returned (created_at, id);
        CREATE TABLE return_line (return_id uuid, line smallint, order_id uuid, order_line smallint, quantity bigint,
            received bigint, value bigint, refund bigint, PRIMARY KEY (return_id, line)) WITH (fillfactor = 90);
        CREATE INDEX ON return_line (order_id, order_line);
        CREATE TABLE return_event (return_id uuid, sequence integer, event smallint, state smallint, cause uuid, caller text,
            at timestamptz DEFAULT now(), PRIMARY KEY (return_id, sequence));
        CREATE TABLE receipt (return_id uuid, number integer, line smallint, location integer, quantity bigint, cause uuid,
            at timestamptz DEFAULT now(), PRIMARY KEY (return_id, number));
        CREATE TABLE inspection (return_id uuid, number integer, line smallint, quantity bigint, condition smallint,
            disposition smallint, value bigint, refund bigint, note text, cause uuid, at timestamptz DEFAULT now(),
            PRIMARY KEY (return_id, number));
        RESET search_path;

        """

    private static let statements: [OrderStep: PostgresStatement] = Dictionary(
        uniqueKeysWithValues: OrderStep.allCases.map { ($0, made($0)) })

    private static func statement(_ step: OrderStep) -> PostgresStatement { statements[step] ?? made(step) }

    private static func made(_ step: OrderStep) -> PostgresStatement {
        let name = "bench_step_" + step.rawValue.replacing("-", with: "_")
        if step == .place { return PostgresStatement(name, placing) }
        return PostgresStatement(
            name,
            """
            WITH \(writes(step)),
            o AS (UPDATE bench_steps.orders SET events = events + \(events(step)) WHERE id = $1::uuid RETURNING events, cell),
            n AS (SELECT o.events - s AS sequence FROM o, generate_series(0, \(events(step)) - 1) s),
            e AS (INSERT INTO bench_steps.event (order_id, sequence, kind, cause)
                SELECT $1::uuid, n.sequence, 40, $2::uuid FROM n),
            a AS (INSERT INTO bench_steps.advance SELECT $1::uuid, n.sequence, 1, '', 100, 1, $6::uuid, 1, 2, '{1}', '{1}',
                '{5}', '{1}', '{100}', '{BENCH}', '{fulfilment,location}', '{1,BENCH}' FROM n),
            b AS (INSERT INTO bench_steps.outbox (topic, subject, sequence, cause)
                SELECT 'order.advanced', $1::uuid, n.sequence, $2::uuid FROM n)
            INSERT INTO bench_steps.once (id, kind, request, reply, caller, subject)
                SELECT $2::uuid, 40, $4::bytea, $5::bytea, 'bench', $1::uuid FROM o, w WHERE $7::uuid IS NOT NULL RETURNING $3::int8
            """)
    }

    private static let placing = """
        WITH u AS (UPDATE bench_steps.cell SET allocated = allocated + 1, ver = ver + 1
            WHERE id = $3::int8 AND on_hand - allocated >= 1 RETURNING id),
        o AS (INSERT INTO bench_steps.orders (id, number, request, cell, total)
            SELECT $1::uuid, $1::uuid::text, $4::bytea, id, 100 FROM u),
        l AS (INSERT INTO bench_steps.line SELECT $1::uuid, 1, id, 1, 100 FROM u),
        q AS (INSERT INTO bench_steps.units SELECT $1::uuid, 1, 1, 1 FROM u),
        a AS (INSERT INTO bench_steps.allocation SELECT $1::uuid, 1, id, 1, 1, 0, 0 FROM u),
        h AS (INSERT INTO bench_steps.hold SELECT $1::uuid, 2, 2, ARRAY[id], '{1}', $1::uuid FROM u),
        m AS (INSERT INTO bench_steps.movement (kind, cell, on_hand, allocated, cause, reason)
            SELECT 7, id, 0, 1, $1::uuid, '' FROM u),
        e AS (INSERT INTO bench_steps.event (order_id, sequence, kind, cause) SELECT $1::uuid, 1, 1, $2::uuid FROM u)
        INSERT INTO bench_steps.outbox (topic, subject, sequence, cause) SELECT 'order.placed', $1::uuid, 1, $2::uuid FROM u
            WHERE $5::bytea IS NOT NULL AND $6::uuid IS NOT NULL AND $7::uuid IS NOT NULL RETURNING 1
        """

    /// Events of the order that a step tells.
    private static func events(_ step: OrderStep) -> Int {
        switch step {
        case .pay, .createReturn, .inspectReturn, .refund: 2
        default: 1
        }
    }

    private static func moving(from: Int, to: Int) -> String {
        """
        q AS (INSERT INTO bench_steps.units VALUES ($1::uuid, 1, \(from), 0), ($1::uuid, 1, \(to), 1)
            ON CONFLICT (order_id, line, status) DO UPDATE SET quantity = excluded.quantity)
        """
    }

    private static func fulfilment(from: Int, to: Int, _ more: String = "") -> String {
        """
        w AS (UPDATE bench_steps.fulfilment SET state = \(to)\(more) WHERE id = $6::uuid AND state = \(from) RETURNING 1)
        """
    }

    private static func returned(from: Int, to: Int, events: Int, _ more: String = "") -> String {
        """
        w AS (UPDATE bench_steps.returned SET state = \(to), events = events + \(events)\(more)
            WHERE id = $7::uuid AND state = \(from) RETURNING events),
        v AS (INSERT INTO bench_steps.return_event (return_id, sequence, event, state, cause, caller)
            SELECT $7::uuid, w.events - s, 7, \(to), $2::uuid, 'bench' FROM w, generate_series(0, \(events) - 1) s)
        """
    }

    private static func stock(onHand: Int, allocated: Int) -> String {
        """
        c AS (UPDATE bench_steps.cell c SET on_hand = on_hand + \(onHand), allocated = allocated + \(allocated), ver = ver + 1
            FROM bench_steps.orders t WHERE t.id = $1::uuid AND c.id = t.cell RETURNING c.id),
        m AS (INSERT INTO bench_steps.movement (kind, cell, on_hand, allocated, cause, reason)
            SELECT 11, c.id, \(onHand), \(allocated), $2::uuid, '' FROM c)
        """
    }

    /// What a step writes beside the order's history and the stored reply; `w` has one row where it could be made.
    private static func writes(_ step: OrderStep) -> String {
        let parts: [String] =
            switch step {
            case .place: []
            case .pay:
                [
                    """
                    w AS (INSERT INTO bench_steps.account VALUES ($1::uuid, 100, 0, 0, 100, 0, 'infinity') RETURNING 1),
                    t AS (INSERT INTO bench_steps.tender VALUES ($1::uuid, 1, $2::uuid, 1, 100, 4, '')),
                    x AS (INSERT INTO bench_steps.attempt (id, order_id, tender, action, amount, state, cause)
                        VALUES ($2::uuid, $1::uuid, 1, 5, 100, 2, $2::uuid))
                    """
                ]
            case .release:
                [
                    moving(from: 1, to: 5),
                    """
                    al AS (UPDATE bench_steps.allocation SET released = 1 WHERE order_id = $1::uuid AND line = 1),
                    w AS (INSERT INTO bench_steps.fulfilment (id, order_id, number, kind, state, location)
                        VALUES ($6::uuid, $1::uuid, 1, 1, 1, 1) RETURNING 1),
                    p AS (INSERT INTO bench_steps.part
                        SELECT $6::uuid, 1, cell, 1, 1 FROM bench_steps.orders WHERE id = $1::uuid),
                    t AS (INSERT INTO bench_steps.tracking (order_id) VALUES ($1::uuid))
                    """,
                ]
            case .startPicking: [fulfilment(from: 1, to: 2)]
            case .pick: [moving(from: 5, to: 6), fulfilment(from: 2, to: 3)]
            case .pack:
                [
                    moving(from: 6, to: 7), fulfilment(from: 3, to: 4),
                    "p AS (INSERT INTO bench_steps.package VALUES ($6::uuid, 1, 500, '{1}', '{1}', ''))",
                ]
            case .ship:
                [
                    moving(from: 7, to: 8), fulfilment(from: 4, to: 5, ", carrier = 'bench', shipped_at = now()"),
                    stock(onHand: -1, allocated: -1),
                    """
                    al AS (UPDATE bench_steps.allocation SET open = 0, released = 0, delivered = 1
                        WHERE order_id = $1::uuid AND line = 1),
                    p AS (UPDATE bench_steps.package SET tracking = 'T0123456789' WHERE fulfilment_id = $6::uuid),
                    y AS (INSERT INTO bench_steps.money VALUES ($1::uuid, 1, 100, 1, 0, 0)),
                    k AS (UPDATE bench_steps.account SET earned = 100, due_at = now() WHERE order_id = $1::uuid)
                    """,
                ]
            case .deliver: [moving(from: 8, to: 2), fulfilment(from: 5, to: 6, ", delivered_at = now()")]
            case .createReturn:
                [
                    """
                    w AS (INSERT INTO bench_steps.returned (id, order_id, state, method, fee, refund, settlement, events)
                        VALUES ($7::uuid, $1::uuid, 2, 2, 0, 0, 0, 2) RETURNING 1),
                    p AS (INSERT INTO bench_steps.return_line VALUES ($7::uuid, 1, $1::uuid, 1, 1, 0, 0, 0)),
                    v AS (INSERT INTO bench_steps.return_event (return_id, sequence, event, state, cause, caller)
                        SELECT $7::uuid, s, s, s, $2::uuid, 'bench' FROM generate_series(1, 2) s)
                    """
                ]
            case .receiveReturn:
                [
                    returned(from: 2, to: 5, events: 1),
                    """
                    p AS (UPDATE bench_steps.return_line SET received = 1 WHERE return_id = $7::uuid AND line = 1),
                    r AS (INSERT INTO bench_steps.receipt VALUES ($7::uuid, 1, 1, 1, 1, $2::uuid))
                    """,
                ]
            case .inspectReturn:
                [
                    returned(from: 5, to: 7, events: 2, ", refund = 100"), moving(from: 2, to: 9),
                    stock(onHand: 1, allocated: 0),
                    """
                    p AS (UPDATE bench_steps.return_line SET value = 100, refund = 100
                        WHERE return_id = $7::uuid AND line = 1),
                    r AS (INSERT INTO bench_steps.inspection VALUES ($7::uuid, 1, 1, 1, 1, 1, 100, 100, '', $2::uuid)),
                    y AS (UPDATE bench_steps.money SET refund_due = 100, refund_units = 1
                        WHERE order_id = $1::uuid AND line = 1),
                    k AS (UPDATE bench_steps.account SET owed = 0, due_at = now() WHERE order_id = $1::uuid)
                    """,
                ]
            case .refund:
                [
                    """
                    x AS (INSERT INTO bench_steps.attempt (id, order_id, tender, action, amount, state, cause)
                        VALUES ($2::uuid, $1::uuid, 1, 4, 100, 2, $2::uuid)),
                    t AS (UPDATE bench_steps.tender SET state = 5 WHERE order_id = $1::uuid AND number = 1),
                    w AS (UPDATE bench_steps.account SET given_back = given_back + 100
                        WHERE order_id = $1::uuid AND given_back + 100 <= taken RETURNING 1),
                    k AS (UPDATE bench_steps.counter SET last = last + 1 WHERE kind = 3 RETURNING last),
                    d AS (INSERT INTO bench_steps.document SELECT 3, k.last, gen_random_uuid(), $1::uuid, $2::uuid, 100,
                        repeat('credit memo ', 30), repeat('{"total":100}', 30) FROM k)
                    """
                ]
            case .settleReturn: [returned(from: 7, to: 8, events: 1, ", settlement = 1")]
            }
        return parts.joined(separator: ",\n")
    }
}

extension PostgresUUID {
    /// A random one.
    static func random() -> PostgresUUID {
        let id = EntityID.random()
        return PostgresUUID(high: id.high, low: id.low)
    }
}
