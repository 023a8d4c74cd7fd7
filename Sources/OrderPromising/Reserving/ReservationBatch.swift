import Domain
import Failpoints
import HotStock
import Ledger
import Logging
import NIOCore
import PostgresClient

/// One batch on its way: take → journal → answer.
struct ReservationBatch {
    let batcher: ReservationBatcher
    let pending: [ReservationBatcher.Pending]
    let jobs: [TakeJob]

    private var loop: any EventLoop { batcher.loop }

    /// Runs the batch; the future completes when the next batch may use its place.
    ///
    /// It never fails.
    func run() -> EventLoopFuture<Void> {
        batcher.round.take(jobs).flatMap { results in
            var taken: [(index: Int, units: TakenUnits)] = []
            var short: [(index: Int, lines: [LineAvailable], adopted: [VShard])] = []
            var contested: [Int] = []
            for (index, result) in results.enumerated() {
                switch result {
                case .taken(let units): taken.append((index, units))
                case .short(let lines, let adopted, let partial):
                    // Two requests over several vshards may each have what the other lacks: once more, then it is so.
                    if partial && pending[index].attempt == 0 {
                        batcher.again(pending[index], because: .shortage(shortage(index, lines)))
                    } else {
                        short.append((index, lines, adopted))
                    }
                case .differentRequest: contested.append(index)
                case .unknownCells(let cells): resync(cells, for: pending[index])
                case .closed(let error): closed(error, pending[index])
                }
            }
            batcher.reader.learn(taken.flatMap(\.units.figures))
            refuse(short, contested: contested)
            return journal(taken)
        }
    }

    // MARK: - Journal

    private func journal(_ taken: [(index: Int, units: TakenUnits)]) -> EventLoopFuture<Void> {
        guard !taken.isEmpty else { return loop.makeSucceededVoidFuture() }
        Failpoint.taken.pass()
        let entries = taken.map { index, units in
            HoldEntry(
                id: pending[index].request.id, channel: pending[index].channel, body: pending[index].request.body,
                fingerprint: pending[index].fingerprint, takes: units.takes, stamps: units.stamps,
                undecided: units.undecided, ttlMilliseconds: pending[index].request.ttlMilliseconds,
                caller: pending[index].request.caller.id)
        }
        let calls = Array(Set(taken.flatMap(\.units.stamps)))
        let isDecided = entries.allSatisfy(\.undecided.isEmpty)
        let ledger = batcher.ledger
        return ledger.pool.submit(
            on: loop, isDecided ? ledger.journal(entries, calls: calls) : ledger.decide(entries, calls: calls)
        )
        .flatMap { verdicts in
            var standing: [(index: Int, units: TakenUnits)] = []
            var returned: [FreshTake] = []
            for (position, verdict) in verdicts.enumerated() {
                let (index, units) = taken[position]
                switch verdict {
                case .journalled(let createdAt, let expiresAt, let decided):
                    let takes =
                        decided.isEmpty
                        ? units.takes : (units.takes + decided).sorted { ($0.line, $0.cell) < ($1.line, $1.cell) }
                    tell(index, state: .held, takes: takes, createdAt: createdAt, expiresAt: expiresAt, order: nil)
                case .stands: standing.append((index, units))
                case .short(let lines):
                    // What Redis gave for the other lines is this attempt's alone: nothing was written.
                    if !units.adopted.isEmpty {
                        batcher.admission.requestRebuild("an adopted take was not journalled", of: units.adopted)
                    }
                    returned.append(FreshTake(jobs[index], in: units.fresh))
                    pending[index].promise.fail(Refusal.shortage(shortage(index, lines)))
                }
            }
            answer(standing)
            return batcher.round.untake(returned)
        }
        .flatMapError { error in failed(taken, error) }
    }

    /// The journal did not take the batch.
    ///
    /// What surely was not written is given back; what may have been is not touched.
    private func failed(_ taken: [(index: Int, units: TakenUnits)], _ error: any Error) -> EventLoopFuture<Void> {
        let refusal = Ledger.refusal(of: error)
        if case Refusal.outcomeUnknown = refusal {
            batcher.admission.requestRebuild("a journal's outcome is unknown", of: vshards(of: taken))
            for (index, _) in taken { pending[index].promise.fail(refusal) }
            return loop.makeSucceededVoidFuture()
        }
        // What an earlier attempt took is not this one's to give back.
        let adopted = taken.flatMap(\.units.adopted)
        if !adopted.isEmpty {
            batcher.admission.requestRebuild("an adopted take was not journalled", of: adopted)
        }
        let fresh = taken.map { FreshTake(jobs[$0.index], in: $0.units.fresh) }
        let restored = Refusal.unavailable("stock admission is being restored", retryAfterMilliseconds: 50)
        return batcher.round.untake(fresh).map {
            switch error {
            case LedgerFault.fenced:
                batcher.admission.noticeRaisedEpoch(of: vshards(of: taken))
                for (index, _) in taken { batcher.again(pending[index], because: restored) }
            case LedgerFault.tripwire:
                batcher.logger.critical("Redis went back in time: an admission was journalled before; rebuilding")
                batcher.admission.requestRebuild("the tripwire fired", of: vshards(of: taken))
                for (index, _) in taken { batcher.again(pending[index], because: restored) }
            default:
                if !(refusal is Refusal) {
                    batcher.logger.error("reservations cannot be journalled", metadata: ["error": "\(error)"])
                }
                for (index, _) in taken { pending[index].promise.fail(refusal) }
            }
        }
    }

