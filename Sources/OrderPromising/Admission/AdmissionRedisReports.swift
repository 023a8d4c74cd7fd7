import Domain
import Ledger

/// What the servers of a deployment report of the Redis that they use, judged from the side of one of them.
///
/// Every report is confirmed at a moment of PostgreSQL's clock from *before* the server looked at its Redis, and a Redis is
/// established after its claim was made. So a report that was confirmed after another Redis was established cannot come from
/// that other Redis, where the new claim would have been read: there are surely two. A Redis that was merely emptied, or
/// restarted, is never confirmed again under its old claim.
struct AdmissionRedisReports {
    /// All that were reported, the eldest first.
    let reports: [AdmissionRedis]
    /// The claim that this server has found.
    let instance: EntityID
    /// This server.
    let server: EntityID
    /// A moment after this server had found that claim for the first time without another one in between; nil before it has
    /// found it twice.
    let foundSince: Instant?

    /// A Redis that nobody has confirmed for this long is not used any more: several times the pause between two looks.
    static let lifeMilliseconds: Int64 = 10_000
    /// One that was confirmed this lately may still be in use although that is not certain.
    static let doubtMilliseconds: Int64 = 3_000

    private var own: AdmissionRedis? { reports.first { $0.instance == instance } }

    /// The eldest Redis that other servers surely use besides this one: they stay with it, this server is refused.
    var elder: AdmissionRedis? {
        guard let own else { return nil }
        return reports.first { other in
            isOlder(other, than: own) && other.confirmedAt > own.establishedAt
                && isInUse(other)
        }
    }

    /// Younger ones that servers surely use besides this one: those servers are refused.
    ///
    /// Confirmed before this server found its own claim, a younger one proves nothing: Redis may have been set back to old
    /// contents since.
    var younger: [AdmissionRedis] {
        guard let own, let foundSince else { return [] }
        return reports.filter { other in
            isOlder(own, than: other) && other.confirmedAt > max(other.establishedAt, foundSince)
                && isInUse(other)
        }
    }

    /// True where another server used an elder Redis moments ago, and whether it still does is not known yet.
    var isInDoubt: Bool {
        guard let own else { return false }
        return reports.contains { other in
            isOlder(other, than: own) && other.server != server && other.ageMilliseconds < Self.doubtMilliseconds
        }
    }

    /// A moment to come is one of a clock that was set back, and proves nothing.
    private func isInUse(_ report: AdmissionRedis) -> Bool {
        report.ageMilliseconds.magnitude < UInt64(Self.lifeMilliseconds)
    }

    private func isOlder(_ one: AdmissionRedis, than other: AdmissionRedis) -> Bool {
        (one.establishedAt, one.instance) < (other.establishedAt, other.instance)
    }
}
