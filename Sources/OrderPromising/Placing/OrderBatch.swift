import Domain
import Failpoints
import HotStock
import Ledger
import Logging
import NIOCore

/// One batch of orders on its way.
struct OrderBatch {
    let placer: OrderPlacer
    let pending: [OrderPlacer.Pending]

    /// An order that is to be captured.
    struct Candidate {
        var index: Int
        var entry: CaptureEntry
        var beyond: [Demand?]
        var job: TakeJob?
        var units: TakenUnits?

        /// Vshards that it takes from.
        var vshards: [VShard] { job?.demand.parts.map(\.vshard) ?? [] }
    }

    /// Runs the batch; every order is answered or queued again when it returns.
    func run() async {
        do {
            var candidates = try await prepare()
            candidates = await take(candidates)
            await capture(candidates)
        } catch {
            let refusal = Ledger.refusal(of: error)
            for order in pending { order.continuation.resume(throwing: refusal) }
        }
    }

    // MARK: - Before the take

    /// Answers what stands already, refuses what cannot be, and covers the rest by its reservations.
    ///
    /// Throws only while nothing has been answered.
    private func prepare() async throws -> [Candidate] {
        let known = try await channels()
        let numbered = pending.enumerated().compactMap { index, order in
            known[index].map { (request: order.request, channel: $0) }
        }
        let standing = try await placer.ledger.standing(numbered)
        var byID: [EntityID: StandingOrder] = [:]
        for order in standing.orders { byID[order.id] = order }
        let repeated = pending.indices.filter { byID[pending[$0].request.id]?.body == pending[$0].request.body }
        let facts =
            repeated.isEmpty ? [:] : try await placer.ledger.capturedOrders(repeated.map { pending[$0].request.id })
        var reservations: [EntityID: StoredHold] = [:]
        for hold in standing.reservations { reservations[hold.key.id] = hold }

        var candidates: [Candidate] = []
        for (index, order) in pending.enumerated() {
            let request = order.request
            guard let channel = known[index] else {
                order.continuation.resume(
                    throwing: Refusal.invalid([FieldViolation("channel", "no channel has this code")]))
                continue
            }
            if let facts = facts[request.id], repeated.contains(index) {
                order.continuation.resume(returning: facts)
            } else if let stands = byID[request.id] {
                // What another channel's order says is nothing for a caller that is held to its own.
                let isTold = request.caller.scope.channels == nil || stands.channel == channel
                order.continuation.resume(
                    throwing: Refusal.differentBody(.order, request.id, stored: isTold ? stands.body : []))
            } else if let stands = standing.orders.first(where: {
                $0.channel == channel && $0.externalID == request.externalID
            }) {
                order.continuation.resume(
                    throwing: Refusal.externalIDTaken(
                        channel: request.channel, externalID: request.externalID, order: stands.id))
            } else {
                do {
                    let reservation = try usable(request, reservations)
                    candidates.append(try cover(index, channel: channel, reservation: reservation))
                } catch {
                    order.continuation.resume(throwing: error)
                }
            }
        }
        return candidates
    }

    /// Each order's channel number; nil where PostgreSQL does not know the channel either.
    private func channels() async throws -> [Int32?] {
        func look() -> (numbers: [Int32?], complete: Bool) {
            placer.directory.look { view in
                var complete = true
                let numbers = pending.map { order -> Int32? in
                    if let pickup = order.request.delivery?.pickupLocation, !pickup.isEmpty,
                        view.location(pickup) == nil
                    {
                        complete = false
                    }
                    for line in order.request.lines {
                        if view.product(line.demand.sku) == nil { complete = false }
                        if !line.demand.location.isEmpty && view.location(line.demand.location) == nil {
                            complete = false
                        }
                    }
                    let channel = view.channel(order.request.channel)
                    if channel == nil { complete = false }
                    return channel?.id
                }
                return (numbers, complete)
            }
        }
        let first = look()
        if first.complete { return first.numbers }
        try await placer.follower.refresh()
        return look().numbers
    }

