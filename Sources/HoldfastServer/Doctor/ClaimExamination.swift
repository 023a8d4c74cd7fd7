import Domain
import HotStock
import Ledger
import NIOCore
import OrderPromising

/// Looks whose Redis it is, and whether all servers of the deployment use the same one.
struct ClaimExamination {
    /// What the Redis is to the deployment.
    enum Standing: Sendable, Hashable {
        /// Something else than a claim stands under the deployment's key.
        case unreadable(String)
        /// Its keys belong to another deployment.
        case anothers(RedisClaim)
        /// Nobody has claimed it, and no server is known to use another one.
        case free
        /// Running servers surely use others, and none is known to use this one; nobody may have claimed it.
        case unused(inUse: [AdmissionRedis])
        /// It is the deployment's; running servers surely use others beside it, and those that use the eldest are right.
        case own(rivals: [AdmissionRedis], isEldest: Bool)

        /// True where what stands in it says how the deployment is.
        var isTelling: Bool {
            switch self {
            case .free: true
            case .own(_, let isEldest): isEldest
            case .unreadable, .anothers, .unused: false
            }
        }
    }

    let ledger: Ledger
    let hotStock: HotStock
    let keyPrefix: String

    /// Reports of a Redis that are younger than this are of servers that run, or ran moments ago.
    private static let lifeMilliseconds: Int64 = 10_000
    /// How often it is looked whether servers really use another Redis, and the pause between two looks: together several
    /// times the pause between two reports of a server.
    private static let looks = 10
    private static let pause = Duration.milliseconds(400)

    /// The claim that stands in Redis, read between two moments of PostgreSQL's clock.
    private struct Sight {
        var claim: RedisClaim?
        var before: Instant
        var after: Instant
    }

    private func sight() async throws -> Sight {
        let before = try await ledger.deploymentClock().now
        let claim = try await hotStock.claim().get()
        return Sight(claim: claim, before: before, after: try await ledger.deploymentClock().now)
    }

    /// Finds out what the Redis is to the deployment.
    ///
    /// A server reports the Redis that it uses with a moment from before it looked. One that was established before this
    /// Redis was looked at, and confirmed after it was found to be another one, surely is another one. Younger reports alone
    /// prove nothing: this Redis may have been emptied a moment ago. So where they are all there is, it waits for the next.
    func standing() async throws -> Standing {
        let deployment = try await ledger.deploymentClock().id
        do {
            var seen = try await sight()
            for _ in 0..<Self.looks {
                if let claim = seen.claim, claim.deployment != deployment { return .anothers(claim) }
                let reports = try await ledger.admissionRedis().filter { report in
                    report.ageMilliseconds.magnitude < UInt64(Self.lifeMilliseconds)
                }
                let others = reports.filter { $0.instance != seen.claim?.instance }
                if let own = reports.first(where: { $0.instance == seen.claim?.instance }) {
                    let rivals = others.filter { $0.confirmedAt > own.establishedAt }
                    return .own(
                        rivals: rivals, isEldest: rivals.allSatisfy { own.establishedAt <= $0.establishedAt })
                }
                let inUse = others.filter { $0.establishedAt <= seen.before && $0.confirmedAt > seen.after }
                guard inUse.isEmpty else { return .unused(inUse: inUse) }
                guard !others.isEmpty else { break }
                try await Task.sleep(for: Self.pause)
                let again = try await sight()
                if again.claim != seen.claim { seen = again }
            }
            return seen.claim == nil ? .free : .own(rivals: [], isEldest: true)
        } catch HotStockError.malformed(let what) {
            return .unreadable(what)
        }
    }

    func findings() async throws -> (findings: [Finding], isTelling: Bool) {
        let own = try await ledger.deploymentClock().id
        let standing = try await standing()
        return ([Self.finding(own, standing, keyPrefix: keyPrefix)], standing.isTelling)
    }

    private static func finding(_ own: EntityID, _ standing: Standing, keyPrefix: String) -> Finding {
        let subject = "deployment"
        switch standing {
        case .unreadable(let what):
            return Finding(
                .wrong, subject, "\(RedisRefusal.unreadable(what))", advice: "set another --key-prefix on every server")
        case .anothers(let claim):
            return Finding(
                .wrong, subject,
                "\(own), but this Redis belongs to \(claim.deployment) under the key prefix \(keyPrefix)",
                advice: """
                    give each deployment a key prefix or a Redis of its own; where the other one is gone, stop its servers \
                    and run holdfast doctor --repair --take-redis
                    """)
        case .free:
            return Finding(
                .warning, subject, "\(own); no server has loaded this Redis for it yet",
                advice: "start a server: it loads Redis")
        case .unused(let inUse):
            return Finding(
                .wrong, subject, "\(own), and its running servers use another Redis: \(names(inUse))",
                advice: """
                    give the doctor the --redis-url and the --key-prefix of the servers. To move them to this Redis, run \
                    holdfast doctor --repair --take-redis, then restart them with it
                    """)
        case .own(let rivals, _) where rivals.isEmpty:
            return Finding(.ok, subject, "\(own), and this Redis is its own")
        case .own(let rivals, _):
            return Finding(
                .wrong, subject,
                """
                \(own), and its servers use \(rivals.count + 1) different Redis or key prefixes: this one, and \
                \(names(rivals))
                """,
                advice: """
                    give all servers the same --redis-url and --key-prefix; those that came later promise nothing. To move \
                    to this Redis, run holdfast doctor --repair --take-redis, then restart the others with it
                    """)
        }
    }

    static func names(_ reports: [AdmissionRedis]) -> String {
        reports.map { "\($0.instance) with the key prefix \($0.keyPrefix)" }.joined(separator: ", ")
    }
}
