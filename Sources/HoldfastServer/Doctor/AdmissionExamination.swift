import HotStock
import Ledger
import NIOCore

/// Looks at every part of the stock: its epoch, who decides for it, and whether Redis is armed for it.
///
/// A part is closed for moments while it is loaded, or while PostgreSQL takes over, so what is closed beside a running server is
/// looked at again before it is called wrong.
struct AdmissionExamination {
    let ledger: Ledger
    /// Redis; nil where it cannot be used.
    let hotStock: HotStock?

    /// How often closed parts are looked at, and the pause between two looks.
    private static let looks = 10
    private static let pause = Duration.milliseconds(500)
    /// A server reports four times a second: one that has been silent for longer than this, in milliseconds, may have ended, and
    /// opens nothing.
    private static let patienceMilliseconds: Int64 = 3_000

    func findings() async throws -> (findings: [Finding], vshards: [DoctorReport.VShardState]) {
        var (standing, vshards) = try await look()
        for _ in 1..<Self.looks where mayOpen(standing, vshards) {
            try await Task.sleep(for: Self.pause)
            (standing, vshards) = try await look()
        }
        let admission = admission(standing, vshards)
        guard let hotStock else { return ([admission], vshards) }
        return ([try await library(hotStock), admission], vshards)
    }

    private func look() async throws -> (standing: DeploymentStanding, vshards: [DoctorReport.VShardState]) {
        let standing = try await ledger.standing(graceMilliseconds: HoldsExamination.graceMilliseconds)
        var vshards: [DoctorReport.VShardState] = []
        for entry in standing.vshards {
            var status: VShardStatus?
            do {
                status = try await hotStock?.status(entry.vshard).get()
            } catch HotStockError.notArmed {
                // The function library is not there: no server has loaded this Redis yet.
                status = .unloaded
            }
            vshards.append(
                .init(
                    vshard: entry.vshard, epoch: entry.epoch, isDecidedByLedger: entry.isDecidedByLedger,
                    armedEpoch: status?.armed, loadedEpoch: status?.epoch, calls: status?.sequence))
        }
        return (standing, vshards)
    }

    /// Whether something is closed that a running server opens within moments.
    private func mayOpen(_ standing: DeploymentStanding, _ vshards: [DoctorReport.VShardState]) -> Bool {
        !working(standing).isEmpty && vshards.contains { !$0.isOpen } && !onlyRedisKnows(standing)
    }

    /// Whether servers may well promise by a Redis that cannot be asked from here.
    private func onlyRedisKnows(_ standing: DeploymentStanding) -> Bool {
        hotStock == nil && working(standing).contains(where: \.seesRedis)
    }

    private func working(_ standing: DeploymentStanding) -> [DeploymentStanding.Server] {
        standing.servers.filter { $0.silenceMilliseconds < Self.patienceMilliseconds }
    }

    private func library(_ hotStock: HotStock) async throws -> Finding {
        let libraries = try await hotStock.libraries().get()
        let names = libraries.map { "\($0.name) revision \($0.revision)" }.joined(separator: ", ")
        guard let own = libraries.first(where: { $0.name == FunctionLibrary.name }) else {
            return Finding(
                .warning, "Redis functions", names.isEmpty ? "not loaded" : "only of another version: \(names)",
                advice: "a running server loads them within moments")
        }
        guard own.revision >= FunctionLibrary.revision else {
            return Finding(
                .ok, "Redis functions",
                "\(names); the next server of this version that loads Redis brings revision "
                    + "\(FunctionLibrary.revision)")
        }
        return Finding(.ok, "Redis functions", names)
    }

    /// How many parts promise, and who decides.
    private func admission(_ standing: DeploymentStanding, _ vshards: [DoctorReport.VShardState]) -> Finding {
        let open = vshards.count { $0.isOpen }
        let found = "\(open) of \(vshards.count) parts of the stock are open for promises"
        let decided = vshards.count { $0.isDecidedByLedger }
        guard open == vshards.count else {
            if onlyRedisKnows(standing) {
                return Finding(
                    .warning, "admission", found + "; of the others only Redis can tell",
                    advice: "give the doctor a way to the servers' Redis")
            }
            guard !working(standing).isEmpty else {
                return Finding(
                    .warning, "admission", found, advice: "a server opens them within moments when it is started")
            }
            return Finding(
                .wrong, "admission", found + ", although servers run",
                advice: "look at the servers' logs and at /readyz: they say why")
        }
        guard decided == 0 else {
            return Finding(
                .warning, "admission", found + ", \(decided) of them by PostgreSQL alone",
                advice: "servers go back to Redis by themselves once they can use it; if it answers, look at their logs"
            )
        }
        return Finding(.ok, "admission", found)
    }
}
