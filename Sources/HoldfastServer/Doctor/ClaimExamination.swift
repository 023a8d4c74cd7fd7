import HotStock
import Ledger
import NIOCore
import OrderPromising

/// Looks whose Redis it is, and whether all servers of the deployment use the same one.
struct ClaimExamination {
    let ledger: Ledger
    let hotStock: HotStock
    let keyPrefix: String

    /// Reports of a Redis that are younger than this are of servers that run.
    private static let lifeMilliseconds: Int64 = 10_000

    func findings() async throws -> (findings: [Finding], isOwn: Bool) {
        let own = try await ledger.deploymentClock().id
        let standing: RedisClaim?
        do {
            standing = try await hotStock.claim().get()
        } catch HotStockError.malformed(let what) {
            return (
                [
                    Finding(
                        .wrong, "deployment", "\(RedisRefusal.unreadable(what))",
                        advice: "set another --key-prefix on every server")
                ], false
            )
        }
        guard let standing else {
            let found = "\(own); no server has loaded this Redis for it yet"
            return ([Finding(.warning, "deployment", found, advice: "start a server: it loads Redis")], true)
        }
        guard standing.deployment == own else {
            return (
                [
                    Finding(
                        .wrong, "deployment",
                        "\(own), but this Redis belongs to \(standing.deployment) under the key prefix \(keyPrefix)",
                        advice: """
                            give each deployment a key prefix or a Redis of its own; where the other one is gone, stop \
                            its servers and run holdfast doctor --repair --take-redis
                            """)
                ], false
            )
        }
        let reports = try await ledger.admissionRedis()
        let others = reports.filter { report in
            report.instance != standing.instance && report.ageMilliseconds < Self.lifeMilliseconds
                && reports.contains { $0.instance == standing.instance && report.confirmedAt > $0.establishedAt }
        }
        guard let other = others.first else {
            return ([Finding(.ok, "deployment", "\(own), and this Redis is its own")], true)
        }
        return (
            [
                Finding(
                    .wrong, "deployment",
                    """
                    \(own), and its servers use \(others.count + 1) different Redis or key prefixes: this one, and \
                    \(other.instance) with the key prefix \(other.keyPrefix)
                    """,
                    advice: """
                        give all servers the same --redis-url and --key-prefix; those that came later promise nothing. \
                        To move to this Redis, run holdfast doctor --repair --take-redis, then restart the others with it
                        """)
            ], true
        )
    }
}
