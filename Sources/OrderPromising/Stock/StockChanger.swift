import Domain
import Failpoints
import HotStock
import Ledger
import Logging
import NIOCore

/// Receives, adjusts, counts and moves stock, and sets safety stock.
///
/// What lowers a promise is a take: plan on figures read → take the loss in Redis → apply in PostgreSQL under the fence,
/// where the figures are still those of the plan → answer → settle. What raises one goes to PostgreSQL first and to Redis
/// after the commit. Where PostgreSQL decides alone there is no take: the transaction looks itself. A crash in between
/// leaves Redis too low until who compares the stores finds it.
struct StockChanger: Sendable {
    let ledger: Ledger
    let hotStock: HotStock
    let directory: StockDirectory
    let follower: DirectoryFollower
    let admission: Admission
    let settler: Settler
    let logger: Logger

    /// Most times that a change is planned again when others move the same cells.
    private static let attempts = 20

    /// Makes a change; the reply is stored with the effect.
    ///
    /// Throws `Refusal`.
    func change(_ change: StockChange, encodeReply: @escaping @Sendable ([StockLevel]) throws -> [UInt8]) async throws
        -> [UInt8]
    {
        let cells = try await cells(for: change)
        var burials = 0
        for attempt in 0..<StockChanger.attempts {
            let (stored, figures) = try await ledger.planning(
                change, cells: cells.flatMap { [$0.source] + ($0.target.map { [$0] } ?? []) })
            if let stored { return stored }
            let plan = StockPlan(change, cells: cells, figures: figures)
            let take: Taken
            do {
                take = try await self.take(plan, burials: burials)
            } catch let refusal as Refusal {
                // What is short may be what another call of this very change has taken.
                if case .shortage = refusal, let reply = try await ledger.reply(to: change) { return reply }
                throw refusal
            }
            if take.take != nil { Failpoint.movementTaken.pass() }
            do {
                let (reply, settlement) = try await ledger.apply(
                    plan, take: take.take, decided: take.decided, encodeReply: encodeReply)
                Failpoint.stockChanged.pass()
                let settled = settlement.holds.isEmpty && take.take != nil
                await settler.settleAndWait(settlement, through: hotStock)
                // Another call with this id was faster: what this one took was for nothing.
                if settled { await giveBack(take) }
                return reply
            } catch {
                let vshards = take.vshards
                if case Refusal.outcomeUnknown = error {
                    admission.requestRebuild("a stock change's outcome is unknown", of: vshards)
                    throw error
                }
                await giveBack(take)
                switch error {
                case LedgerFault.planOutdated: continue
                case LedgerFault.buried:
                    burials += 1
                    continue
                case LedgerFault.fenced: admission.noticeRaisedEpoch(of: vshards)
                case LedgerFault.tripwire:
                    logger.critical("Redis went back in time: an admission was journalled before; rebuilding")
                    admission.requestRebuild("the tripwire fired", of: vshards)
                default: throw error
                }
                try await Task.sleep(for: .milliseconds(10 * (attempt + 1)))
            }
        }
        throw Refusal.unavailable("others keep changing the same stock", retryAfterMilliseconds: 100)
    }

    // MARK: - Cells

    /// The cells of each line, created where they do not exist.
    private func cells(for change: StockChange) async throws -> [StockPlan.LineCells] {
        var refreshed = false
        for attempt in 0..<StockChanger.attempts {
            let outcome = look(change)
            switch outcome {
            case .complete(let cells): return cells
            case .missing(let pairs):
                if attempt > 0 { try await Task.sleep(for: .milliseconds(10 * attempt)) }
                try await ledger.ensureCells(pairs)
                try await follower.refresh()
                refreshed = true
            case .wrong(let violations):
                if refreshed { throw Refusal.invalid(violations) }
                try await follower.refresh()
                refreshed = true
            }
        }
        throw Refusal.unavailable("the catalogue is being read anew", retryAfterMilliseconds: 250)
    }

    private enum Look {
        case complete([StockPlan.LineCells])
        case missing([(product: Int32, location: Int32)])
        case wrong([FieldViolation])
    }