    /// The reservation that an order may use: a live one, or none where it has expired and is taken anew.
    private func usable(_ request: OrderRequest, _ holds: [EntityID: StoredHold]) throws(Refusal) -> StoredHold? {
        guard let id = request.reservation else { return nil }
        guard let hold = holds[id] else { throw .missing(.reservation, id.description, for: request.caller) }
        try request.caller.scope.admit(channel: hold.channelCode)
        switch hold.state {
        case .held: return hold
        case .expired, .voided: return nil
        case .released:
            throw .wrongState(
                .reservation, id.description, state: "released",
                explanation: "its units were given back; place the order without it")
        case .confirmed:
            throw .wrongState(
                .reservation, id.description, state: "confirmed",
                explanation: "order \(hold.order?.description ?? "") has taken it")
        }
    }

    private func cover(_ index: Int, channel: Int32, reservation: StoredHold?) throws(Refusal) -> Candidate {
        let request = pending[index].request
        let outcome: Result<(products: [Int32], demands: [Demand?], cells: [[CellID]?]), Refusal> =
            placer.directory.look { view in
                var violations: [FieldViolation] = []
                var products: [Int32] = []
                var demands: [Demand?] = []
                var cells: [[CellID]?] = []
                if let channel = view.channel(request.channel), channel.currency != request.currency.code {
                    violations.append(
                        FieldViolation(request.currencyField, "the channel's currency is \(channel.currency)"))
                }
                if let pickup = request.delivery?.pickupLocation, !pickup.isEmpty, view.location(pickup) == nil {
                    violations.append(
                        FieldViolation("delivery.pickup_location", "no location has this code"))
                }
                for (line, item) in request.lines.enumerated() {
                    guard let product = view.product(item.demand.sku) else {
                        violations.append(FieldViolation("lines[\(line)].sku", "no product has this sku"))
                        continue
                    }
                    var location: Int32?
                    if !item.demand.location.isEmpty {
                        location = view.location(item.demand.location)?.id
                        if location == nil {
                            violations.append(
                                FieldViolation("lines[\(line)].location", "no location has this code"))
                            continue
                        }
                    }
                    if product.tracked && request.goodsInHand && location == nil {
                        violations.append(
                            FieldViolation("lines[\(line)].location", "goods in hand were at a location: name it"))
                    }
                    products.append(product.id)
                    demands.append(product.tracked ? item.demand : nil)
                    cells.append(
                        product.tracked
                            ? product.cells.filter { cell in
                                location.map { cell.location == $0 }
                                    ?? view.isCell(cell, within: request.caller.scope.locations)
                            }.map(\.id) : nil)
                }
                return violations.isEmpty ? .success((products, demands, cells)) : .failure(.invalid(violations))
            }
        let resolved = try outcome.get()
        let coverage = Coverage(demands: resolved.demands, cells: resolved.cells, reservation: reservation)
        var entry = CaptureEntry(request: request, channel: channel, products: resolved.products)
        entry.fromReservation = coverage.fromReservation
        entry.reservedTakes = reservation?.takes ?? []
        entry.reservedVShards = reservation?.vshards ?? []
        if request.lines.contains(where: { $0.backorder != nil }) {
            entry.waitingLocations = waitingLocations(request, beyond: coverage.beyond)
        }
        var candidate = Candidate(index: index, entry: entry, beyond: coverage.beyond)
        if let plan = pending[index].waiting { candidate.follow(plan) }
        return candidate
    }

    /// Where lines that may wait can be served from, as numbers of locations; nil is anywhere.
    private func waitingLocations(_ request: OrderRequest, beyond: [Demand?]) -> [Int: [Int32]?] {
        placer.directory.look { view in
            var locations: [Int: [Int32]?] = [:]
            for (line, demand) in beyond.enumerated() where request.lines[line].backorder != nil {
                guard let demand else { continue }
                let codes = demand.location.isEmpty ? request.caller.scope.locations : [demand.location]
                locations.updateValue(
                    codes.map { codes in codes.compactMap { view.location($0)?.id }.sorted() }, forKey: line)
            }
            return locations
        }
    }

    // MARK: - Take

