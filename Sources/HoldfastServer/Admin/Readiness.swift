import OrderPromising
import PostgresClient
import RedisClient
import Synchronization

/// Whether calls are answered, and if not, why.
final class Readiness: Sendable {
    /// What a load balancer is told.
    struct Report: Sendable, Hashable {
        /// Whether the server has been told to stop.
        var isDraining: Bool
        /// Whether it listens.
        var isListening: Bool
        /// What is wrong with Redis; `nil` where nothing is.
        ///
        /// Calls are answered all the same while PostgreSQL decides alone.
        var redis: String?
        /// What is wrong with PostgreSQL; `nil` where nothing is.
        var postgres: String?
        /// Whether stock is admitted.
        var admission: PromisingStatus.Admission
        /// Parts of the stock that PostgreSQL decides alone.
        var ledgerVShards: Int

        /// Whether calls are answered.
        var isReady: Bool {
            !isDraining && isListening && postgres == nil && admission == .open
        }

        /// The report as one JSON object.
        var json: String {
            func store(_ problem: String?) -> String {
                guard let problem else { return #"{"ready":true}"# }
                return #"{"ready":false,"reason":\#(JSONText.quoted(problem))}"#
            }
            return """
                {"ready":\(isReady),"draining":\(isDraining),"listening":\(isListening),\
                "stores":{"postgres":\(store(postgres)),"redis":\(store(redis))},\
                "admission":"\(admission.rawValue)","ledger_mode":\(ledgerVShards > 0)}
                """
        }
    }

    /// A PostgreSQL that says nothing for this long is taken for gone; it is asked four times a second.
    private static let patience = Duration.seconds(5)

    private let promising: OrderPromising
    private let redis: RedisClient
    private let pool: PostgresPool
    private let isListening = Atomic(false)
    private let isDraining = Atomic(false)

    init(promising: OrderPromising, redis: RedisClient, pool: PostgresPool) {
        self.promising = promising
        self.redis = redis
        self.pool = pool
    }

    /// The server listens from now on.
    func listens() {
        isListening.store(true, ordering: .relaxed)
    }

    /// The server takes no calls any more.
    func drains() {
        isDraining.store(true, ordering: .relaxed)
    }

    /// How things stand.
    func report() -> Report {
        let status = promising.status
        return Report(
            isDraining: isDraining.load(ordering: .relaxed), isListening: isListening.load(ordering: .relaxed),
            redis: redisProblem(status), postgres: postgresProblem(status), admission: status.admission,
            ledgerVShards: status.ledgerVShards)
    }

    private func redisProblem(_ status: PromisingStatus) -> String? {
        let lost = redis.links.count { !$0.isConnected }
        if lost == redis.links.count { return "not connected" }
        if lost > 0 { return "\(lost) of \(redis.links.count) links are not connected" }
        if let refusal = status.redisRefusal { return "\(refusal)" }
        switch status.admission {
        case .open: return nil
        case .rebuilding: return "being loaded"
        case .closed: return "not loaded"
        }
    }

    private func postgresProblem(_ status: PromisingStatus) -> String? {
        if pool.status.connected == 0 { return "not connected" }
        guard let silence = status.sinceLedgerAnswered else { return "not heard of yet" }
        guard silence > Readiness.patience else { return nil }
        return "has taken no change for \(silence.components.seconds) s: it is stuck, read-only, or a standby"
    }
}
