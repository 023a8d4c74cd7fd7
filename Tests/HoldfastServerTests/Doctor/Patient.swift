import Domain
import HoldfastServer
import HoldfastTesting
import HotStock
import Ledger
import Logging
import NIOCore
import NIOPosix
import PostgresClient
import PrivateStores
import RedisClient

/// A deployment that a doctor looks at: its stores, with or without a server.
struct Patient: Sendable {
    let stack: PrivateStack
    let database: String
    let keyPrefix: String
    let pool: PostgresPool
    let redis: RedisClient

    var ledger: Ledger { Ledger(pool: pool) }
    var hotStock: HotStock {
        HotStock(link: redis.anyLink, keys: HotStockKeys(prefix: keyPrefix, vshards: 16))
    }

    /// Runs a body against stores that a server has filled and left.
    static func idle<R: Sendable>(
        stack: PrivateStack? = nil, fill: @Sendable (TestDeployment) async throws -> Void = Patient.stock,
        _ body: @Sendable (Patient) async throws -> R
    ) async throws -> R {
        let (name, stack) = try await TestDeployment.with(stack: stack) { (deployment) async throws in
            try await fill(deployment)
            return (deployment.keyPrefix, deployment.stack)
        }
        return try await with(stack: stack, database: name, body)
    }

    /// Four articles with 20 units each.
    static func stock(_ deployment: TestDeployment) async throws {
        try await deployment.catalogue(skus: ["A", "B", "C", "D"], locations: ["W"])
        try await deployment.change(.receive, ["A", "B", "C", "D"].map { ($0, "W", 20) })
    }

    /// Runs a body against a database whose keys start with its name.
    static func with<R: Sendable>(
        stack: PrivateStack, database: String, _ body: @Sendable (Patient) async throws -> R
    ) async throws -> R {
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: stack.postgres.connectionString(database: database), connectionCount: 2),
            logger: quiet)
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: stack.redis.url), eventLoopGroup: group, logger: quiet)
        redis.start()
        let result: Result<R, any Error>
        do {
            try await redis.waitUntilConnected(timeout: .seconds(60))
            result = .success(
                try await body(
                    Patient(stack: stack, database: database, keyPrefix: database, pool: pool, redis: redis)))
        } catch {
            result = .failure(error)
        }
        await redis.shutdown()
        await pool.shutdown()
        try await group.shutdownGracefully()
        return try result.get()
    }

    /// What the doctor says, and does where told to.
    func examined(_ repairs: DoctorRepairs = .none, change: (inout ServerConfiguration) -> Void = { _ in })
        async throws -> DoctorReport
    {
        var configuration = ServerConfiguration(cores: 1)
        configuration.redisURL = stack.redis.url
        configuration.postgresURL = stack.postgres.connectionString(database: database)
        configuration.keyPrefix = keyPrefix
        change(&configuration)
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        return try await Doctor(configuration: configuration, logger: quiet).examine(repairing: repairs)
    }

    /// Runs statements that only a test would.
    func run(_ sql: String) async throws {
        try await pool.withConnection { connection in try connection.executeScript(sql) }
    }

    /// The number that a query answers.
    func number(_ sql: String) async throws -> Int64 {
        let statement = PostgresStatement("patient \(sql)", sql, access: .readOnly)
        return try await pool.withConnection { connection in try connection.execute(statement).single.int64(0) }
    }

    /// The key of an article's vshard.
    func key(_ kind: String, of sku: String) -> String {
        let number = VShard(sku: sku, count: 16).rawValue
        return "{\(keyPrefix)v00\(number < 10 ? "0" : "")\(number)}:\(kind)"
    }

    /// Takes units in Redis as an attempt does that dies before its row is written.
    func take(_ sku: String, _ quantity: Int64, as id: EntityID) async throws {
        let vshard = VShard(sku: sku, count: 16)
        guard let epoch = try await ledger.epochs().first(where: { $0.vshard == vshard })?.epoch,
            let cell = try await ledger.books().cells.first(where: { $0.sku == sku })?.cell
        else { throw TestFailure("there is no \(sku)") }
        let reply = try await hotStock.take(
            vshard, epoch: epoch,
            [
                TakeRequest(
                    key: HoldKey(.reservation, id), nonce: 7, force: false, fingerprint: 1,
                    lines: [.init(index: 0, quantity: quantity, split: false, groups: [[cell]])])
            ]
        ).get()
        guard case .taken = reply.outcomes.first else { throw TestFailure("\(sku) was not taken") }
    }
}

extension DoctorReport {
    /// The finding about a subject.
    func finding(_ subject: String) -> Finding? { findings.first { $0.subject == subject } }

    /// Everything that is not as it should be, for messages.
    var complaints: [Finding] { findings.filter { $0.verdict != .ok } }
}
