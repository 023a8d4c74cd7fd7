import Domain
import HoldfastAPI
import Logging
import NIOCore
import NIOPosix
import PostgresClient

/// Measures what callers notice when something dies: how much goes on, and when all is as before; and looks whether
/// anything acknowledged was lost.
public struct OutageRun: Sendable {
    private let options: OutageOptions
    private let target: BenchTarget
    private let handles: OutageHandles

    /// Makes a run against a server and stores that are children of this process.
    public init(options: OutageOptions, target: BenchTarget, handles: OutageHandles) {
        self.options = options
        self.target = target
        self.handles = handles
    }

    private static let vshardsElsewhere = PostgresStatement(
        "bench_ledger_mode", "SELECT count(*) FROM shard WHERE mode = 2", access: .readOnly)
    private static let held = PostgresStatement(
        "bench_held", "SELECT count(*) FROM hold WHERE id = ANY($1::uuid[]) AND kind = 1 AND state = 1",
        access: .readOnly)

    /// Runs it.
    ///
    /// - Parameter progress: told what is done next.
    /// - Returns: the figures.
    /// - Throws: `BenchError`, and what the transports and stores throw.
    public func run(progress: @Sendable (String) -> Void) async throws -> OutageReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        progress("loading \(options.cells) articles")
        var benchOptions = BenchOptions()
        benchOptions.skus = options.cells
        benchOptions.connections = 1
        let loading = try await ServiceCalls.prepare(target, options: benchOptions, group: group)
        let skus = loading.skus
        try await loading.close()
        let reservers = (0..<4).map { _ in SteadyReserver(target: target, group: group, skus: skus) }
        progress("reserving \(options.reservations) times")
        var all = await record(reservers, limit: options.reservations)

        progress("load before")
        let load = Task { await record(reservers, limit: nil) }
        try await Task.sleep(for: .seconds(options.around))
        progress("\(options.victim.rawValue) dies for \(options.seconds) s")
        let death = NIODeadline.now()
        await handles.kill(options.victim)
        try await Task.sleep(for: .seconds(options.seconds))
        let restart = NIODeadline.now()
        progress("\(options.victim.rawValue) starts again")
        try await handles.restart(options.victim)
        let started = NIODeadline.now()
        let settled = try await whenSettled(since: started)
        try await Task.sleep(for: .seconds(options.around))
        load.cancel()
        let during = await load.value
        all.ids += during.ids
        all.refusals += during.refusals

        progress("looking for \(all.ids.count) reservations")
        // A server that died took its connections along.
        let calls = try await ServiceCalls.connect(to: target, group: group)
        let (lost, books) = try await verify(all.ids, calls)
        for reserver in reservers { try await reserver.close() }
        try await calls.close()
        try await group.shutdownGracefully()
        return OutageReport(
            options: options, moments: during.moments.sorted(), death: death, restart: restart, started: started,
            settled: settled, acknowledged: all.ids.count, lost: lost, refusals: during.refusals, books: books)
    }

    private func record(_ reservers: [SteadyReserver], limit: Int?) async -> SteadyReserver.Record {
        let callers = max(1, options.callers / reservers.count)
        return await withTaskGroup(of: SteadyReserver.Record.self) { tasks in
            for reserver in reservers {
                tasks.addTask { await reserver.run(callers: callers, limit: limit.map { $0 / reservers.count }) }
            }
            return await tasks.reduce(into: SteadyReserver.Record()) { all, part in
                all.ids += part.ids
                all.moments += part.moments
                all.refusals += part.refusals
            }
        }
    }

    /// When no vshard was PostgreSQL's alone any more; nil where that did not come within two minutes.
    private func whenSettled(since start: NIODeadline) async throws -> NIODeadline? {
        let pool = pool()
        var settled: NIODeadline?
        while settled == nil, NIODeadline.now() < start + .seconds(120) {
            do {
                let left = try await pool.withConnection { connection in
                    try connection.execute(Self.vshardsElsewhere).first?.int64(0) ?? 0
                }
                if left == 0 { settled = .now() }
            } catch is PostgresError {
                // It is the one that died; it will be asked again.
                settled = nil
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        await pool.shutdown()
        return settled
    }

    private func verify(_ ids: [EntityID], _ calls: ServiceCalls) async throws -> (
        lost: Int, books: Holdfast_V1_CheckBooksResponse
    ) {
        let pool = pool()
        var found: Int64 = 0
        for first in stride(from: 0, to: ids.count, by: 10_000) {
            let part = ids[first..<min(first + 10_000, ids.count)].map { PostgresUUID(high: $0.high, low: $0.low) }
            found += try await pool.withConnection { connection in
                try connection.execute(Self.held, [.uuids(part)]).first?.int64(0) ?? 0
            }
        }
        await pool.shutdown()
        return (ids.count - Int(found), try await calls.books())
    }

    private func pool() -> PostgresPool {
        var configuration = PostgresConfiguration(connectionString: target.postgres, connectionCount: 1)
        configuration.maximumReconnectDelay = .milliseconds(50)
        // Tables that have just grown have no statistics, on which a plan for any list of ids could rest.
        configuration.sessionSettings = ["plan_cache_mode": "force_custom_plan"]
        return PostgresPool(
            configuration: configuration, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    }
}
