import CoreMetrics
import Domain
import Failpoints
import HotStock
import Ledger
import Logging
import NIOCore
import PostgresClient
import RedisClient

/// Keeps the admission going: looks who may promise, loads Redis, and hands over to PostgreSQL and back.
///
/// Every server looks; one of them, the keeper by lease, acts. A look is: report for duty → raise the epochs of vshards
/// under suspicion → ask Redis what it is armed for → take over where every vshard stands. The keeper then does one thing:
/// - Redis is well and a vshard that it decides is not armed: load it (the one most asked for first);
/// - Redis is away for the breaker's delay: give every vshard to PostgreSQL, or the lease to a server that can use Redis;
/// - Redis has been well for the return delay: take one vshard back by loading it, so that the others sell on meanwhile.
/// A keeper that dies in any step leaves what the next one finds by looking. Two keepers, as after a pause, raise the same
/// epoch one after the other; the later one's load counts.
///
/// Only one server's view of Redis counts at a time, and coming back takes longer each time it failed soon: so neither
/// two servers with different views nor a Redis that comes and goes make the mode flap.
final class AdmissionKeeper: Sendable {
    private let server: EntityID
    private let ledger: Ledger
    private let identity: LedgerIdentity
    private let redis: RedisClient
    private let hotStock: @Sendable () -> HotStock?
    private let admission: Admission
    private let settler: Settler
    private let directory: StockDirectory
    private let follower: DirectoryFollower
    private let claim: DeploymentClaim
    private let vshards: Int
    private let configuration: PromisingConfiguration
    private let logger: Logger
    private let clock = ContinuousClock()

    init(
        server: EntityID, ledger: Ledger, identity: LedgerIdentity, redis: RedisClient,
        hotStock: @escaping @Sendable () -> HotStock?, admission: Admission, settler: Settler,
        directory: StockDirectory, follower: DirectoryFollower, claim: DeploymentClaim, vshards: Int,
        configuration: PromisingConfiguration, logger: Logger
    ) {
        self.server = server
        self.ledger = ledger
        self.identity = identity
        self.redis = redis
        self.hotStock = hotStock
        self.admission = admission
        self.settler = settler
        self.directory = directory
        self.follower = follower
        self.claim = claim
        self.vshards = vshards
        self.configuration = configuration
        self.logger = logger
    }

    /// What is remembered from look to look.
    private struct Memory {
        var brokenSince: ContinuousClock.Instant?
        var wellSince: ContinuousClock.Instant?
        var returnDelay: Duration
        var returnedAt: ContinuousClock.Instant?
        /// What Redis was armed for before this server came was found to fit this PostgreSQL.
        var trustsRedis = false
        /// The Redis that this server is connected to is its deployment's.
        var isClaimed = false
        var loading: Loading?
        /// The highest pulse of the ledger that this server has seen.
        var pulse: Int64 = 0
        var failures = 0
        /// Vshards that could not be loaded, how often in a row, and until when they are left alone.
        var setAside: [VShard: (times: Int, until: ContinuousClock.Instant)] = [:]
        var phase = Admission.Phase.closed
    }

    private struct Loading {
        var since: ContinuousClock.Instant
        var reason: String
        var volume = VShardLoader.Volume()
        var vshards = 0
    }

    /// Longest time that Redis may take to say what it is armed for.
    private static let statusTime = TimeAmount.milliseconds(750)
    /// Longest return delay.
    private static let longestReturn = Duration.seconds(60)

    /// Looks and acts until cancelled, then gives up what this server holds.
    func run() async {
        var memory = Memory(returnDelay: configuration.returnDelay)
        for await _ in admission.reasonsToLook {
            if Task.isCancelled { break }
            do {
                try await look(&memory)
                memory.failures = 0
                // Every call that fails for want of Redis asks for a look.
                if memory.brokenSince != nil { try await Task.sleep(for: .milliseconds(25)) }
            } catch is CancellationError {
                break
            } catch {
                memory.failures += 1
                admission.metrics.rebuildsFailed.increment()
                if memory.failures == 1 || memory.failures % 50 == 0 {
                    logger.warning(
                        "who may promise cannot be looked up",
                        metadata: ["attempt": "\(memory.failures)", "error": "\(error)"])
                }
                let pause = Duration.milliseconds(min(500, 10 << min(memory.failures, 6)))
                do { try await Task.sleep(for: pause) } catch { break }
                admission.nudge()
            }
        }
    }