    private func look(_ change: StockChange) -> Look {
        directory.look { view in
            var violations: [FieldViolation] = []
            var missing: [(product: Int32, location: Int32)] = []
            var cells: [StockPlan.LineCells] = []
            var target: StockDirectory.LocationEntry?
            var isTransfer = false
            if case .transfer(let code) = change.action {
                isTransfer = true
                target = view.location(code)
                if target == nil { violations.append(FieldViolation("to_location", "no location has this code")) }
            }
            for (index, line) in change.lines.enumerated() {
                let product = view.product(line.sku)
                let location = view.location(line.location)
                if product == nil {
                    violations.append(FieldViolation("lines[\(index)].sku", "no product has this sku"))
                }
                if product?.tracked == false {
                    violations.append(
                        FieldViolation("lines[\(index)].sku", "the product is untracked: it has no stock"))
                }
                if location == nil {
                    let violation = FieldViolation(
                        isTransfer ? "from_location" : "lines[\(index)].location", "no location has this code")
                    if !violations.contains(violation) { violations.append(violation) }
                }
                guard let product, let location, product.tracked else { continue }
                let source = product.cells.first { $0.location == location.id }
                let other = target.flatMap { target in product.cells.first { $0.location == target.id } }
                if source == nil { missing.append((product.id, location.id)) }
                if let target, other == nil { missing.append((product.id, target.id)) }
                if let source {
                    cells.append(
                        StockPlan.LineCells(
                            source: source.id, target: other?.id, targetLocation: target?.code))
                }
            }
            if !violations.isEmpty { return .wrong(violations) }
            return missing.isEmpty ? .complete(cells) : .missing(missing)
        }
    }

    // MARK: - Take

    /// What was given up for a plan: in Redis by a take, elsewhere by the transaction to come.
    private struct Taken {
        var take: StockTake?
        var fresh: FreshTake?
        var decided: [VShardEpoch]

        var vshards: [VShard] { (take?.stamps ?? []).map(\.vshard) + decided.map(\.vshard) }
    }

    /// Takes what the plan gives up.
    ///
    /// Throws `Refusal.shortage` for a transfer.
    private func take(_ plan: StockPlan, burials: Int) async throws -> Taken {
        let givenUp = plan.givenUp
        #if HOLDFAST_FAILPOINTS
            if Sabotage.adjustmentInPostgresFirst.isOn { return Taken(decided: []) }
        #endif
        guard !givenUp.isEmpty else { return Taken(decided: []) }
        var generator = SystemRandomNumberGenerator()
        // Calls of one change that plan alike take under one name, so that together they take once.
        let key = HoldKey(.movement, plan.attempt(burials))
        var force = true
        if case .transfer = plan.change.action { force = false }
        var byVShard: [VShard: [SupplyLine]] = [:]
        directory.look { view in
            for (index, entry) in givenUp.enumerated() {
                guard let cell = view.cell(entry.cell) else { continue }
                byVShard[cell.vshard, default: []].append(
                    .init(index: index, quantity: entry.quantity, split: false, groups: [[entry.cell]]))
            }
        }
        let parts = byVShard.sorted { $0.key < $1.key }.map { (vshard: $0.key, lines: $0.value) }
        let job = TakeJob(
            key: key, nonce: generator.next(), force: force, fingerprint: key.id.low,
            demand: ResolvedDemand(parts: parts))
        let round = TakeRound(hotStock: hotStock, admission: admission)
        for attempt in 0..<StockChanger.attempts {
            let results = try await hotStock.eventLoop.flatSubmit { round.take([job]) }.get()
            switch results.first {
            case .taken(let units):
                let decided = units.undecided.map { VShardEpoch(vshard: $0.vshard, epoch: $0.epoch) }
                guard !units.stamps.isEmpty else { return Taken(decided: decided) }
                return Taken(
                    take: StockTake(attempt: key.id, stamps: units.stamps, strained: units.strained),
                    fresh: FreshTake(job, in: units.fresh), decided: decided)
            case .short(let lines, _, _):
                throw Refusal.shortage(plan.shortage(lines.map { (givenUp[$0.line].cell, $0.available) }))
            case .unknownCells(let cells):
                let bases = try await ledger.bases(of: cells)
                await settler.settleAndWait(Settlement(bases: bases), through: hotStock)
            case .closed(let error) where error == .notArmed:
                let vshards = parts.map(\.vshard)
                admission.noticeRaisedEpoch(of: vshards)
                if admission.view.phase(of: vshards) == .closed {
                    throw Refusal.unavailable("stock admission is being restored", retryAfterMilliseconds: 250)
                }
                try await Task.sleep(for: .milliseconds(10 * (attempt + 1)))
            case .closed(let error) where error.isOutcomeUnknown:
                admission.requestRebuild("an answer of Redis was lost", of: parts.map(\.vshard))
                throw Refusal.unavailable("stock admission did not answer", retryAfterMilliseconds: 100)
            case .closed(let error): throw error.refusal
            case .differentRequest, nil:
                throw Refusal.unavailable("stock admission cannot be reached", retryAfterMilliseconds: 250)
            }
        }
        throw Refusal.unavailable("stock admission is being restored", retryAfterMilliseconds: 250)
    }

    private func giveBack(_ taken: Taken) async {
        guard let fresh = taken.fresh else { return }
        await TakeRound(hotStock: hotStock, admission: admission).giveBack([fresh])
    }
}
