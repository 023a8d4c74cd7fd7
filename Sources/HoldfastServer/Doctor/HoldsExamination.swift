import Domain
import HotStock
import Ledger
import NIOCore

/// Compares the holds that Redis has with the rows of PostgreSQL.
///
/// What is on its way looks wrong for moments, so whatever looks wrong is looked at again after a grace. Both looks walk Redis
/// in portions; what is kept in memory is what looks wrong, up to a bound.
struct HoldsExamination {
    let ledger: Ledger
    let hotStock: HotStock
    /// Vshards that Redis admits for.
    let vshards: Set<VShard>

    /// From how long ago on an expired reservation is overdue, and a hold in Redis that PostgreSQL does not know an orphan.
    static let graceMilliseconds: Int64 = 5_000
    private static let portion = 1_000
    private static let most = 100_000

    /// A hold that should not be in Redis, with its units there.
    struct Stray: Sendable {
        var vshards: [VShard] = []
        var cells: Set<CellID> = []
        /// True where PostgreSQL has no row of it: an attempt that never became true.
        var isOrphan: Bool
    }

    func findings() async throws -> [Finding] {
        guard !vshards.isEmpty else { return [] }
        let strays = try await strays()
        let orphans = strays.values.count { $0.isOrphan }
        let unsettled = strays.count - orphans
        let advice = "servers free them within seconds; if they stay, run holdfast doctor --repair"
        return [
            Finding(
                orphans == 0 ? .ok : .warning, "orphans", "\(orphans) takes in Redis that PostgreSQL does not know",
                advice: orphans == 0 ? "" : advice),
            Finding(
                unsettled == 0 ? .ok : .warning, "ended holds", "\(unsettled) in Redis that PostgreSQL has ended",
                advice: unsettled == 0 ? "" : advice),
        ]
    }

    /// Holds that are in Redis without being live in PostgreSQL, and were so a grace ago already.
    func strays() async throws -> [HoldKey: Stray] {
        let first = try await walk { _ in true }
        guard !first.isEmpty else { return [:] }
        try await Task.sleep(for: .milliseconds(Self.graceMilliseconds))
        return try await walk { first[$0] != nil }
    }

    private func walk(_ isWanted: (HoldKey) -> Bool) async throws -> [HoldKey: Stray] {
        var strays: [HoldKey: Stray] = [:]
        for vshard in vshards.sorted() {
            var cursor: String?
            repeat {
                let portion = try await hotStock.holds(vshard, from: cursor, count: Self.portion).get()
                let holds = portion.holds.filter { isWanted($0.key) }
                let states = try await ledger.states(of: Array(Set(holds.map(\.key))))
                for hold in holds where states[hold.key] != .held {
                    var stray = strays[hold.key] ?? Stray(isOrphan: states[hold.key] == nil)
                    if !stray.vshards.contains(vshard) { stray.vshards.append(vshard) }
                    stray.cells.formUnion(hold.takes.map(\.cell))
                    if strays.count < Self.most || strays[hold.key] != nil { strays[hold.key] = stray }
                }
                cursor = portion.next
            } while cursor != nil
        }
        return strays
    }
}