    /// Takes what the reservations do not cover; orders that are short or cannot be decided are answered here.
    private func take(_ candidates: [Candidate]) async -> [Candidate] {
        var generator = SystemRandomNumberGenerator()
        var ready: [Candidate] = []
        var wanting: [Candidate] = []
        for var candidate in candidates {
            guard candidate.beyond.contains(where: { $0 != nil }) else {
                ready.append(candidate)
                continue
            }
            let request = candidate.entry.request
            do {
                if request.goodsInHand { try await ensureCells(candidate.beyond) }
                candidate.entry.attempt = request.id.attempt(pending[candidate.index].burials)
                candidate.job = TakeJob(
                    key: HoldKey(.order, candidate.entry.attempt), nonce: generator.next(), force: request.goodsInHand,
                    fingerprint: OrderBatch.fingerprint(candidate.beyond),
                    demand: try placer.directory.resolve(
                        candidate.beyond, path: "lines", within: request.caller.scope.locations))
                wanting.append(candidate)
            } catch ResolutionFailure.refused(let refusal) {
                fail(candidate, refusal)
            } catch ResolutionFailure.unknown(let violations) {
                fail(candidate, .invalid(violations))
            } catch {
                pending[candidate.index].continuation.resume(throwing: Ledger.refusal(of: error))
            }
        }
        let view = placer.admission.view
        wanting = wanting.filter { candidate in
            switch view.phase(of: candidate.vshards) {
            case .open: return true
            case .rebuilding: placer.wait(pending[candidate.index], since: view)
            case .closed:
                fail(
                    candidate,
                    .unavailable("stock admission is being restored", retryAfterMilliseconds: 250))
            }
            return false
        }
        guard !wanting.isEmpty else { return ready }
        let jobs = wanting.compactMap(\.job)
        let results = await taking(jobs)
        var short: [(Candidate, Refusal)] = []
        var waits: [(candidate: Candidate, lines: [LineAvailable])] = []
        for (position, result) in results.enumerated() {
            var candidate = wanting[position]
            switch result {
            case .taken(let units):
                candidate.units = units
                candidate.entry.direct = units.takes
                candidate.entry.stamps = units.stamps
                candidate.entry.undecided = units.undecided
                candidate.entry.strained = units.strained
                ready.append(candidate)
            case .short(let lines, let adopted, let partial):
                if partial && pending[candidate.index].attempt == 0 {
                    again(candidate)
                } else if candidate.mayWait(lines) {
                    waits.append((candidate, lines))
                    if !adopted.isEmpty { await bury(candidate, adopted) }
                } else {
                    if !adopted.isEmpty { await bury(candidate, adopted) }
                    short.append((candidate, .shortage(shortage(candidate, lines))))
                }
            case .differentRequest where pending[candidate.index].attempt < 2:
                // Another server may be placing it this moment: look again before taking it for abandoned.
                let order = pending[candidate.index]
                let placer = placer
                placer.hotStock.eventLoop.scheduleTask(in: .milliseconds(50)) {
                    placer.again(
                        order,
                        because: .unavailable("the order is being decided elsewhere", retryAfterMilliseconds: 100))
                }
            case .differentRequest:
                // An earlier attempt of this order took for another remainder; it never became true.
                await bury(candidate, candidate.vshards)
                placer.pastBurial(pending[candidate.index])
            case .unknownCells(let cells):
                await resync(cells)
                again(candidate)
            case .closed(let error):
                closed(candidate, error)
            }
        }
        short += await plan(waits)
        await refuse(short)
        return ready
    }

    /// Plans what waits of orders whose short lines may wait; returns those that are refused.
    private func plan(_ waits: [(candidate: Candidate, lines: [LineAvailable])]) async -> [(Candidate, Refusal)] {
        var short: [(Candidate, Refusal)] = []
        for (candidate, lines) in waits {
            do {
                guard let refusal = try await planWaiting(candidate, short: lines) else { continue }
                short.append((candidate, refusal))
            } catch {
                pending[candidate.index].continuation.resume(throwing: Ledger.refusal(of: error))
            }
        }
        return short
    }

    /// Refuses orders that are short, unless they stand by now: what they lack may be what their repetition has taken.
    private func refuse(_ short: [(candidate: Candidate, refusal: Refusal)]) async {
        guard !short.isEmpty else { return }
        do {
            let asked = short.map { (request: $0.candidate.entry.request, channel: $0.candidate.entry.channel) }
            let standing = Set(try await placer.ledger.standing(asked).orders.map(\.id))
            for (candidate, refusal) in short {
                if standing.contains(candidate.entry.request.id) {
                    again(candidate)
                } else {
                    fail(candidate, refusal)
                }
            }
        } catch {
            for (candidate, _) in short {
                pending[candidate.index].continuation.resume(throwing: Ledger.refusal(of: error))
            }
        }
    }

    private func taking(_ jobs: [TakeJob]) async -> [TakeResult] {
        do {
            return try await placer.hotStock.eventLoop.flatSubmit { placer.round.take(jobs) }.get()
        } catch {
            return jobs.map { _ in .closed(.malformed("\(error)")) }
        }
    }

