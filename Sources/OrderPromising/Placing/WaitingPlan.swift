import Domain
import HotStock
import Ledger

/// What of an order waits for supply, because stock cannot serve it now.
///
/// An order whose lines may wait first asks for all of it, as any other. Where that is short, the plan is made: how often
/// there was supply so far is read together with the figures of its cells, Redis is told these figures, and the order asks
/// again. What is short then is short by everything that was received before, so it asks for less, line by line, until what it asks
/// for is there. The capturing transaction lets the rest wait, unless there was supply since the reading: then all of this
/// is done again. So a line never begins to wait beside stock that came before it.
struct WaitingPlan: Sendable {
    /// Rounds after which the caller is asked to try again.
    static let bound = 20

    /// How often there was supply, by product.
    var supply: [Int32: Int64]
    /// Units to ask for, by line; lines that are missing ask for all they want.
    var asked: [Int: Int64] = [:]
    /// Times that a plan was made for the order.
    var rounds: Int
}

extension OrderBatch.Candidate {
    /// Lets the units wait that the plan does not ask for.
    mutating func follow(_ plan: WaitingPlan) {
        entry.supply = plan.supply
        for (line, units) in plan.asked {
            guard let demand = beyond[line], demand.quantity > units else { continue }
            entry.waiting.append(
                WaitingUnits(
                    line: line, quantity: demand.quantity - units, locations: entry.waitingLocations[line] ?? nil,
                    single: demand.location.isEmpty && !demand.allowSplit))
            if units == 0 { beyond[line] = nil } else { beyond[line]?.quantity = units }
        }
    }

    /// Whether every one of these lines may wait for supply.
    func mayWait(_ lines: [LineAvailable]) -> Bool {
        !entry.request.goodsInHand
            && lines.allSatisfy { line in
                entry.request.lines.indices.contains(line.line) && entry.request.lines[line.line].backorder != nil
            }
    }
}

extension OrderBatch {
    /// Plans what waits of an order that is short, and asks for its stock again.
    ///
    /// Returns why the order is refused instead, or nil where it is on its way.
    func planWaiting(_ candidate: Candidate, short lines: [LineAvailable]) async throws -> Refusal? {
        var order = pending[candidate.index]
        if var plan = order.waiting {
            for line in lines {
                guard let beyond = candidate.beyond[line.line] else { continue }
                plan.asked[line.line] = min(line.available, beyond.quantity - 1)
            }
            plan.rounds += 1
            order.waiting = plan
        } else {
            let products = Set(candidate.entry.waitingLocations.keys.map { candidate.entry.products[$0] })
            let cells = candidate.job?.demand.parts.flatMap { $0.lines.flatMap { $0.groups.flatMap { $0 } } } ?? []
            try await placer.follower.refresh()
            let standing = try await placer.ledger.backorderStanding(
                of: products.sorted(), channel: candidate.entry.channel, cells: cells)
            let closed = lines.filter { standing.left[candidate.entry.products[$0.line], default: 0] == 0 }
            if !closed.isEmpty {
                return .shortage(
                    shortage(candidate, lines).map { line in
                        var line = line
                        line.backorderLeft = standing.left[candidate.entry.products[line.line], default: 0]
                        return line
                    })
            }
            await placer.settler.settleAndWait(Settlement(bases: standing.bases), through: placer.hotStock)
            order.waiting = WaitingPlan(supply: standing.supply, rounds: order.planned + 1)
        }
        guard let plan = order.waiting, plan.rounds <= WaitingPlan.bound else {
            return .unavailable("stock of the order keeps changing", retryAfterMilliseconds: 100)
        }
        order.planned = plan.rounds
        placer.anew(order)
        return nil
    }
}
