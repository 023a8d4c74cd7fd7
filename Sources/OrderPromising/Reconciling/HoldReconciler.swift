import Domain
import Failpoints
import HotStock
import Ledger
import Logging
import NIOCore

/// Walks the holds that Redis has and puts right what PostgreSQL says otherwise of.
///
/// | Redis has it, PostgreSQL … | what it is | what is done, once it has been so for the grace |
/// |---|---|---|
/// | has no row | an attempt that died between the take and the row, or is still on its way | a tombstone, if the row is still missing; then it is settled |
/// | has closed it | a settle that was lost | it is settled again |
/// | has it live | all is well | nothing |
///
/// Invariants. A hold leaves Redis only when its row in PostgreSQL is final, and with bases that were read after that: so
/// Redis never admits more than PostgreSQL has. Whoever writes the row first wins, the attempt or the tombstone; the other
/// one finds it. The same hold under another nonce is another attempt, whose grace begins anew.
///
/// A crash before the tombstone leaves all as it was; one after it leaves a closed hold, which the next look settles. Any
/// number of servers may do this at once: each step changes nothing the second time. An entry that is no hold is counted
/// in the log and left alone: the next load of its vshard removes it.
struct HoldReconciler {
    private struct Place: Hashable {
        var vshard: VShard
        var key: HoldKey
    }

    private struct Mark: Equatable {
        var isOrphan: Bool
        var nonce: UInt64
    }

    let ledger: Ledger
    let admission: Admission
    let settler: Settler
    let settings: RepairSettings
    let logger: Logger
    private var sightings = Sightings<Place, Mark>()

    init(ledger: Ledger, admission: Admission, settler: Settler, settings: RepairSettings, logger: Logger) {
        self.ledger = ledger
        self.admission = admission
        self.settler = settler
        self.settings = settings
        self.logger = logger
    }

    /// Looks at one portion of a vshard's holds, from `cursor` on, and tells where the next one begins; nil at the end.
    mutating func look(at vshard: VShard, from cursor: String?, in hotStock: HotStock) async throws -> String? {
        let portion = try await hotStock.holds(vshard, from: cursor, count: settings.holdPortion).get()
        if portion.unreadable > 0 {
            logger.error(
                "Redis has entries among the holds that are none",
                metadata: ["vshard": "\(vshard.rawValue)", "count": "\(portion.unreadable)"])
        }
        let states = try await ledger.states(of: portion.holds.map(\.key))
        let now = ContinuousClock.now
        var orphans: [TakenHold] = []
        var closed: [TakenHold] = []
        for hold in portion.holds {
            let place = Place(vshard: vshard, key: hold.key)
            let state = states[hold.key]
            guard state != .held else {
                sightings.clear(place)
                continue
            }
            let mark = Mark(isOrphan: state == nil, nonce: hold.nonce)
            guard sightings.see(place, mark, at: now, grace: settings.grace) else { continue }
            if mark.isOrphan { orphans.append(hold) } else { closed.append(hold) }
        }
        try await repair(vshard, orphans: orphans, closed: closed, in: hotStock)
        return portion.next
    }

    /// Ends a look at all holds.
    mutating func endPass() { sightings.endPass() }

    /// Puts tombstones on those that still have no row, and returns them.
    private func bury(_ orphans: [TakenHold]) async throws -> Set<HoldKey> {
        #if HOLDFAST_FAILPOINTS
            if Sabotage.orphanWithoutTombstone.isOn { return Set(orphans.map(\.key)) }
        #endif
        let buried = Set(try await ledger.bury(orphans.map(\.key)))
        if !buried.isEmpty { Failpoint.buried.pass() }
        return buried
    }

    private mutating func repair(
        _ vshard: VShard, orphans: [TakenHold], closed: [TakenHold], in hotStock: HotStock
    ) async throws {
        guard !orphans.isEmpty || !closed.isEmpty else { return }
        let buried = try await bury(orphans)
        let voided = orphans.filter { buried.contains($0.key) }
        let final = voided + closed
        guard !final.isEmpty else { return }
        // Read now, after all of them are final: what a settle must bring along.
        let bases = try await ledger.bases(of: Array(Set(final.flatMap(\.takes).map(\.cell))))
        let settlement = Settlement(holds: final.map { .init(key: $0.key, vshards: [vshard]) }, bases: bases)
        _ = try await settler.settle(settlement, through: hotStock).get()
        for hold in final { sightings.clear(Place(vshard: vshard, key: hold.key)) }
        admission.metrics.repair.repaired(.orphan, voided.count)
        admission.metrics.repair.repaired(.settle, closed.count)
        logger.notice(
            "holds were freed",
            metadata: [
                "vshard": "\(vshard.rawValue)", "voided": "\(voided.count)", "settled_again": "\(closed.count)",
                "units": "\(final.flatMap(\.takes).reduce(0) { $0 + $1.quantity })",
            ])
    }
}
