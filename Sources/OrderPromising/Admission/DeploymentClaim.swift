import CoreMetrics
import Domain
import HotStock
import Ledger
import Logging
import NIOCore
import Synchronization

/// Sees to it that this server's Redis is its deployment's, and the only one.
///
/// Two mistakes of configuration are noticed. *Two deployments on one Redis*: epochs are numbers that each database counts for
/// itself, so what one deployment loaded could pass for the other's. Therefore the first server that loads a Redis puts its
/// deployment's id under the key `<prefix>deployment` (only where nothing stands there), and a server that finds another id
/// never loads, arms or uses that Redis. *Two Redis, or two key prefixes, under one database*: the epochs keep that safe, but
/// the servers would take the admission from each other for ever. Therefore the claim carries a random id, servers report to
/// PostgreSQL which one they find, and those that came later are refused; see ``AdmissionRedisReports``.
///
/// A Redis that was restarted or emptied has no claim and gets a new one. A claim dies with its keys, so a crash at any step
/// leaves either no claim, or one of this deployment's that the next look finds. Where a store cannot be asked nothing is
/// decided: the look fails and is repeated.
final class DeploymentClaim: Sendable {
    private struct State {
        var refusal: RedisRefusal?
        var hasPassed = false
        var isFull = false
        var mayEvict = false
        var younger: Set<EntityID> = []
        /// The claim that was found last, and a moment after it was found for the first time in a row.
        var found: (instance: EntityID, since: Instant?)?
    }

    private let ledger: Ledger
    private let keyPrefix: String
    private let metrics: PromisingMetrics
    private let logger: Logger
    private let server: EntityID
    private let state = Mutex(State())

    init(ledger: Ledger, keyPrefix: String, metrics: PromisingMetrics, logger: Logger) {
        var generator = SystemRandomNumberGenerator()
        self.ledger = ledger
        self.keyPrefix = keyPrefix
        self.metrics = metrics
        self.logger = logger
        server = EntityID.random(using: &generator)
    }

    /// How often a server that has just started looks whether an elder Redis is really still in use, and the pause between
    /// two looks; together longer than the pause between two confirmations.
    private static let looks = 5
    private static let pause = Duration.milliseconds(400)

    /// Why the Redis was refused at the last look; nil where it was not.
    var refusal: RedisRefusal? { state.withLock { $0.refusal } }

    /// True where Redis had reached its limit of memory at the last look: PostgreSQL decides meanwhile.
    var isFull: Bool { state.withLock { $0.isFull } }

    /// Claims a Redis that is free, and passes where it is this deployment's own.
    ///
    /// Call it before a Redis is loaded. Throws ``RedisRefusal`` where it must not be used; any other error says that this
    /// could not be found out.
    func check(on hotStock: HotStock) async throws {
        do {
            try await look(at: hotStock)
            note(nil)
        } catch let refusal as RedisRefusal {
            note(refusal)
            throw refusal
        }
    }

