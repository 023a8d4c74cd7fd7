import Domain
import HoldfastTesting
import Ledger
import Logging
import OrderProcessing
import OrderPromising
import PostgresClient

/// A deployment where article A may wait, with short words for what the tests do.
struct BackorderBench: Sendable {
    let deployment: TestDeployment
    let backorders: Backorders

    init(_ deployment: TestDeployment) {
        self.deployment = deployment
        var quiet = Logger(label: "test")
        quiet.logLevel = .error
        backorders = Backorders(promising: deployment.promising, logger: quiet)
    }

    /// Runs a body where up to `cap` units of A may wait; W and X exist.
    static func with(
        cap: Int64, stock: Int64 = 0, _ body: @Sendable (BackorderBench) async throws -> Void
    ) async throws {
        try await TestDeployment.with { deployment in
            let bench = BackorderBench(deployment)
            try await bench.prepare(cap: cap, stock: stock)
            try await body(bench)
        }
    }

    func prepare(cap: Int64, stock: Int64) async throws {
        try await deployment.catalogue(skus: ["A", "B"], untracked: ["POST"], locations: ["W", "X"])
        if stock > 0 { try await deployment.change(.receive, [("A", "W", stock)]) }
        if cap > 0 { try await self.cap(cap) }
    }

    @discardableResult
    func cap(_ cap: Int64, of sku: String = "A") async throws -> [BackorderPolicy] {
        let policies = [BackorderPolicy(sku: sku, channel: TestDeployment.channel, cap: cap)]
        let made = Box<[BackorderPolicy]>([])
        _ = try await deployment.ledger.setBackorderPolicies(
            BackorderPolicyChange(id: .fresh, policies: policies, body: Array("\(sku)\(cap)".utf8), caller: .anonymous)
        ) { policies in
            made.value = policies
            return [1]
        }
        return made.value
    }

    /// An order whose lines may wait.
    func order(
        _ lines: [(sku: String, location: String, quantity: Int64)], priority: Int32 = 0, id: EntityID = .fresh,
        split: Bool = true
    ) throws -> OrderRequest {
        var request = try deployment.order(lines, id: id)
        for index in request.lines.indices {
            request.lines[index].backorder = BackorderTerms(priority: priority)
            request.lines[index].demand.allowSplit = split
        }
        return request
    }

    /// Places an order of A that may wait; returns its id.
    @discardableResult
    func place(_ quantity: Int64, at location: String = "", priority: Int32 = 0, split: Bool = true) async throws
        -> EntityID
    {
        let request = try order([("A", location, quantity)], priority: priority, split: split)
        _ = try await deployment.place(request)
        return request.id
    }

    /// Lets every order take over what was set aside for it.
    func takeOver() async throws {
        while try await backorders.takeOver() > 0 {}
    }

    /// Units of an order's first line in a status.
    func units(_ order: EntityID, _ status: LineStatus, line: Int = 0) async throws -> Int64 {
        guard let order = try await deployment.ledger.order(order) else { throw TestFailure("the order is gone") }
        return order.lines[line].quantities[status] ?? 0
    }

    /// Units of A that wait by the cap's own figure.
    func waiting(of sku: String = "A") async throws -> Int64 {
        let page = try await deployment.ledger.backorderPolicies(sku: sku, after: nil, limit: 10, among: nil)
        return page.elements.reduce(0) { $0 + $1.waiting }
    }

    /// The waiting lines of A in the order in which they are served.
    func queue(of sku: String = "A") async throws -> [WaitingLine] {
        try await deployment.ledger.waitingLines(sku: sku, order: nil, after: nil, limit: 1_000, among: nil).elements
    }

    /// Makes the waiting units of orders so many in the books of their lines alone.
    func setWaiting(_ units: Int64, of orders: [EntityID]) async throws {
        try await deployment.ledger.pool.withConnection { connection in
            _ = try connection.execute(
                BackorderBench.setWaiting,
                [.uuids(orders.map { PostgresUUID(high: $0.high, low: $0.low) }), .int64(units)])
        }
    }

    /// Lines that the audit log has of orders that took supply over.
    func fills() async throws -> Int64 {
        try await deployment.ledger.pool.withConnection { connection in
            try connection.execute(BackorderBench.countFills).single.int64(0)
        }
    }

    /// The server that has orders take supply over.
    func leaseHolder() async throws -> EntityID? {
        try await deployment.ledger.pool.withConnection { connection in
            try connection.execute(BackorderBench.readHolder).first.map { try $0.uuid(0) }
        }.map { EntityID(high: $0.high, low: $0.low) }
    }

    private static let readHolder = PostgresStatement(
        "read_holder", "SELECT holder FROM lease WHERE name = 'backorders'", access: .readOnly)
    private static let countFills = PostgresStatement(
        "count_fills", "SELECT count(*) FROM idempotency WHERE kind = 103", access: .readOnly)
    private static let setWaiting = PostgresStatement(
        "set_waiting", "UPDATE line_quantity SET quantity = $2::int8 WHERE status = 4 AND order_id = ANY($1::uuid[])")
    private static let differences = PostgresStatement(
        "backorder_differences",
        """
        SELECT
            (SELECT count(*) FROM backorder_book b LEFT JOIN (
                SELECT product_id, sum(quantity) AS units FROM backorder_queue GROUP BY product_id) q
                USING (product_id) WHERE b.waiting <> coalesce(q.units, 0))
            + (SELECT count(*) FROM backorder_policy p LEFT JOIN (
                SELECT product_id, channel_id, sum(quantity) AS units FROM backorder_queue GROUP BY 1, 2) q
                USING (product_id, channel_id) WHERE p.waiting <> coalesce(q.units, 0))
            + (SELECT count(*) FROM backorder_queue q LEFT JOIN line_quantity l ON l.order_id = q.order_id
                AND l.line_number = q.line_number AND l.status = 4
                LEFT JOIN (SELECT order_id, line_number, sum(quantity) AS units FROM backorder_grant GROUP BY 1, 2) g
                ON g.order_id = q.order_id AND g.line_number = q.line_number
                WHERE q.quantity + coalesce(g.units, 0) <> coalesce(l.quantity, 0))
        """)

    /// True where the figures of books, caps and queue are those of the waiting lines' units.
    func queueAgrees() async throws -> Bool {
        try await deployment.ledger.pool.withConnection { connection in
            let rows = try connection.execute(BackorderBench.differences)
            return try rows.first?.int64(0) == 0
        }
    }
}

/// What a call was short of; a failure where it was not.
func shortage(_ body: () async throws -> some Sendable) async throws -> [LineShortage] {
    do {
        _ = try await body()
    } catch Refusal.shortage(let lines) {
        return lines
    }
    throw TestFailure("a shortage was expected")
}
