public import Domain
import Ledger
import NIOCore
import OrderPromising
import Sourcing

extension SourcingDesk {
    /// Times that stock is set aside for a commit before its caller is asked to try again.
    private static let attempts = 5

    /// Carries a stored plan of an order out: units move to the locations of the plan, all or none.
    ///
    /// Stock at the new locations is set aside first, like a reservation; then one transaction under the order's lock takes
    /// it, gives the old locations' units back, to lines that wait for them before anybody else, and books the capacity, if
    /// there still is as much on the plan's days. A
    /// crash between the two leaves a reservation that expires; the same call sets aside anew.
    ///
    /// - Parameters:
    ///   - id: the caller's id.
    ///   - plan: the plan's id.
    ///   - body: the request in its canonical encoding.
    ///   - caller: who asks.
    ///   - encode: the reply for the units that moved and the place of the event, 0 where nothing had to move.
    /// - Returns: the reply, the stored one for a repetition.
    /// - Throws: `Refusal`: what is not there, a plan that is none or is committed, an order or a stock that is not as it was
    ///   planned on, an article that was not found where it is to be sent from, a day that is full or over.
    public func commit(
        _ id: EntityID, plan: EntityID, body: [UInt8], caller: Caller,
        encode: @escaping @Sendable (_ moved: Int64, _ sequence: Int32) throws -> [UInt8]
    ) async throws -> [UInt8] {
        if let reply = try await ledger.sourcingCommitReply(id, body: body, caller: caller) { return reply }
        guard let stored = try await ledger.sourcingPlan(plan) else {
            throw Refusal.missing(.sourcingPlan, plan.description, for: caller)
        }
        guard let order = stored.order, let channel = stored.channel else {
            throw Refusal.invalid([
                FieldViolation("plan_id", "is of lines that were given: only an order's is carried out")
            ])
        }
        try caller.scope.admit(channel: channel)
        let made = try SourcingDesk.replay(stored.inputs)
        guard made.hasPlan else {
            throw Refusal.wrongState(
                .sourcingPlan, plan.description, state: made.status.rawValue,
                explanation: "there is nothing to carry out")
        }
        let standing = try await ledger.sourceableUnits(of: order)
        let moves = try SourcingDesk.moves(of: made, id: plan, standing: standing)
        for move in moves {
            try caller.scope.admit(location: move.from)
            try caller.scope.admit(location: move.to)
        }
        let commitment = SourcingCommitment(
            plan: plan, standing: standing, moves: moves,
            bookings: try made.shipments.map { shipment in
                .init(
                    location: shipment.location, day: shipment.dispatch.days,
                    dayEnd: try SourcingDesk.end(of: shipment, in: made.problem),
                    parts: shipment.parts.reduce(into: [:]) { $0[Int32($1.line) ?? 0, default: 0] += $1.units })
            }, keepsCapacity: !made.dropped.contains { $0.constraint == .capacity })
        for attempt in 0..<SourcingDesk.attempts {
            let reservation = try await setAside(moves, for: id, attempt: attempt, channel: channel, caller: caller)
            do {
                let (reply, settlement) = try await ledger.commitSourcing(
                    commitment, reservation: reservation, as: id, of: order, body: body, caller: caller,
                    encodeReply: encode)
                await promising.settle(settlement)
                return reply
            } catch LedgerFault.planOutdated {
                continue
            } catch let refusal as Refusal {
                if case .outcomeUnknown = refusal { throw refusal }
                await promising.giveBack(reservation)
                throw refusal
            }
        }
        throw Refusal.unavailable("stock that was set aside does not last", retryAfterMilliseconds: 100)
    }

    /// When the day on which a shipment leaves is over by its location's clocks.
    private static func end(of shipment: SourcingPlan.Shipment, in problem: SourcingProblem) throws -> Instant {
        let location = problem.locations.first { $0.code == shipment.location }
        guard let zone = location.flatMap({ problem.zones[$0.timeZone] }) else {
            throw Refusal.unavailable("the zone of \(shipment.location) is not known", retryAfterMilliseconds: 1_000)
        }
        return zone.first(shipment.dispatch.next, ClockTime(minutes: 0))
    }

    private func setAside(
        _ moves: [SourcingCommitment.Move], for id: EntityID, attempt: Int, channel: String, caller: Caller
    ) async throws -> EntityID? {
        guard !moves.isEmpty else { return nil }
        let demands = moves.map {
            Demand(sku: $0.sku, location: $0.to, quantity: $0.units, allowSplit: false)
        }
        return try await promising.setAside(
            demands, for: id, attempt: attempt, channel: channel, caller: caller, deadline: .now() + .seconds(10)
        ).id
    }

    /// What has to move so that each line's units are where the plan has them; what it does not source stays where it is.
    ///
    /// - Throws: `Refusal.wrongState` where a line has not as many units any longer as were planned.
    static func moves(
        of plan: SourcingPlan, id: EntityID, standing: [SourceableUnits]
    ) throws(Refusal) -> [SourcingCommitment.Move] {
        var planned: [Int32: Int64] = [:]
        for line in plan.problem.order.lines { planned[Int32(line.id) ?? 0] = line.quantity }
        var there: [Int32: Int64] = [:]
        for units in standing { there[units.line, default: 0] += units.units }
        guard planned == there else {
            throw .wrongState(
                .sourcingPlan, id.description, state: "outdated",
                explanation: "the order is not any longer as it was planned on: plan again")
        }
        var moves: [SourcingCommitment.Move] = []
        for line in plan.problem.order.lines {
            let number = Int32(line.id) ?? 0
            var wanted: [(location: String, units: Int64)] = []
            for shipment in plan.shipments {
                let units = shipment.parts.filter { $0.line == line.id }.reduce(0) { $0 + $1.units }
                if units > 0 { wanted.append((shipment.location, units)) }
            }
            var surplus = standing.filter { $0.line == number }.map { (location: $0.location, units: $0.units) }
            for index in surplus.indices {
                guard let place = wanted.firstIndex(where: { $0.location == surplus[index].location }) else { continue }
                let staying = min(surplus[index].units, wanted[place].units)
                surplus[index].units -= staying
                wanted[place].units -= staying
            }
            for target in wanted where target.units > 0 {
                var rest = target.units
                for index in surplus.indices where rest > 0 && surplus[index].units > 0 {
                    let units = min(rest, surplus[index].units)
                    moves.append(
                        .init(
                            line: number, from: surplus[index].location, to: target.location, sku: line.sku,
                            units: units))
                    surplus[index].units -= units
                    rest -= units
                }
            }
        }
        return moves
    }
}
