import HoldfastAPI
import Logging
import NIOCore
import NIOPosix
import RedisClient

/// Measures how fast Redis is loaded anew from PostgreSQL, beside `redis-cli --pipe` of the very same keys.
///
/// The rebuild begins with a flush under the running server and ends when the last vshard is armed: the time in which the
/// loss is noticed, all of PostgreSQL's reading and all checks of what is written are part of it. The other side writes
/// the keys that were there, from a file that is ready, into a Redis of its own with the same settings.
public struct RebuildRun: Sendable {
    private let options: RebuildOptions
    private let target: BenchTarget
    private let handles: RebuildHandles

    /// Makes a run against a server and stores that are children of this process.
    public init(options: RebuildOptions, target: BenchTarget, handles: RebuildHandles) {
        self.options = options
        self.target = target
        self.handles = handles
    }

    /// Runs it.
    ///
    /// - Parameter progress: told what is done next.
    /// - Returns: the figures.
    /// - Throws: `BenchError`, and what the transports and stores throw.
    public func run(progress: @Sendable (String) -> Void) async throws -> RebuildReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        progress("loading \(options.cells) articles")
        var benchOptions = BenchOptions()
        benchOptions.skus = options.cells
        benchOptions.connections = 1
        let calls = try await ServiceCalls.prepare(target, options: benchOptions, group: group)
        progress("reserving \(options.reservations) times")
        let reserver = SteadyReserver(target: target, group: group, skus: calls.skus)
        if options.reservations > 0 {
            let callers = min(128, options.reservations)
            _ = await reserver.run(callers: callers, limit: (options.reservations + callers - 1) / callers * callers)
        }
        try await reserver.close()
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        var configuration = try RedisConfiguration(url: target.redisURL)
        configuration.commandTimeout = .seconds(60)
        let redis = RedisClient(configuration: configuration, eventLoopGroup: group, logger: logger)
        redis.start()
        try await redis.waitUntilConnected()
        let dump = try await KeyDump.read(redis)
        let narrow = handles.folder + "/one-field"
        let wide = handles.folder + "/many-fields"
        try dump.write(to: narrow, width: 1)
        try dump.write(to: wide, width: 500)

        var report = RebuildReport(
            options: options, rebuilds: [], pipes: [], widePipes: [], fields: dump.fields)
        for round in 1...options.rounds {
            progress("round \(round) of \(options.rounds): rebuild")
            report.rebuilds.append(try await rebuild(redis, metas: dump.metas))
            progress("round \(round) of \(options.rounds): redis-cli --pipe")
            report.pipes.append(try await handles.pipe(narrow))
            report.widePipes.append(try await handles.pipe(wide))
        }
        let again = try await KeyDump.read(redis)
        let books = try await calls.books()
        await redis.shutdown()
        try await calls.close()
        try await group.shutdownGracefully()
        guard books.agree, books.oversold == 0, again.rows == dump.rows else { throw BenchError.booksDiffer }
        return report
    }

    /// Seconds from a flush until every vshard is armed again.
    private func rebuild(_ redis: RedisClient, metas: [String]) async throws -> Double {
        let start = NIODeadline.now()
        _ = try await redis.send(RedisCommand("FLUSHALL", "ASYNC"))
        var armed = 0
        while armed < metas.count {
            guard NIODeadline.now() < start + .minutes(10) else { throw BenchError.notRebuilt }
            try await Task.sleep(for: .milliseconds(10))
            armed = 0
            for meta in metas {
                let status = try await redis.send(RedisCommand("FCALL_RO", "hf1_status", "1", meta))
                guard let parts = status.array, parts.count == 3, let epoch = parts[0].int64 else {
                    throw BenchError.unexpectedReply
                }
                if epoch > 0, parts[1].int64 == epoch { armed += 1 }
            }
        }
        return Double((NIODeadline.now() - start).nanoseconds) / 1e9
    }
}
