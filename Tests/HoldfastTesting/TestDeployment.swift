package import Domain
package import Ledger
import Logging
import NIOCore
import NIOPosix
package import OrderPromising
package import PostgresClient
package import PrivateStores
package import RedisClient

/// A deployment of its own on the given servers: a fresh database, keys of its own, order promising that runs.
package final class TestDeployment: Sendable {
    package let stack: PrivateStack
    package let pool: PostgresPool
    package let redis: RedisClient
    package let ledger: Ledger
    package let promising: OrderPromising
    package let keyPrefix: String
    private let group: MultiThreadedEventLoopGroup
    private let running: Task<Void, Never>

    package static let channel = "web"

    private init(
        stack: PrivateStack, pool: PostgresPool, redis: RedisClient, promising: OrderPromising, keyPrefix: String,
        group: MultiThreadedEventLoopGroup
    ) {
        self.stack = stack
        self.pool = pool
        self.redis = redis
        self.ledger = promising.ledger
        self.promising = promising
        self.keyPrefix = keyPrefix
        self.group = group
        running = Task { await promising.run() }
    }

    /// Runs a body against a fresh deployment and takes it down afterwards.
    package static func with<R: Sendable>(
        stack: PrivateStack? = nil, configure: (inout PromisingConfiguration) -> Void = { _ in },
        _ body: @Sendable (TestDeployment) async throws -> R
    ) async throws -> R {
        var promisingConfiguration = PromisingConfiguration()
        // The plan of scrubs follows the clock: no test shall depend on when it runs.
        promisingConfiguration.repair.scrubInterval = .seconds(365 * 86_400)
        // However slow the machine is.
        promisingConfiguration.loadPatience = .seconds(60)
        configure(&promisingConfiguration)
        let configuration = promisingConfiguration
        return try await places.pass { try await run(stack: stack, configuration, body) }
    }

    /// Deployments that run at the same time in one test process.
    private static let places = Turnstile(10)

    private static func run<R: Sendable>(
        stack: PrivateStack?, _ settings: PromisingConfiguration, _ body: @Sendable (TestDeployment) async throws -> R
    ) async throws -> R {
        let stack = if let stack { stack } else { try await TestStores.shared() }
        let name = "t" + EntityID.fresh.hexadecimal
        try await stack.postgres.createDatabase(name)
        var quiet = Logger(label: "test")
        quiet.logLevel = .error
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var configuration = PostgresConfiguration(
            connectionString: stack.postgres.connectionString(database: name), connectionCount: 4)
        try await Ledger.migrate(configuration, logger: quiet)
        let identity = LedgerIdentity()
        configuration.onConnect = { connection in try identity.check(connection) }
        let pool = PostgresPool(configuration: configuration, logger: quiet)
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: stack.redis.url), eventLoopGroup: group, logger: quiet)
        redis.start()
        var promisingConfiguration = settings
        promisingConfiguration.keyPrefix = name
        let promising = OrderPromising(
            ledger: Ledger(pool: pool), redis: redis, identity: identity, configuration: promisingConfiguration,
            logger: quiet)
        let deployment = TestDeployment(
            stack: stack, pool: pool, redis: redis, promising: promising, keyPrefix: name, group: group)
        let result: Result<R, any Error>
        do {
            guard try await eventually({ promising.isReady }) else { throw TestFailure("admission did not open") }
            try await deployment.loadChannel()
            result = .success(try await body(deployment))
        } catch {
            result = .failure(error)
        }
        deployment.running.cancel()
        _ = await deployment.running.result
        await redis.shutdown()
        await pool.shutdown()
        try await group.shutdownGracefully()
        return try result.get()
    }

    private func loadChannel() async throws {
        guard let pounds = Currency(code: "GBP") else { throw TestFailure("GBP is a currency") }
        _ = try await ledger.upsertChannels(
            .fresh, [Channel(code: TestDeployment.channel, name: "Web", currency: pounds)], body: [1],
            caller: .anonymous
        ) { _ in [] }
        try await promising.refreshDirectory()
    }

    /// Creates articles and locations.
    package func catalogue(skus: [String], untracked: [String] = [], locations: [String]) async throws {
        let products =
            skus.map { Product(sku: $0, name: $0, barcode: "", tracked: true) }
            + untracked.map { Product(sku: $0, name: $0, barcode: "", tracked: false) }
        _ = try await ledger.upsertProducts(.fresh, products, body: [1], caller: .anonymous) { _ in [] }
        let places = locations.enumerated().map { index, code in
            Location(code: code, name: code, kind: .warehouse, rank: Int32(index), timeZone: "")
        }
        _ = try await ledger.upsertLocations(.fresh, places, body: [1], caller: .anonymous) { _ in [] }
        try await promising.refreshDirectory()
    }

    /// Makes a change of stock and returns the levels it left.
    @discardableResult
    package func change(
        _ action: StockChange.Action, _ lines: [(sku: String, location: String, quantity: Int64)],
        id: EntityID = .fresh
    ) async throws -> [StockLevel] {
        let levels = Box<[StockLevel]>([])
        _ = try await promising.change(
            StockChange(
                id: id, action: action,
                lines: lines.map { .init(sku: $0.sku, location: $0.location, quantity: $0.quantity) },
                reason: "test", body: Array("\(action)\(lines)".utf8), caller: .anonymous)
        ) { made in
            levels.value = made
            return [1]
        }
        return levels.value
    }

    /// Reserves lines of (sku, location, quantity).
    package func reserve(
        _ lines: [(sku: String, location: String, quantity: Int64)], id: EntityID = .fresh, ttl: Int64 = 600_000,
        split: Bool = false
    ) async throws -> Reservation {
        let demands = lines.map {
            Demand(sku: $0.sku, location: $0.location, quantity: $0.quantity, allowSplit: split)
        }
        return try await promising.reserve(
            ReservationRequest(
                id: id, channel: TestDeployment.channel, demands: demands, ttlMilliseconds: ttl,
                body: Array("\(demands)\(ttl)".utf8), caller: .anonymous),
            deadline: .now() + .seconds(30))
    }

    /// Makes an order request of lines of (sku, location, quantity) at 1 GBP each.
    package func order(
        _ lines: [(sku: String, location: String, quantity: Int64)], id: EntityID = .fresh, number: String? = nil,
        reservation: EntityID? = nil, goodsInHand: Bool = false
    ) throws -> OrderRequest {
        guard let pounds = Currency(code: "GBP"), let price = UnitPrice(units: 1, nanos: 0) else {
            throw TestFailure("GBP is a currency")
        }
        let items = lines.map { line in
            OrderRequest.Line(
                demand: Demand(sku: line.sku, location: line.location, quantity: line.quantity, allowSplit: false),
                unitPrice: price, amount: Money(line.quantity * 100, pounds), taxes: [], description: "")
        }
        let number = number ?? id.description
        return OrderRequest(
            id: id, channel: TestDeployment.channel, externalID: number, reservation: reservation,
            customer: Customer(id: "", name: "", email: "", country: ""), lines: items, goodsInHand: goodsInHand,
            orderedAt: nil, currency: pounds, subtotal: items.reduce(0) { $0 + $1.amount.minorUnits }, addedTax: 0,
            body: Array("\(lines)\(number)\(goodsInHand)\(String(describing: reservation))".utf8), caller: .anonymous)
    }

    /// Places an order.
    package func place(_ request: OrderRequest) async throws -> CapturedOrder {
        try await promising.place(request, deadline: .now() + .seconds(30))
    }

    /// Cancels units by line number; none given is every open unit.
    package func cancel(_ order: EntityID, _ lines: [(number: Int32, quantity: Int64)] = [], id: EntityID = .fresh)
        async throws -> Cancellation?
    {
        let made = Box<Cancellation?>(nil)
        _ = try await promising.cancel(
            CancellationRequest(
                id: id, order: order, lines: lines, reason: "", body: Array("\(order)\(lines)".utf8), caller: .anonymous
            )
        ) { cancellation in
            made.value = cancellation
            return [1]
        }
        return made.value
    }

    /// Units available, asked of Redis.
    package func available(_ sku: String, _ location: String = "") async throws -> Int64 {
        try await promising.availability(
            [AvailabilityItem(sku: sku, location: location, quantity: 0)], fresh: true, within: nil
        ).available[0]
    }

    /// True once the books of both stores agree.
    package func booksAgree(within seconds: Double = 60) async throws -> Bool {
        try await eventually(within: seconds) { try await self.promising.books().agree }
    }
}

/// Says why a test cannot go on.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

extension EntityID {
    /// A new random id.
    package static var fresh: EntityID {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }
}
