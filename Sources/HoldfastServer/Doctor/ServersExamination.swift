import Ledger

/// Looks at the servers that run, what each of them does for all, and what they leave undone.
struct ServersExamination {
    let standing: DeploymentStanding

    /// A server that has said nothing for this long does not run any more.
    private static let lifeMilliseconds: Int64 = 30_000

    func findings() -> [Finding] {
        let running = standing.servers.filter { $0.silenceMilliseconds < Self.lifeMilliseconds }
        return [servers(running)] + leases(running) + [overdue(running)]
    }

    private func servers(_ running: [DeploymentStanding.Server]) -> Finding {
        guard !running.isEmpty else { return Finding(.ok, "servers", "none runs") }
        let blind = running.filter { !$0.seesRedis }
        guard !blind.isEmpty else { return Finding(.ok, "servers", "\(running.count) running") }
        return Finding(
            .warning, "servers", "\(running.count) running, \(blind.count) of them cannot use Redis",
            advice: "look at their logs and at the way from them to Redis")
    }

    private func leases(_ running: [DeploymentStanding.Server]) -> [Finding] {
        guard !running.isEmpty else { return [] }
        let lapsed = standing.leases.filter { $0.remainingMilliseconds < -Self.lifeMilliseconds }
        guard let first = lapsed.first else { return [] }
        return [
            Finding(
                .warning, "leases",
                "nobody has done this for \(-first.remainingMilliseconds / 1_000) s: "
                    + lapsed.map(\.name).joined(separator: ", "),
                advice: "look at the servers' logs: one of them should have taken it over")
        ]
    }

    private func overdue(_ running: [DeploymentStanding.Server]) -> Finding {
        let count = standing.overdueReservations
        guard count > 0 else { return Finding(.ok, "expiry", "no reservation is overdue") }
        let age = standing.longestOverdueMilliseconds / 1_000
        return Finding(
            .warning, "expiry", "\(count) reservations are over, for up to \(age) s, and still hold stock",
            advice: running.isEmpty
                ? "a server ends them when it starts; or run holdfast doctor --repair"
                : "look at the servers' logs; holdfast doctor --repair ends what can be ended")
    }
}