    /// Names what an order takes beyond its reservation: an adopted attempt must have wanted the same.
    private static func fingerprint(_ demands: [Demand?]) -> UInt64 {
        var text = ""
        for case let (index, demand?) in demands.enumerated() {
            text += "\(index):\(demand.quantity):\(demand.allowSplit):\(demand.location):\(demand.sku)\n"
        }
        return FNV1a.hash(text.utf8)
    }

    /// Goods in hand may come from where the books have never seen the article.
    private func ensureCells(_ demands: [Demand?]) async throws {
        let missing = placer.directory.look { view in
            demands.compactMap { demand -> (product: Int32, location: Int32)? in
                guard let demand, let product = view.product(demand.sku),
                    let location = view.location(demand.location),
                    !product.cells.contains(where: { $0.location == location.id })
                else { return nil }
                return (product.id, location.id)
            }
        }
        guard !missing.isEmpty else { return }
        try await placer.ledger.ensureCells(missing)
        try await placer.follower.refresh()
    }

    private func resync(_ cells: [CellID]) async {
        do {
            let bases = try await placer.ledger.bases(of: cells)
            _ = try await placer.settler.settle(Settlement(bases: bases), through: placer.hotStock).get()
        } catch {
            placer.logger.warning("new cells could not be told to Redis", metadata: ["error": "\(error)"])
        }
    }

    /// Puts a tombstone on an order's earlier take, then frees its units.
    private func bury(_ candidate: Candidate, _ vshards: [VShard]) async {
        let id = candidate.entry.attempt
        do {
            guard try await placer.ledger.void([(id, candidate.entry.channel)], kind: .order) == [id] else { return }
            let cells = candidate.job?.demand.parts.flatMap { $0.lines.flatMap { $0.groups.flatMap { $0 } } } ?? []
            let bases = try await placer.ledger.bases(of: cells)
            placer.settler.settle(
                Settlement(holds: [.init(key: HoldKey(.order, id), vshards: vshards)], bases: bases),
                through: placer.hotStock)
        } catch {
            placer.admission.requestRebuild("an attempt could not be buried", of: vshards)
        }
    }

    // MARK: - Capture

    private func capture(_ candidates: [Candidate]) async {
        guard !candidates.isEmpty else { return }
        Failpoint.orderTaken.pass()
        do {
            let result = try await placer.ledger.capture(candidates.map(\.entry))
            var returned: [Candidate] = []
            var ended: [Candidate] = []
            var retried: [(Candidate, Refusal)] = []
            var buried: [Candidate] = []
            var waits: [(candidate: Candidate, lines: [LineAvailable])] = []
            var supplied: [Candidate] = []
            for (candidate, verdict) in zip(candidates, result.verdicts) {
                let continuation = pending[candidate.index].continuation
                switch verdict {
                case .captured(let order): continuation.resume(returning: order)
                case .stands(let order):
                    ended.append(candidate)
                    continuation.resume(returning: order)
                case .refused(let refusal):
                    returned.append(candidate)
                    continuation.resume(throwing: refusal)
                case .buried:
                    ended.append(candidate)
                    buried.append(candidate)
                case .mayWait(let lines):
                    returned.append(candidate)
                    waits.append((candidate, lines))
                case .supplied:
                    returned.append(candidate)
                    supplied.append(candidate)
                case .reservationClosed, .fenced, .repeated:
                    returned.append(candidate)
                    if case .fenced = verdict { placer.admission.noticeRaisedEpoch(of: candidate.vshards) }
                    retried.append(
                        (candidate, .unavailable("the order could not be decided", retryAfterMilliseconds: 50)))
                }
            }
            Failpoint.captureAnswered.pass()
            placer.settler.settle(result.settlement, through: placer.hotStock)
            await giveBack(returned)
            await settleEnded(ended)
            for (candidate, refusal) in retried { placer.again(pending[candidate.index], because: refusal) }
            for candidate in buried { placer.pastBurial(pending[candidate.index]) }
            await refuse(await plan(waits))
            for candidate in supplied {
                var order = pending[candidate.index]
                order.waiting = nil
                placer.anew(order)
            }
        } catch {
            await failed(candidates, error)
        }
    }

