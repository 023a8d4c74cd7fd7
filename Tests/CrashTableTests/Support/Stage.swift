import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import HotStock
import Ledger
import NIOCore
import OrderPromising
import PostgresClient
import PrivateStores
import RedisClient
import SwiftProtobuf
import Testing

/// A small shop on which a server dies: 20 units each of two articles, another server in this process that watches, and
/// the doomed one.
struct Stage: Sendable {
    let deployment: TestDeployment
    let server: DoomedServer

    /// What a client saw of a call.
    enum Seen: Equatable {
        case answered
        /// The status; a broken connection counts as UNAVAILABLE, which is what clients make of it.
        case status(RPCError.Code)
    }

    /// What is left of a reservation, an order or a movement.
    struct Left: Equatable {
        /// The state of its row in PostgreSQL; nil where there is none.
        var row: HoldState?
        /// Whether Redis has units taken for it.
        var inRedis: Bool
    }

    /// Sets a stage.
    ///
    /// - Parameters:
    ///   - failpoint: where the doomed server ends, as `HOLDFAST_FAILPOINT` takes it.
    ///   - stack: stores that may be killed; the shared ones otherwise.
    ///   - isKeeper: whether the doomed server keeps the admission; else the watching one does.
    ///   - options: further options of the doomed server.
    ///   - environment: further variables of its environment.
    ///   - configure: further settings of the watching server.
    ///   - body: what happens.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws, and why the stage could not be set.
    static func with<R: Sendable>(
        _ failpoint: String, stack: PrivateStack? = nil, isKeeper: Bool = false,
        options: [String] = [], environment: [String: String] = [:],
        configure: @Sendable (inout PromisingConfiguration) -> Void = { _ in },
        _ body: @Sendable (Stage) async throws -> R
    ) async throws -> R {
        try await TestDeployment.with(stack: stack) { configuration in
            configuration.repair.grace = .seconds(1)
            configuration.repair.passInterval = .milliseconds(100)
            configuration.sweepInterval = .seconds(3_600)
            if isKeeper {
                // It opens, then looks no more, and its lease lapses.
                configuration.watchInterval = .seconds(3_600)
                configuration.leaseDuration = .milliseconds(500)
            }
            configure(&configuration)
        } _: { deployment in
            try await deployment.catalogue(skus: ["A", "B"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 20), ("B", "W", 20)])
            if isKeeper { try await Task.sleep(for: .milliseconds(600)) }
            let server = try await DoomedServer.start(
                deployment, failpoint: failpoint, options: options, environment: environment)
            let result: Result<R, any Error>
            do {
                result = .success(try await body(Stage(deployment: deployment, server: server)))
            } catch {
                result = .failure(error)
            }
            await server.stop()
            return try result.get()
        }
    }

    // MARK: - Calls

    /// A reservation of units of A, and of B where that is more than 0.
    func reservation(_ units: Int64, b: Int64 = 0, seconds: Int64 = 600) -> Holdfast_V1_ReserveRequest {
        .with { request in
            request.reservationID = EntityID.fresh.description
            request.channel = TestDeployment.channel
            request.ttl.seconds = seconds
            request.lines = [("A", units), ("B", b)].filter { $0.1 > 0 }.map { sku, quantity in
                .with {
                    $0.sku = sku
                    $0.location = "W"
                    $0.quantity = quantity
                }
            }
        }
    }

    /// An order of units of A, from a reservation or without one.
    func order(_ units: Int64, reservation: String = "") -> Holdfast_V1_PlaceOrderRequest {
        .with { request in
            request.orderID = EntityID.fresh.description
            request.channel = TestDeployment.channel
            request.externalID = request.orderID
            request.reservationID = reservation
            request.lines = [
                .with {
                    $0.sku = "A"
                    $0.location = "W"
                    $0.quantity = units
                    $0.unitPrice.currencyCode = "GBP"
                    $0.unitPrice.units = 1
                }
            ]
        }
    }

    /// An adjustment of A.
    func adjustment(_ delta: Int64) -> Holdfast_V1_AdjustStockRequest {
        .with { request in
            request.movementID = EntityID.fresh.description
            request.reason = "damaged"
            request.lines = [
                .with {
                    $0.sku = "A"
                    $0.location = "W"
                    $0.delta = delta
                }
            ]
        }
    }

    /// A delivery of A.
    func delivery(_ units: Int64) -> Holdfast_V1_ReceiveStockRequest {
        .with { request in
            request.movementID = EntityID.fresh.description
            request.reference = "delivery"
            request.lines = [
                .with {
                    $0.sku = "A"
                    $0.location = "W"
                    $0.quantity = units
                }
            ]
        }
    }

    func reserve(_ request: Holdfast_V1_ReserveRequest) async throws -> Holdfast_V1_ReserveResponse {
        try await server.patiently("ReservationService/Reserve", request, Holdfast_V1_ReserveResponse.self)
    }

    func place(_ request: Holdfast_V1_PlaceOrderRequest) async throws -> Holdfast_V1_PlaceOrderResponse {
        try await server.patiently("OrderService/PlaceOrder", request, Holdfast_V1_PlaceOrderResponse.self)
    }

    /// What one try of a call shows its client.
    func see(_ body: () async throws -> Void) async throws -> Seen {
        do {
            try await body()
            return .answered
        } catch let error as RPCError {
            return .status(error.code)
        }
    }

    func seeReserve(_ request: Holdfast_V1_ReserveRequest) async throws -> Seen {
        try await see {
            _ = try await server.call("ReservationService/Reserve", request, Holdfast_V1_ReserveResponse.self)
        }
    }

    func seePlace(_ request: Holdfast_V1_PlaceOrderRequest) async throws -> Seen {
        try await see {
            _ = try await server.call("OrderService/PlaceOrder", request, Holdfast_V1_PlaceOrderResponse.self)
        }
    }

    // MARK: - What is left

    /// What is left of a hold.
    func left(of kind: HoldKind, _ id: String) async throws -> Left {
        let key = HoldKey(kind, try #require(EntityID(id)))
        let state = try await deployment.ledger.states(of: [key])[key]
        return Left(row: state, inRedis: try await takenKeys().contains(key))
    }

    /// Everything that Redis has units taken for.
    func takenKeys() async throws -> [HoldKey] {
        let count = try await deployment.ledger.vshardCount()
        let hotStock = HotStock(
            link: deployment.redis.anyLink, keys: HotStockKeys(prefix: deployment.keyPrefix, vshards: count))
        var keys: [HoldKey] = []
        for vshard in Set(["A", "B"].map { VShard(sku: $0, count: count) }) {
            var cursor: String?
            repeat {
                let portion = try await hotStock.holds(vshard, from: cursor, count: 1_000).get()
                keys += portion.holds.map(\.key)
                cursor = portion.next
            } while cursor != nil
        }
        return keys
    }

    /// What Redis has of A; nil where it has not heard of it.
    func inRedis() async throws -> Int64? {
        let count = try await deployment.ledger.vshardCount()
        let hotStock = HotStock(
            link: deployment.redis.anyLink, keys: HotStockKeys(prefix: deployment.keyPrefix, vshards: count))
        let cell = try #require(try await deployment.ledger.books().cells.first { $0.sku == "A" }?.cell)
        return try await hotStock.read(VShard(sku: "A", count: count), [cell]).get()[0]
    }

    /// The number that a query answers.
    func number(_ sql: String) async throws -> Int64 {
        let statement = PostgresStatement("crash \(sql)", sql)
        return try await deployment.pool.withConnection { connection in
            try connection.execute(statement).single.int64(0)
        }
    }

    /// The text that a query answers.
    func text(_ sql: String) async throws -> String {
        let statement = PostgresStatement("crash \(sql)", sql)
        return try await deployment.pool.withConnection { connection in
            try connection.execute(statement).single.text(0)
        }
    }

    /// Lets the lease of a dead keeper lapse at once.
    ///
    /// It would in 3 seconds; one case of each kind waits for that, the others have no time to.
    func lapseLease() async throws { try await run("DELETE FROM lease WHERE name = 'admission'") }

    /// Runs statements as an operator would.
    func run(_ sql: String) async throws {
        try await deployment.pool.withConnection { connection in try connection.executeScript(sql) }
    }

    /// True once the books of both stores agree, as the doomed server tells.
    func booksAgree() async throws -> Bool {
        try await eventually {
            do {
                return try await server.call(
                    "OperationsService/CheckBooks", Holdfast_V1_CheckBooksRequest(), Holdfast_V1_CheckBooksResponse.self
                ).agree
            } catch let error as RPCError where error.code == .unavailable {
                return false
            }
        }
    }

    /// Waits until Redis would admit exactly so many units of A and the books agree, and tells how long that took.
    func heals(to units: Int64, _ row: String, _ comment: Comment? = nil) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try await eventually { try await inRedis() == units }, comment)
        #expect(try await booksAgree(), comment)
        #expect(try await number("SELECT count(*) FROM cell WHERE allocated > on_hand") == 0, comment)
        Stage.tell(row, "exact again", clock.now - start)
    }

    /// Prints how long something took.
    static func tell(_ row: String, _ what: String, _ time: Duration) {
        print("crash table: \(row): \(what) after \(time / .milliseconds(1)) ms")
    }

    /// Runs what heals a row and prints how long that took.
    func timed<R>(_ row: String, _ what: String, _ body: () async throws -> R) async throws -> R {
        let clock = ContinuousClock()
        let start = clock.now
        let result = try await body()
        Stage.tell(row, what, clock.now - start)
        return result
    }
}