    /// Looks again and again until cancelled, and calls back where the Redis in use must not be used any more.
    func watch(every interval: Duration, _ hotStock: @Sendable () -> HotStock?, onRefusal: () -> Void) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            guard let hotStock = hotStock() else { continue }
            do {
                try await check(on: hotStock)
            } catch is RedisRefusal {
                onRefusal()
            } catch {
                // A store that is away is noticed and told of by those who need it.
                logger.debug("the claim of Redis cannot be looked at", metadata: ["error": "\(error)"])
            }
        }
    }

    private func look(at hotStock: HotStock) async throws {
        let facts = try await hotStock.serverFacts().get()
        guard facts.isRecentEnough else { throw RedisRefusal.tooOld(version: facts.version) }
        guard !facts.isReplica else { throw RedisRefusal.replica }
        guard !facts.isCluster else { throw RedisRefusal.cluster }
        note(isFull: facts.isFull)
        note(mayEvict: facts.mayEvict)
        var reports = try await report(hotStock)
        if !state.withLock({ $0.hasPassed }) {
            for _ in 0..<Self.looks where reports.elder == nil && reports.isInDoubt {
                try await Task.sleep(for: Self.pause)
                reports = try await report(hotStock)
            }
        }
        note(younger: reports.younger)
        if let elder = reports.elder {
            throw RedisRefusal.anotherRedis(
                inUse: elder, own: RedisClaimant(instance: reports.instance, keyPrefix: keyPrefix))
        }
        // An earlier revision would lack what this program asks for.
        try await hotStock.ensureFunctions().get()
        state.withLock { $0.hasPassed = true }
    }

    private func report(_ hotStock: HotStock) async throws -> AdmissionRedisReports {
        let (deployment, seenAt) = try await ledger.deploymentClock()
        let claim = try await standingClaim(hotStock, deployment)
        guard claim.deployment == deployment else {
            throw RedisRefusal.anotherDeployment(found: claim.deployment, own: deployment, keyPrefix: keyPrefix)
        }
        let foundSince = state.withLock { state -> Instant? in
            // Whatever was read from now on was read after the look that came before this one.
            let since = state.found?.instance == claim.instance ? state.found?.since ?? seenAt : nil
            state.found = (claim.instance, since)
            return since
        }
        return AdmissionRedisReports(
            reports: try await ledger.confirmAdmissionRedis(
                claim.instance, keyPrefix: keyPrefix, by: server, seenAt: seenAt),
            instance: claim.instance, server: server, foundSince: foundSince)
    }

    private func standingClaim(_ hotStock: HotStock, _ deployment: EntityID) async throws -> RedisClaim {
        var generator = SystemRandomNumberGenerator()
        do {
            if let claim = try await hotStock.claim().get() { return claim }
            let wanted = RedisClaim(deployment: deployment, instance: EntityID.random(using: &generator))
            if let claim = try await hotStock.claim(wanted).get() { return claim }
        } catch HotStockError.malformed(let what) {
            throw RedisRefusal.unreadable(what)
        }
        throw Refusal.unavailable("Redis forgets what it was told", retryAfterMilliseconds: 250)
    }

    private func note(_ refusal: RedisRefusal?) {
        let former = state.withLock { state in
            defer { state.refusal = refusal }
            return state.refusal
        }
        metrics.redisRefused.set(refusal == nil ? 0 : 1)
        if let refusal {
            // The age in the text of one case grows with every look.
            guard former?.kind != refusal.kind else { return }
            logger.error("this Redis is not used", metadata: ["reason": "\(refusal)"])
        } else if former != nil {
            logger.info("this Redis is used")
        }
    }

    /// Every call that a full Redis refuses would be a line too many.
    private func note(isFull: Bool) {
        let wasFull = state.withLock { state in
            defer { state.isFull = isFull }
            return state.isFull
        }
        if isFull, !wasFull { logger.error("Redis is full and takes nothing: raise its maxmemory") }
        if !isFull, wasFull { logger.info("Redis has room again") }
    }

    private func note(mayEvict: Bool) {
        let couldEvict = state.withLock { state in
            defer { state.mayEvict = mayEvict }
            return state.mayEvict
        }
        if mayEvict, !couldEvict {
            logger.error("Redis may forget keys when its memory is full: set its maxmemory-policy to noeviction")
        }
    }

    private func note(younger: [AdmissionRedis]) {
        let known = state.withLock { state in
            defer { state.younger = Set(younger.map(\.instance)) }
            return state.younger
        }
        metrics.rivalRedis.set(younger.count)
        for rival in younger where !known.contains(rival.instance) {
            logger.error(
                "another server of this deployment uses another Redis or key prefix and is refused: correct it",
                metadata: [
                    "server": "\(rival.server)", "redis": "\(rival.instance)", "key_prefix": "\(rival.keyPrefix)",
                ])
        }
    }
}

extension RedisRefusal {
    /// What tells two refusals apart that are worth a line each.
    fileprivate var kind: String {
        switch self {
        case .anotherDeployment(let found, _, _): "deployment \(found)"
        case .anotherRedis(let inUse, _): "redis \(inUse.instance)"
        case .tooOld(let version): "version \(version)"
        case .replica: "replica"
        case .cluster: "cluster"
        case .unreadable: "unreadable"
        }
    }
}
