import Domain
import Failpoints
import HotStock
import Ledger
import NIOCore

/// One request to the admission, over all its vshards.
struct TakeJob: Sendable {
    var key: HoldKey
    var nonce: UInt64
    var force: Bool
    var fingerprint: UInt64
    var demand: ResolvedDemand
}

/// What became of a job.
///
/// On everything but `taken`, what this round took was given back.
enum TakeResult: Sendable {
    case taken(TakenUnits)
    /// Lines that were short, and the vshards where an earlier attempt still has units.
    case short([LineAvailable], adopted: [VShard], partial: Bool)
    /// The id is there with another content.
    case differentRequest
    /// Cells that Redis has not heard of.
    case unknownCells([CellID])
    /// Redis may not admit, or cannot be reached.
    case closed(HotStockError)
}

/// Units that a job took.
struct TakenUnits: Sendable {
    var takes: [CellTake]
    var stamps: [AdmissionStamp]
    /// Lines that Redis does not decide: the transaction will.
    var undecided: [UndecidedPart]
    /// Vshards where this round took anew: what may be given back by this round's nonce.
    var fresh: [VShard]
    /// Vshards where an earlier attempt had taken.
    var adopted: [VShard]
    /// Cells that a forced take left below zero.
    var strained: Set<CellID>
    var figures: [CellFigure]

    mutating func add(_ takes: [CellTake], after: [Int64]) {
        self.takes.append(contentsOf: takes)
        for (take, left) in zip(takes, after) {
            figures.append(CellFigure(cell: take.cell, available: left))
            if left < 0 { strained.insert(take.cell) }
        }
    }
}

/// What a job took anew, and by which nonce: only that may be given back.
struct FreshTake: Sendable {
    var key: HoldKey
    var nonce: UInt64
    var vshards: [VShard]

    init(_ job: TakeJob, in vshards: [VShard]) {
        key = job.key
        nonce = job.nonce
        self.vshards = vshards
    }
}

/// Takes for many jobs at once: one call a vshard, all pipelined.
struct TakeRound: Sendable {
    let hotStock: HotStock
    let admission: Admission

    private struct Part {
        var job: Int
        var vshard: VShard
    }

    /// Runs a round.
    ///
    /// What PostgreSQL decides is left undecided. The future never fails; each job has its own result, in order.
    func take(_ jobs: [TakeJob]) -> EventLoopFuture<[TakeResult]> {
        Failpoint.beforeTake.pass()
        var requests: [VShard: [TakeRequest]] = [:]
        var parts: [VShard: [Int]] = [:]
        for (index, job) in jobs.enumerated() {
            for part in job.demand.parts {
                requests[part.vshard, default: []].append(
                    TakeRequest(
                        key: job.key, nonce: job.nonce, force: job.force, fingerprint: job.fingerprint,
                        lines: part.lines))
                parts[part.vshard, default: []].append(index)
            }
        }
        let loop = hotStock.eventLoop
        let view = admission.view
        admission.note(demand: requests.mapValues(\.count))
        var vshards: [VShard] = []
        var epochs: [Int64] = []
        var calls: [EventLoopFuture<TakeReply>] = []
        var undecided: [[UndecidedPart]] = Array(repeating: [], count: jobs.count)
        for vshard in requests.keys.sorted() {
            switch view.standing(of: vshard) {
            case .ledger(let epoch):
                for (index, request) in zip(parts[vshard] ?? [], requests[vshard] ?? []) {
                    undecided[index].append(UndecidedPart(vshard: vshard, epoch: epoch, lines: request.lines))
                }
                continue
            case .redis(let epoch):
                epochs.append(epoch)
                calls.append(hotStock.take(vshard, epoch: epoch, requests[vshard] ?? []))
            case .closed, .loading:
                epochs.append(0)
                calls.append(loop.makeFailedFuture(HotStockError.notArmed))
            }
            vshards.append(vshard)
        }
        let sentVShards = vshards
        let sentEpochs = epochs
        let sentParts = parts
        let left = undecided
        return EventLoopFuture.whenAllComplete(calls, on: loop).flatMap { replies in
            var outcomes: [[(vshard: VShard, outcome: Result<TakeOutcome, HotStockError>)]] =
                Array(repeating: [], count: jobs.count)
            var stamps: [VShard: AdmissionStamp] = [:]
            for (position, vshard) in sentVShards.enumerated() {
                switch replies[position] {
                case .success(let reply):
                    stamps[vshard] = AdmissionStamp(
                        vshard: vshard, epoch: sentEpochs[position], sequence: reply.sequence)
                    for (index, outcome) in zip(sentParts[vshard] ?? [], reply.outcomes) {
                        outcomes[index].append((vshard, .success(outcome)))
                    }
                case .failure(let error):
                    let error = error as? HotStockError ?? .malformed("\(error)")
                    for index in sentParts[vshard] ?? [] { outcomes[index].append((vshard, .failure(error))) }
                }
            }
            var failed: [FreshTake] = []
            let results = jobs.indices.map { index -> TakeResult in
                let (result, fresh) = TakeRound.judge(outcomes[index], undecided: left[index], stamps: stamps)
                if case .taken = result { return result }
                failed.append(FreshTake(jobs[index], in: fresh))
                return result
            }
            admission.metrics.count(results)
            return untake(failed).map { results }
        }
    }