    /// Vshards that requests took from or wanted to.
    private func vshards(of taken: [(index: Int, units: TakenUnits)]) -> Set<VShard> {
        Set(taken.flatMap { jobs[$0.index].demand.parts.map(\.vshard) })
    }

    // MARK: - Answers

    /// The ids stand already: reads how, and answers.
    private func answer(_ standing: [(index: Int, units: TakenUnits)]) {
        guard !standing.isEmpty else { return }
        let ledger = batcher.ledger
        let ids = standing.map { pending[$0.index].request.id }
        loop.makeFutureWithTask { try await ledger.holds(ids, kind: .reservation) }.whenComplete { result in
            switch result {
            case .success(let holds):
                let byID = Dictionary(uniqueKeysWithValues: holds.map { ($0.key.id, $0) })
                for (index, units) in standing {
                    if let hold = byID[pending[index].request.id] {
                        answer(index, standing: hold, took: units)
                    } else {
                        batcher.admission.requestRebuild(
                            "a standing reservation is not found", of: vshards(of: [(index, units)]))
                        pending[index].promise.fail(Refusal.outcomeUnknown("the reservation cannot be read"))
                    }
                }
            case .failure(let error):
                batcher.admission.requestRebuild(
                    "standing reservations cannot be read", of: vshards(of: standing))
                for (index, _) in standing { pending[index].promise.fail(Ledger.refusal(of: error)) }
            }
        }
    }

    /// The id stands already: the same answer where it is held, its state otherwise.
    private func answer(_ index: Int, standing hold: StoredHold, took units: TakenUnits?) {
        let request = pending[index].request
        // What another channel's reservation says, or became, is nothing for a caller that is held to its own.
        let isTold = request.caller.scope.covers(channel: hold.channelCode)
        guard isTold && (hold.body == request.body || hold.state == .voided) else {
            pending[index].promise.fail(
                Refusal.differentBody(.reservation, request.id, stored: isTold ? hold.body : []))
            guard let units else { return }
            if hold.state == .held {
                // The standing hold has nothing where this one took.
                _ = batcher.round.untake([FreshTake(jobs[index], in: units.fresh)])
            } else {
                settleAgain(hold, units: units)
            }
            return
        }
        if hold.state == .held {
            // What PostgreSQL decides is not taken in Redis, so only what was can differ.
            if let units, units.undecided.isEmpty ? units.takes != hold.takes : !units.fresh.isEmpty {
                batcher.admission.requestRebuild(
                    "a hold stands with other units", of: units.stamps.map(\.vshard))
            }
        } else if let units {
            settleAgain(hold, units: units)
        }
        switch hold.state {
        case .held, .confirmed:
            tell(
                index, state: hold.state, takes: hold.takes, createdAt: hold.createdAt, expiresAt: hold.expiresAt,
                order: hold.order)
        case .released, .expired, .voided:
            pending[index].promise.fail(
                Refusal.wrongState(
                    .reservation, request.id.description, state: "\(hold.state)",
                    explanation: "this reservation has ended; reserve under another id"))
        }
    }

    /// A final hold was taken anew: Redis gives its units back, with bases read after the hold became final.
    private func settleAgain(_ hold: StoredHold, units: TakenUnits) {
        guard hold.state != .held else { return }
        let cells = Array(Set(units.takes.map(\.cell)))
        let settlement = Settlement(holds: [.init(key: hold.key, vshards: units.stamps.map(\.vshard))])
        settle(settlement, cells: cells)
    }

    private func settle(_ settlement: Settlement, cells: [CellID]) {
        let ledger = batcher.ledger
        loop.makeFutureWithTask { try await ledger.bases(of: cells) }.whenComplete { result in
            switch result {
            case .success(let bases):
                var settlement = settlement
                settlement.bases = bases
                batcher.settler.settle(settlement, through: batcher.round.hotStock)
            case .failure:
                batcher.admission.requestRebuild(
                    "a settle could not be prepared", of: settlement.holds.flatMap(\.vshards))
            }
        }
    }

    /// Tells a reservation to its caller.
    ///
    /// Another server may have taken from cells that this one has not read of yet: it reads first, so that each server gives
    /// the same answer.
    private func tell(
        _ index: Int, state: HoldState, takes: [CellTake], createdAt: Instant, expiresAt: Instant, order: EntityID?
    ) {
        @Sendable func made() -> Reservation? {
            reservation(index, state: state, takes: takes, createdAt: createdAt, expiresAt: expiresAt, order: order)
        }
        let promise = pending[index].promise
        if let reservation = made() { return promise.succeed(reservation) }
        let follower = batcher.follower
        loop.makeFutureWithTask { try await follower.refresh() }.whenComplete { _ in
            if let reservation = made() {
                promise.succeed(reservation)
            } else {
                promise.fail(Refusal.unavailable("the catalogue is being read", retryAfterMilliseconds: 100))
            }
        }
    }

