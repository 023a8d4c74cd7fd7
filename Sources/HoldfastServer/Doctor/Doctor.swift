import Domain
import HotStock
import Ledger
public import Logging
import NIOCore
import NIOPosix
import PostgresClient
import RedisClient

/// Looks at both stores of a deployment, says what is wrong and what to do, and makes the ordinary repairs where told to.
///
/// It works beside servers and without any. A look changes nothing. Each repair is one that servers make too, at any time
/// and any number of them at once; one that is cut off leaves what the next one finds, and the examination goes on all the
/// same. What is kept only for a time is left to the servers: how long that is, they know.
public struct Doctor: Sendable {
    private let configuration: ServerConfiguration
    private let logger: Logger

    /// Makes a doctor for the stores that `configuration` names.
    public init(configuration: ServerConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Makes the repairs that are asked for, then examines everything.
    ///
    /// Throws only where a URL cannot be read; a store that is away is a finding.
    public func examine(repairing repairs: DoctorRepairs = .none) async throws -> DoctorReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: configuration.redisURL), eventLoopGroup: group, logger: logger)
        var settings = PostgresConfiguration(connectionString: configuration.postgresURL, connectionCount: 1)
        settings.applicationName = "holdfast doctor"
        // Adding up the books of a big deployment reads whole tables.
        settings.statementTimeout = .seconds(600)
        settings.responseTimeout = .seconds(660)
        let pool = PostgresPool(configuration: settings, logger: logger)
        redis.start()
        let report = await examine(redis: redis, pool: pool, repairs)
        await redis.shutdown()
        await pool.shutdown()
        try await group.shutdownGracefully()
        return report
    }

    private func examine(redis: RedisClient, pool: PostgresPool, _ repairs: DoctorRepairs) async -> DoctorReport {
        var report = DoctorReport()
        let postgres = await PostgresExamination(pool: pool).findings()
        let admission = await RedisExamination(redis: redis).findings()
        report.findings = postgres.findings + admission.findings
        guard postgres.isReachable else { return report }
        let schema = await SchemaExamination(postgresURL: configuration.postgresURL, logger: logger).findings()
        report.findings += schema.findings
        guard schema.isCurrent else { return report }
        let ledger = Ledger(pool: pool)
        do {
            let hotStock =
                admission.isUsable
                ? HotStock(
                    link: redis.anyLink,
                    keys: HotStockKeys(prefix: configuration.keyPrefix, vshards: try await ledger.vshardCount()))
                : nil
            if let hotStock {
                await repair(ledger, hotStock, repairs, into: &report)
            } else if repairs.ordinary || repairs.takesRedis {
                report.repairs = [.init("Redis", "nothing was repaired: it cannot be used")]
            }
            try await examine(ledger, hotStock, into: &report)
        } catch {
            report.findings.append(
                Finding(.wrong, "examination", "broke off: \(describe(error))", advice: "run the doctor again"))
        }
        return report
    }

    private func repair(
        _ ledger: Ledger, _ hotStock: HotStock, _ repairs: DoctorRepairs, into report: inout DoctorReport
    ) async {
        do {
            try await DoctorRepairing(ledger: ledger, hotStock: hotStock, keyPrefix: configuration.keyPrefix)
                .run(repairs, noting: &report.repairs)
        } catch {
            report.findings.append(
                Finding(
                    .wrong, "repairs", "broke off: \(describe(error))",
                    advice: "correct what is wrong and repeat them; what was done before that is done"))
        }
    }

    private func examine(_ ledger: Ledger, _ hotStock: HotStock?, into report: inout DoctorReport) async throws {
        let standing = try await ledger.standing(graceMilliseconds: HoldsExamination.graceMilliseconds)
        report.findings += ServersExamination(standing: standing).findings()
        var isTelling = true
        if let hotStock {
            let claim = try await ClaimExamination(
                ledger: ledger, hotStock: hotStock, keyPrefix: configuration.keyPrefix
            ).findings()
            report.findings += claim.findings
            isTelling = claim.isTelling
        }
        var open: Set<VShard> = []
        // What stands in a Redis that the deployment does not use says nothing of it.
        if isTelling {
            let admission = try await AdmissionExamination(ledger: ledger, hotStock: hotStock).findings()
            report.vshards = admission.vshards
            report.findings += admission.findings
            open = Set(admission.vshards.filter { $0.isOpen && !$0.isDecidedByLedger }.map(\.vshard))
        }
        if let hotStock {
            report.findings += try await HoldsExamination(ledger: ledger, hotStock: hotStock, vshards: open).findings()
        }
        report.findings += try await BooksExamination(
            ledger: ledger, hotStock: hotStock, vshards: open, isWhole: open.count == report.vshards.count
        ).findings()
    }
}
