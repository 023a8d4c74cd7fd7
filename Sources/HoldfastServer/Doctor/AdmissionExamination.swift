import HotStock
import Ledger
import NIOCore

/// Looks at every part of the stock: its epoch, who decides for it, and whether Redis is armed for it.
struct AdmissionExamination {
    let hotStock: HotStock
    let standing: DeploymentStanding

    func findings() async throws -> (findings: [Finding], vshards: [DoctorReport.VShardState]) {
        var vshards: [DoctorReport.VShardState] = []
        for entry in standing.vshards {
            do {
                vshards.append(Self.state(entry, try await hotStock.status(entry.vshard).get()))
            } catch HotStockError.notArmed {
                // The function library is not there: no server has loaded this Redis yet.
                vshards.append(Self.state(entry, VShardStatus.unloaded))
            }
        }
        return ([try await library(), Self.admission(vshards)], vshards)
    }

    static func state(_ entry: DeploymentStanding.VShardEntry, _ status: VShardStatus?) -> DoctorReport.VShardState {
        DoctorReport.VShardState(
            vshard: entry.vshard, epoch: entry.epoch, isDecidedByLedger: entry.isDecidedByLedger,
            armedEpoch: status?.armed, loadedEpoch: status?.epoch, calls: status?.sequence)
    }

    private func library() async throws -> Finding {
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
    static func admission(_ vshards: [DoctorReport.VShardState]) -> Finding {
        let open = vshards.count { $0.isOpen }
        let found = "\(open) of \(vshards.count) parts of the stock are open for promises"
        let decided = vshards.count { $0.isDecidedByLedger }
        guard open == vshards.count else {
            return Finding(
                .warning, "admission", found,
                advice: "a running server opens them within moments; if one runs, look at its log")
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