    /// A reservation in the words of its caller; nil where it has a cell that the directory does not know.
    private func reservation(
        _ index: Int, state: HoldState, takes: [CellTake], createdAt: Instant, expiresAt: Instant, order: EntityID?
    ) -> Reservation? {
        let request = pending[index].request
        var lines = request.demands.map { Reservation.Line(sku: $0.sku, quantity: $0.quantity, allocations: []) }
        let isKnown = batcher.directory.look { view in
            for take in takes where lines.indices.contains(take.line) {
                guard let cell = view.cell(take.cell) else { return false }
                lines[take.line].allocations.append(Allocation(location: cell.location, quantity: take.quantity))
            }
            return true
        }
        guard isKnown else { return nil }
        return Reservation(
            id: request.id, channel: request.channel, state: state, lines: lines, createdAt: createdAt,
            expiresAt: expiresAt, order: order)
    }

    private func shortage(_ index: Int, _ lines: [LineAvailable]) -> [LineShortage] {
        let demands = pending[index].request.demands
        return lines.compactMap { line in
            guard demands.indices.contains(line.line) else { return nil }
            let demand = demands[line.line]
            return LineShortage(
                line: line.line, sku: demand.sku, location: demand.location, wanted: demand.quantity,
                available: line.available)
        }
    }

    // MARK: - Refusals

    private func closed(_ error: HotStockError, _ pending: ReservationBatcher.Pending) {
        if error == .notArmed {
            batcher.admission.noticeRaisedEpoch(of: pending.demand.parts.map(\.vshard))
            batcher.again(
                pending,
                because: .unavailable("stock admission is being restored", retryAfterMilliseconds: 50))
            return
        }
        if error.isOutcomeUnknown {
            batcher.admission.requestRebuild(
                "an answer of Redis was lost", of: pending.demand.parts.map(\.vshard))
            pending.promise.fail(Refusal.outcomeUnknown("stock admission did not answer"))
        } else {
            if !error.isFull {
                batcher.logger.error("stock admission refused a call", metadata: ["error": "\(error)"])
            }
            pending.promise.fail(error.refusal)
        }
    }

    /// Cells that Redis has not heard of are told to it, then the request is tried again.
    private func resync(_ cells: [CellID], for pending: ReservationBatcher.Pending) {
        let ledger = batcher.ledger
        loop.makeFutureWithTask { try await ledger.bases(of: cells) }.flatMap { bases in
            batcher.settler.settle(Settlement(bases: bases), through: batcher.round.hotStock)
        }.whenComplete { _ in
            batcher.again(
                pending, because: .unavailable("a new article is being loaded", retryAfterMilliseconds: 50))
        }
    }

    /// Refuses what was short or contested, unless PostgreSQL knows the id: then that answers.
    private func refuse(
        _ short: [(index: Int, lines: [LineAvailable], adopted: [VShard])], contested: [Int]
    ) {
        guard !short.isEmpty || !contested.isEmpty else { return }
        let ids = (short.map(\.index) + contested).map { pending[$0].request.id }
        let orphans = short.filter { !$0.adopted.isEmpty }
        let ledger = batcher.ledger
        let orphaned = orphans.map { (id: pending[$0.index].request.id, channel: pending[$0.index].channel) }
        loop.makeFutureWithTask { () -> (voided: Set<EntityID>, holds: [EntityID: StoredHold]) in
            // An earlier attempt of the id left units that can no longer become whole: a tombstone first, so that its
            // journal entry loses wherever it may still be on its way, then the units go back.
            let voided = orphaned.isEmpty ? [] : try await ledger.void(orphaned, kind: .reservation)
            let holds = try await ledger.holds(ids, kind: .reservation)
            return (Set(voided), Dictionary(uniqueKeysWithValues: holds.map { ($0.key.id, $0) }))
        }.whenComplete { result in
            switch result {
            case .failure(let error):
                for index in short.map(\.index) + contested { pending[index].promise.fail(Ledger.refusal(of: error)) }
            case .success(let known):
                for (index, lines, adopted) in short {
                    let id = pending[index].request.id
                    if known.voided.contains(id) {
                        settle(
                            Settlement(holds: [.init(key: HoldKey(.reservation, id), vshards: adopted)]),
                            cells: jobs[index].demand.parts.flatMap { $0.lines.flatMap { $0.groups.flatMap { $0 } } })
                        pending[index].promise.fail(Refusal.shortage(shortage(index, lines)))
                    } else if let hold = known.holds[id] {
                        answer(index, standing: hold, took: nil)
                    } else {
                        pending[index].promise.fail(Refusal.shortage(shortage(index, lines)))
                    }
                }
                for index in contested {
                    if let hold = known.holds[pending[index].request.id] {
                        answer(index, standing: hold, took: nil)
                    } else {
                        pending[index].promise.fail(
                            Refusal.unavailable(
                                "another request with this id is being decided", retryAfterMilliseconds: 50))
                    }
                }
            }
        }
    }
}