    /// Gives back what this server's own rounds took, where its journal entry surely does not exist.
    ///
    /// Never fails: what cannot be given back leaves Redis too low and asks for a rebuild.
    func untake(_ takes: [FreshTake]) -> EventLoopFuture<Void> {
        let loop = hotStock.eventLoop
        var holds: [VShard: [(key: HoldKey, nonce: UInt64)]] = [:]
        for take in takes {
            for vshard in take.vshards { holds[vshard, default: []].append((take.key, take.nonce)) }
        }
        let entries = holds
        let calls = entries.map { vshard, entries in hotStock.untake(vshard, entries) }
        guard !calls.isEmpty else { return loop.makeSucceededVoidFuture() }
        return EventLoopFuture.whenAllComplete(calls, on: loop).map { results in
            if results.contains(where: { if case .failure = $0 { true } else { false } }) {
                admission.requestRebuild("units could not be given back", of: entries.keys)
            }
        }
    }

    /// The same for asynchronous callers.
    func giveBack(_ takes: [FreshTake]) async {
        do {
            try await untake(takes).get()
        } catch {
            admission.requestRebuild("units could not be given back", of: takes.flatMap(\.vshards))
        }
    }

    /// Joins a job's parts: all taken, or the first reason why not.
    ///
    /// Also says where this round took anew.
    private static func judge(
        _ parts: [(vshard: VShard, outcome: Result<TakeOutcome, HotStockError>)], undecided: [UndecidedPart],
        stamps: [VShard: AdmissionStamp]
    ) -> (TakeResult, fresh: [VShard]) {
        var units = TakenUnits(
            takes: [], stamps: [], undecided: undecided, fresh: [], adopted: [], strained: [], figures: [])
        var short: [LineAvailable] = []
        var unknown: [CellID] = []
        var different = false
        var closed: HotStockError?
        for (vshard, outcome) in parts {
            switch outcome {
            case .success(.taken(let takes, let after)):
                units.add(takes, after: after)
                units.fresh.append(vshard)
            case .success(.adopted(let takes, let after)):
                units.add(takes, after: after)
                units.adopted.append(vshard)
                #if HOLDFAST_FAILPOINTS
                    if Sabotage.untakeOfAdopted.isOn { units.fresh.append(vshard) }
                #endif
            case .success(.short(let lines)): short.append(contentsOf: lines)
            case .success(.unknownCell(let cell)): unknown.append(cell)
            case .success(.differentRequest): different = true
            case .failure(let error): closed = error
            }
        }
        let fresh = units.fresh
        if let closed { return (.closed(closed), fresh) }
        if different { return (.differentRequest, fresh) }
        if !unknown.isEmpty { return (.unknownCells(unknown), fresh) }
        if !short.isEmpty {
            short.sort { $0.line < $1.line }
            return (.short(short, adopted: units.adopted, partial: !fresh.isEmpty), fresh)
        }
        units.stamps = parts.compactMap { stamps[$0.vshard] }
        units.takes.sort { ($0.line, $0.cell) < ($1.line, $1.cell) }
        return (.taken(units), fresh)
    }
}
