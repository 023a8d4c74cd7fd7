import Domain
import HotStock
import Ledger
import NIOCore

/// The ordinary repairs, each of which servers make too.
///
/// Order: take Redis over where asked → end what is overdue → bury orphans and settle what has ended → let servers load anew
/// what is not open or differs. PostgreSQL first, Redis last, as everywhere; what breaks off in between leaves Redis too low,
/// and the next repair finds it. A Redis that is another deployment's, or not the one that running servers use, is left alone:
/// what stands there is no reason to change anything.
struct DoctorRepairing {
    let ledger: Ledger
    let hotStock: HotStock
    let keyPrefix: String

    private static let expiryPortion: Int32 = 500

    /// Makes the repairs that are asked for and notes each as it is done, so that one that throws hides none before it.
    func run(_ repairs: DoctorRepairs, noting done: inout [DoctorReport.Repair]) async throws {
        if repairs.takesRedis { try await takeRedis(noting: &done) }
        guard repairs.ordinary else { return }
        let standing = try await ClaimExamination(ledger: ledger, hotStock: hotStock, keyPrefix: keyPrefix).standing()
        if let reason = Self.reasonToLeaveAlone(standing) {
            done.append(.init("Redis", "was left alone: \(reason)"))
            return
        }
        guard standing != .free else {
            try await endOverdue(isOwnRedis: false, noting: &done)
            return
        }
        try await endOverdue(isOwnRedis: true, noting: &done)
        let vshards = try await openVShards()
        try await bury(in: vshards.open, noting: &done)
        done.append(try await reload(closed: vshards.closed, open: vshards.open))
    }

    private static func reasonToLeaveAlone(_ standing: ClaimExamination.Standing) -> String? {
        switch standing {
        case .unreadable(let what): what
        case .anothers(let claim): "it belongs to the deployment \(claim.deployment)"
        case .unused(let inUse): "running servers use another one, \(ClaimExamination.names(inUse))"
        case .own(let rivals, let isEldest) where !isEldest:
            "servers used another one before, \(ClaimExamination.names(rivals))"
        case .own, .free: nil
        }
    }

    // MARK: - Redis

    private func takeRedis(noting done: inout [DoctorReport.Repair]) async throws {
        let (own, now) = try await ledger.deploymentClock()
        var generator = SystemRandomNumberGenerator()
        let doctor = EntityID.random(using: &generator)
        var instance = EntityID.random(using: &generator)
        let found = try await hotStock.claim().get()
        let former: String
        if let found, found.deployment == own {
            instance = found.instance
            former = "it was the deployment's already"
        } else {
            try await hotStock.takeOver(RedisClaim(deployment: own, instance: instance)).get()
            former =
                found.map { "it belonged to the deployment \($0.deployment), whose servers refuse it from now on" }
                ?? "nobody had it"
        }
        do {
            _ = try await ledger.confirmAdmissionRedis(instance, keyPrefix: keyPrefix, by: doctor, seenAt: now)
            try await ledger.preferAdmissionRedis(instance)
        } catch {
            done.append(
                .init("deployment", "this Redis has the claim of \(own), not yet preferred to others; \(former)"))
            throw error
        }
        done.append(.init("deployment", "this Redis is the one of \(own) now; \(former)"))
    }

    private func openVShards() async throws -> (open: Set<VShard>, closed: [VShard]) {
        let examined = try await AdmissionExamination(ledger: ledger, hotStock: hotStock).findings().vshards
        return (
            Set(examined.filter { $0.isOpen && !$0.isDecidedByLedger }.map(\.vshard)),
            examined.filter { !$0.isOpen }.map(\.vshard)
        )
    }

    private func settle(_ settlement: Settlement) async throws {
        var holds: [VShard: [HoldKey]] = [:]
        var bases: [VShard: [CellBase]] = [:]
        for hold in settlement.holds {
            for vshard in hold.vshards { holds[vshard, default: []].append(hold.key) }
        }
        for base in settlement.bases { bases[base.vshard, default: []].append(base.base) }
        for vshard in Set(holds.keys).union(bases.keys).sorted() {
            _ = try await hotStock.settle(vshard, holds: holds[vshard] ?? [], bases: bases[vshard] ?? []).get()
        }
    }

    // MARK: - Repairs

    private func endOverdue(isOwnRedis: Bool, noting done: inout [DoctorReport.Repair]) async throws {
        var ended = 0
        do {
            while true {
                let expired = try await ledger.expire(limit: Self.expiryPortion)
                ended += expired.lags.count
                if isOwnRedis, !expired.settlement.isEmpty { try await settleIfLoaded(expired.settlement) }
                guard expired.lags.count == Int(Self.expiryPortion) else { break }
            }
        } catch let refused as StatementRefused {
            done.append(.init("expiry", "ended \(ended) reservations, then PostgreSQL refused one: \(refused)"))
            return
        } catch {
            done.append(.init("expiry", "ended \(ended) reservations, then broke off"))
            throw error
        }
        done.append(.init("expiry", "ended \(ended) reservations whose time had passed"))
    }

    /// A Redis without the functions has nothing to settle.
    private func settleIfLoaded(_ settlement: Settlement) async throws {
        do {
            try await settle(settlement)
        } catch HotStockError.notArmed {
            return
        }
    }

    private func bury(in vshards: Set<VShard>, noting done: inout [DoctorReport.Repair]) async throws {
        guard !vshards.isEmpty else { return }
        let strays = try await HoldsExamination(ledger: ledger, hotStock: hotStock, vshards: vshards).strays()
        let orphans = strays.filter { $0.value.isOrphan }.map(\.key)
        // A tombstone first, so that an attempt that is still on its way loses; one that was faster keeps its units.
        let buried = Set(try await ledger.bury(orphans))
        let ended = strays.filter { !$0.value.isOrphan || buried.contains($0.key) }
        if !ended.isEmpty {
            var settlement = Settlement(
                holds: ended.map { .init(key: $0.key, vshards: $0.value.vshards) })
            // Read after the holds became final.
            settlement.bases = try await ledger.bases(of: Array(Set(ended.values.flatMap(\.cells))))
            try await settle(settlement)
        }
        done.append(.init("orphans", "buried \(buried.count) takes that never became true and freed their units"))
        done.append(.init("ended holds", "told Redis of \(ended.count - buried.count)"))
    }

    private func reload(closed: [VShard], open: Set<VShard>) async throws -> DoctorReport.Repair {
        let differing = try await BooksExamination(
            ledger: ledger, hotStock: hotStock, vshards: open, isWhole: closed.isEmpty
        ).differingVShards()
        let wanted = Set(closed).union(differing).sorted()
        guard !wanted.isEmpty else { return .init("admission", "every part of the stock is open and agrees") }
        let raised = try await ledger.fence(wanted)
        let numbers = raised.map { "\($0.vshard.rawValue)" }.joined(separator: ", ")
        return .init(
            "admission",
            "raised the epochs of \(raised.count) parts (\(numbers)), \(differing.count) of them because figures differ: "
                + "servers load them anew, at once where one runs")
    }
}