    /// Sees to it that there is a look now and then, and soon while something is loading elsewhere.
    func tick() async {
        while !Task.isCancelled {
            admission.endWaiting()
            admission.nudge()
            let pause = admission.phase == .rebuilding ? .milliseconds(20) : configuration.watchInterval
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    /// Tells the others that this server ends, if PostgreSQL hears it soon.
    ///
    /// The task that runs the server is cancelled by now, so this is another one.
    func leave() async {
        let telling = Task { try await ledger.forget(server) }
        let limit = Task {
            try await Task.sleep(for: Self.leaveTime)
            telling.cancel()
        }
        do { try await telling.value } catch {
            logger.info("leases lapse by themselves", metadata: ["error": "\(error)"])
        }
        limit.cancel()
    }

    private static let leaveTime = Duration.seconds(2)

    // MARK: - A look

    private func look(_ memory: inout Memory) async throws {
        let statuses = try await isOurs(&memory) ? await self.statuses() : nil
        note(isWell: statuses != nil, in: &memory)
        // Read before PostgreSQL is: another server's witness of this very moment would be ahead of what was read.
        var witness: LedgerWitness?
        if statuses != nil, !memory.trustsRedis { witness = try await hotStock()?.witness().get() }
        let identity = identity
        try await ledger.pool.withConnection { connection in try identity.check(connection) }
        let roster = try await ledger.report(
            server, seesRedis: statuses != nil, leaseMilliseconds: configuration.leaseDuration.wholeMilliseconds)
        var rows = roster.vshards
        if roster.pulse < memory.pulse {
            logger.critical("the ledger has forgotten something; every promise in flight is void")
            settler.forget()
            directory.forget()
            rows = try await raise(Set(rows.map(\.vshard)), in: rows)
        }
        memory.pulse = roster.pulse
        identity.note(pulse: roster.pulse)
        if statuses != nil {
            let suspects = admission.takeSuspects()
            if !suspects.isEmpty { rows = try await raise(suspects, in: rows) }
        }
        if let statuses, !memory.trustsRedis {
            memory.trustsRedis = isTrustworthy(statuses, witness, rows: rows, pulse: roster.pulse)
            if !memory.trustsRedis {
                rows = try await raise(Set(rows.map(\.vshard)), in: rows)
                memory.trustsRedis = true
            }
        }
        // Before anything opens: what was read before a PostgreSQL went back may name what is something else now.
        try await follower.readAnew()
        let standings = rows.map { row in (vshard: row.vshard, standing: standing(of: row, statuses: statuses)) }
        if standings.contains(where: { $0.standing == .loading }) { settler.beginRecording() }
        admission.settle(standings)
        if roster.isKeeper {
            try await keep(rows, standings: standings, roster: roster, memory: &memory)
        }
        try await finish(&memory)
    }

    /// Whether Redis is connected, this deployment's own, and has room; looked at anew after each connection.
    private func isOurs(_ memory: inout Memory) async throws -> Bool {
        guard redis.links.allSatisfy(\.isConnected), let hotStock = hotStock() else {
            memory.isClaimed = false
            return false
        }
        if !memory.isClaimed || claim.refusal != nil {
            do {
                try await claim.check(on: hotStock)
                memory.isClaimed = true
            } catch is RedisRefusal {
                return false
            } catch is HotStockError {
                return false
            }
        }
        return !claim.isFull
    }

    /// What each vshard is armed for; nil where Redis cannot be asked by every link of this server.
    private func statuses() async -> [VShardStatus]? {
        guard let hotStock = hotStock() else { return nil }
        let promise = hotStock.eventLoop.makePromise(of: [VShardStatus]?.self)
        let timer = hotStock.eventLoop.scheduleTask(in: Self.statusTime) { promise.succeed(nil) }
        EventLoopFuture.whenAllSucceed(
            (0..<vshards).map { hotStock.status(VShard(Int16($0))) }, on: hotStock.eventLoop
        ).whenComplete { [vshards] result in
            timer.cancel()
            switch result {
            case .success(let statuses): promise.succeed(statuses)
            case .failure(HotStockError.notArmed):
                // The functions are not there: a Redis that nobody has loaded yet.
                promise.succeed(Array(repeating: .unloaded, count: vshards))
            case .failure: promise.succeed(nil)
            }
        }
        do { return try await promise.futureResult.get() } catch { return nil }
    }

    private func note(isWell: Bool, in memory: inout Memory) {
        let now = clock.now
        if isWell {
            memory.brokenSince = nil
            memory.wellSince = memory.wellSince ?? now
        } else {
            memory.wellSince = nil
            memory.brokenSince = memory.brokenSince ?? now
            admission.closeRedis()
        }
    }

    private func raise(_ suspects: Set<VShard>, in rows: [VShardRow]) async throws -> [VShardRow] {
        do {
            let raised = try await ledger.fence(Array(suspects))
            admission.metrics.epochRaises.increment()
            var byVShard = Dictionary(uniqueKeysWithValues: rows.map { ($0.vshard, $0) })
            for row in raised { byVShard[row.vshard] = row }
            return byVShard.values.sorted { $0.vshard < $1.vshard }
        } catch {
            admission.requestRebuild(admission.reason, of: suspects)
            throw error
        }
    }

    /// Whether what Redis was armed for before this server came reflects nothing that PostgreSQL has forgotten.
    private func isTrustworthy(
        _ statuses: [VShardStatus], _ witness: LedgerWitness?, rows: [VShardRow], pulse: Int64
    ) -> Bool {
        let isArmed = rows.contains { row in
            row.mode == .redis && statuses[Int(row.vshard.rawValue)].armed == row.epoch
        }
        guard isArmed else { return true }
        guard let position = identity.position, let witness else { return false }
        return witness.system == position.system && witness.end <= position.end && witness.pulse <= pulse
    }

    private func standing(of row: VShardRow, statuses: [VShardStatus]?) -> Admission.Standing {
        guard row.mode == .redis else { return .ledger(epoch: row.epoch) }
        guard let statuses, Int(row.vshard.rawValue) < statuses.count else { return .closed }
        let status = statuses[Int(row.vshard.rawValue)]
        return status.armed == row.epoch && status.epoch == row.epoch ? .redis(epoch: row.epoch) : .loading
    }

    /// Repeats what was told while something was loading, once nothing is.
    private func finish(_ memory: inout Memory) async throws {
        let phase = admission.phase
        defer { memory.phase = phase }
        guard phase == .open, let hotStock = hotStock() else { return }
        do {
            try await settler.repeatRecorded(through: hotStock)
        } catch {
            admission.requestRebuild("settles could not be repeated")
        }
        if memory.phase != .open, memory.loading == nil {
            // Another server's scrub shows here as a raised epoch, a moment long.
            admission.metrics.rebuiltByOthers.increment()
            logger.info("stock admission is open", metadata: ["reason": "\(admission.reason)"])
        }
    }

    // MARK: - The keeper

    private func keep(
        _ rows: [VShardRow], standings: [(vshard: VShard, standing: Admission.Standing)], roster: DutyRoster,
        memory: inout Memory
    ) async throws {
        guard memory.brokenSince == nil else {
            try await bridge(rows, othersSeeRedis: roster.othersSeeRedis, memory: &memory)
            return
        }
        guard let hotStock = hotStock() else { return }
        if let position = identity.position {
            try await hotStock.store(
                LedgerWitness(system: position.system, end: position.end, pulse: roster.pulse)
            ).get()
        }
        var wanting = standings.filter { $0.standing == .loading }.map(\.vshard)
        if wanting.isEmpty, let since = memory.wellSince, clock.now - since >= memory.returnDelay {
            wanting = rows.filter { $0.mode == .ledger }.map(\.vshard)
            if !wanting.isEmpty {
                memory.returnedAt = clock.now
                if memory.loading == nil { admission.note(reason: "Redis has been well for a while") }
            }
        }
        let now = clock.now
        let possible = wanting.filter { vshard in memory.setAside[vshard].map { $0.until <= now } ?? true }
        guard let vshard = admission.hottest(of: possible) else {
            if wanting.isEmpty { conclude(&memory) }
            return
        }
        if memory.loading == nil {
            memory.loading = Loading(since: clock.now, reason: admission.reason)
            for progress in [
                admission.metrics.rebuildVShards, admission.metrics.rebuildCells, admission.metrics.rebuildHolds,
            ] {
                progress.set(0)
            }
        }
        do {
            try await load(vshard, into: hotStock, memory: &memory)
            memory.setAside[vshard] = nil
        } catch  where error is HotStockError || error is LedgerFault {
            try await setAside(vshard, because: error, memory: &memory)
        }
        admission.nudge()
    }

    /// Leaves a vshard alone that cannot be loaded, so that the others are, and gives it to PostgreSQL where that goes on.
    private func setAside(_ vshard: VShard, because error: any Error, memory: inout Memory) async throws {
        let times = (memory.setAside[vshard]?.times ?? 0) + 1
        let isGivenUp = times >= Self.loadAttempts
        memory.setAside[vshard] = (
            times, clock.now + (isGivenUp ? Self.longestReturn : .milliseconds(50 << min(times, 6)))
        )
        admission.metrics.rebuildsFailed.increment()
        logger.error(
            "a part of the stock cannot be loaded",
            metadata: ["vshard": "\(vshard.rawValue)", "attempt": "\(times)", "error": "\(error)"])
        guard isGivenUp else { return }
        let changed = try await ledger.beginLedgerMode([vshard])
        admission.settle(changed.map { ($0.vshard, .ledger(epoch: $0.epoch)) })
    }

    /// Failures in a row after which PostgreSQL decides for a vshard that Redis does not take.
    private static let loadAttempts = 5

    private func load(_ vshard: VShard, into hotStock: HotStock, memory: inout Memory) async throws {
        settler.beginRecording()
        try await hotStock.ensureFunctions().get()
        do {
            try await load(vshard, above: 0, into: hotStock, memory: &memory)
        } catch HotStockError.stale {
            // Redis knows an epoch of a clock that was ahead, or of a future that PostgreSQL has lost.
            let known = try await hotStock.latestEpoch(vshard).get()
            try await load(vshard, above: known, into: hotStock, memory: &memory)
        }
    }

    private func load(
        _ vshard: VShard, above known: Int64, into hotStock: HotStock, memory: inout Memory
    ) async throws {
        let rows = try await ledger.beginRedisMode([vshard], above: known)
        admission.metrics.epochRaises.increment()
        Failpoint.epochRaised.pass()
        admission.settle([(vshard, .loading)])
        guard let row = rows.first else { return }
        let loader = VShardLoader(ledger: ledger, hotStock: hotStock, metrics: admission.metrics)
        let volume = try await loader.load(vshard, epoch: row.epoch)
        memory.loading?.vshards += 1
        memory.loading?.volume.cells += volume.cells
        memory.loading?.volume.holds += volume.holds
        admission.settle([(vshard, .redis(epoch: row.epoch))])
    }

    private func conclude(_ memory: inout Memory) {
        guard let loading = memory.loading else { return }
        memory.loading = nil
        let duration = clock.now - loading.since
        admission.metrics.rebuildTime.recordNanoseconds(duration.wholeMilliseconds * 1_000_000)
        // Scrubs are counted where they are begun.
        let isRoutine = loading.reason == Admission.scrubReason
        if !isRoutine { admission.metrics.rebuilt.increment() }
        logger.log(
            level: isRoutine ? .debug : .info,
            "stock admission is open",
            metadata: [
                "reason": "\(loading.reason)", "vshards": "\(loading.vshards)", "cells": "\(loading.volume.cells)",
                "holds": "\(loading.volume.holds)", "duration": "\(duration)",
            ])
    }

    /// Redis is away: after the breaker's delay PostgreSQL decides alone, unless another server can use Redis.
    private func bridge(_ rows: [VShardRow], othersSeeRedis: Bool, memory: inout Memory) async throws {
        memory.loading = nil
        guard let since = memory.brokenSince, clock.now - since >= configuration.breakerDelay else { return }
        guard !othersSeeRedis else {
            try await ledger.dropLease(.admission, holder: server)
            return
        }
        guard claim.refusal?.isMistake != true, rows.contains(where: { $0.mode == .redis }) else { return }
        Failpoint.beforeLedgerMode.pass()
        let changed = try await ledger.beginLedgerMode(rows.map(\.vshard))
        Failpoint.ledgerModeBegun.pass()
        let soon = memory.returnedAt.map { clock.now - $0 < Self.longestReturn } ?? false
        memory.returnDelay = soon ? min(memory.returnDelay * 2, Self.longestReturn) : configuration.returnDelay
        admission.settle(changed.map { ($0.vshard, .ledger(epoch: $0.epoch)) })
        admission.metrics.ledgerModes.increment()
        logger.warning(
            "Redis is away: PostgreSQL decides alone until it has been well for a while",
            metadata: ["vshards": "\(changed.count)", "return_delay": "\(memory.returnDelay)"])
    }
}

extension Duration {
    /// The duration in whole milliseconds.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}