    private func failed(_ candidates: [Candidate], _ error: any Error) async {
        let refusal = Ledger.refusal(of: error)
        let vshards = Set(candidates.flatMap { $0.vshards + $0.entry.reservedVShards })
        if case Refusal.outcomeUnknown = refusal {
            placer.admission.requestRebuild("a capture's outcome is unknown", of: vshards)
            for candidate in candidates { pending[candidate.index].continuation.resume(throwing: refusal) }
            return
        }
        if case LedgerFault.tripwire = error {
            placer.logger.critical("Redis went back in time: an admission was journalled before; rebuilding")
            placer.admission.requestRebuild("the tripwire fired", of: vshards)
            await giveBack(candidates)
            for candidate in candidates { again(candidate) }
            return
        }
        if !(refusal is Refusal) && candidates.count > 1 {
            // One of them cannot be written; alone it fails alone. Each takes anew: a call is journalled once.
            await giveBack(candidates)
            for candidate in candidates {
                placer.again(
                    pending[candidate.index],
                    because: .unavailable("the order could not be decided", retryAfterMilliseconds: 50), alone: true)
            }
            return
        }
        if !(refusal is Refusal) {
            placer.logger.error("an order cannot be captured", metadata: ["error": "\(String(reflecting: error))"])
        }
        await giveBack(candidates)
        for candidate in candidates { pending[candidate.index].continuation.resume(throwing: refusal) }
    }

    /// Frees what was taken for attempts that have a row in PostgreSQL already, by another server or by a tombstone.
    ///
    /// What became of the attempt is final, so that units which are still set aside for it in Redis, whoever took them, are
    /// free: the settle says so, as after every capture.
    private func settleEnded(_ candidates: [Candidate]) async {
        guard !candidates.isEmpty else { return }
        let vshards = Set(candidates.flatMap(\.vshards))
        do {
            let cells = Set(candidates.flatMap { $0.units?.takes.map(\.cell) ?? [] })
            let bases = try await placer.ledger.bases(of: Array(cells))
            let holds = candidates.map { candidate in
                Settlement.Hold(key: HoldKey(.order, candidate.entry.attempt), vshards: candidate.vshards)
            }
            await placer.settler.settleAndWait(Settlement(holds: holds, bases: bases), through: placer.hotStock)
        } catch {
            placer.admission.requestRebuild("an ended attempt could not be settled", of: vshards)
        }
    }

    /// Gives back what this batch itself took for orders that surely were not captured.
    private func giveBack(_ candidates: [Candidate]) async {
        var fresh: [FreshTake] = []
        for candidate in candidates {
            guard let units = candidate.units, let job = candidate.job else { continue }
            if !units.adopted.isEmpty {
                placer.admission.requestRebuild("an adopted take was not captured", of: units.adopted)
            }
            fresh.append(FreshTake(job, in: units.fresh))
        }
        await placer.round.giveBack(fresh)
    }

    // MARK: - Answers

    private func fail(_ candidate: Candidate, _ refusal: Refusal) {
        pending[candidate.index].continuation.resume(throwing: refusal)
    }

    private func again(_ candidate: Candidate) {
        placer.again(
            pending[candidate.index],
            because: .unavailable("stock admission is being restored", retryAfterMilliseconds: 100))
    }

    private func closed(_ candidate: Candidate, _ error: HotStockError) {
        if error == .notArmed {
            placer.admission.noticeRaisedEpoch(of: candidate.vshards)
            again(candidate)
        } else if error.isOutcomeUnknown {
            placer.admission.requestRebuild("an answer of Redis was lost", of: candidate.vshards)
            fail(candidate, .outcomeUnknown("stock admission did not answer"))
        } else {
            if !error.isFull {
                placer.logger.error("stock admission refused a call", metadata: ["error": "\(error)"])
            }
            fail(candidate, error.refusal)
        }
    }

    /// What was short, counting what the reservation covered as available to its line.
    func shortage(_ candidate: Candidate, _ lines: [LineAvailable]) -> [LineShortage] {
        let request = candidate.entry.request
        return lines.compactMap { line in
            guard request.lines.indices.contains(line.line) else { return nil }
            let demand = request.lines[line.line].demand
            let covered = candidate.entry.fromReservation.filter { $0.line == line.line }.reduce(0) { $0 + $1.quantity }
            return LineShortage(
                line: line.line, sku: demand.sku, location: demand.location, wanted: demand.quantity,
                available: min(demand.quantity - 1, line.available + covered))
        }
    }
}
