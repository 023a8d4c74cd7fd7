internal import Domain

/// One attempt to plan a problem with some constraints dropped.
struct SourcingAttempt {
    private let problem: SourcingProblem
    private let dropped: Set<SourcingConstraint>
    private let version: String
    private var decisions: [LocationDecision] = []
    private var candidates: [Candidate] = []

    init(_ problem: SourcingProblem, dropped: Set<SourcingConstraint>, version: String) {
        self.problem = problem
        self.dropped = dropped
        self.version = version
        let screening = Screening(problem, dropped: dropped)
        let ranked = problem.locations.indices.sorted {
            let (left, right) = (problem.locations[$0], problem.locations[$1])
            return left.rank == right.rank ? left.code < right.code : left.rank < right.rank
        }
        for index in ranked {
            let (decision, candidate) = screening.screen(index)
            decisions.append(decision)
            if let candidate { candidates.append(candidate) }
        }
    }

    /// Searches, and says what was found.
    func plan() -> SourcingPlan {
        let model = SourcingModel(problem, candidates: candidates, dropped: dropped)
        var search = SourcingSearch(model, budget: problem.config.steps)
        search.run()
        var plan = SourcingPlan(
            problem: problem, configVersion: version, status: .optimal, cause: nil, shortages: [], dropped: [],
            shipments: [], unsourced: [], cost: .init(), bound: 0, steps: search.steps + search.relaxation.steps,
            decisions: decisions)
        guard let units = search.best else {
            let isProven = search.unexplored == .max
            plan.status = isProven ? .infeasible : .undecided
            if isProven { explain(&plan) }
            for index in plan.decisions.indices where plan.decisions[index].reason == .notCheapest {
                plan.decisions[index].reason = .noPlan
            }
            return plan
        }
        fill(&plan, model, units)
        plan.bound = max(0, min(plan.cost.total, search.unexplored / model.scale))
        plan.status = plan.bound == plan.cost.total ? .optimal : .feasible
        return plan
    }

    private func fill(_ plan: inout SourcingPlan, _ model: SourcingModel, _ units: [Int64]) {
        let lines = problem.order.lines
        var left = lines.map(\.quantity)
        var taken = model.cells.map { _ in Int64(0) }
        for (site, candidate) in zip(model.sites, candidates) {
            let arcs = site.arcs.filter { units[$0] > 0 }
            if arcs.isEmpty { continue }
            let location = problem.locations[candidate.index]
            var grams: Int64 = 0
            var volume: Int64 = 0
            var count: Int64 = 0
            var parts: [SourcingPlan.Part] = []
            for arc in arcs {
                let line = model.arcs[arc].line
                grams += lines[line].grams * units[arc]
                volume += lines[line].volume * units[arc]
                count += units[arc]
                left[line] -= units[arc]
                taken[model.arcs[arc].cell] += units[arc]
                parts.append(SourcingPlan.Part(line: lines[line].id, units: units[arc]))
            }
            // The cheapest service; of equal ones the one that arrives first, then the lesser code.
            let priced = candidate.offers.compactMap { offer in
                offer.price(grams: grams, volume: volume).map { (offer: offer, price: $0) }
            }
            let best = priced.min {
                ($0.price, $0.offer.arrival.days, $0.offer.service) < (
                    $1.price, $1.offer.arrival.days, $1.offer.service
                )
            }
            guard let best else { preconditionFailure("every load of a plan has a rate") }
            let handling = location.handlingPerShipment + location.handlingPerUnit * count
            plan.shipments.append(
                SourcingPlan.Shipment(
                    location: location.code, service: best.offer.service, zone: best.offer.zone, parts: parts,
                    grams: grams, billableGrams: best.offer.billable(grams: grams, volume: volume),
                    dispatch: candidate.dispatch, arrival: best.offer.arrival, shipping: best.price, handling: handling)
            )
            plan.cost.shipping += best.price
            plan.cost.handling += handling
            let over =
                max(0, count - (candidate.free.units ?? .max))
                + max(0, Int64(arcs.count) - (candidate.free.lines ?? .max))
                + max(0, 1 - (candidate.free.orders ?? .max))
            plan.cost.capacityPressure += over * problem.config.capacityPressure
            if let index = plan.decisions.firstIndex(where: { $0.location == location.code }) {
                plan.decisions[index].reason = .selected
            }
        }
        for (cell, units) in zip(model.cells, taken) {
            plan.cost.stockOutPressure += max(0, units - cell.comfort) * problem.config.stockOutPressure
        }
        plan.cost.splits = Int64(max(0, plan.shipments.count - 1)) * problem.config.splitPenalty
        for (line, units) in zip(lines, left) where units > 0 {
            plan.unsourced.append(SourcingPlan.Part(line: line.id, units: units))
            plan.cost.unsourced += units * problem.config.unsourcedUnit
        }
    }

    /// Why there is no plan.
    private func explain(_ plan: inout SourcingPlan) {
        if candidates.isEmpty {
            plan.cause = .noLocation
            return
        }
        var wanted: [String: Int64] = [:]
        for line in problem.order.lines { wanted[line.sku, default: 0] += line.quantity }
        var stock: [String: [String: Int64]] = [:]
        for entry in problem.stock { stock[entry.location, default: [:]][entry.sku] = entry.available }
        var available = problem.order.lines.map { _ in Int64(0) }
        for candidate in candidates {
            let there = stock[problem.locations[candidate.index].code] ?? [:]
            for (line, _) in candidate.units { available[line] += there[problem.order.lines[line].sku] ?? 0 }
        }
        for (index, line) in problem.order.lines.enumerated() {
            let wanted = wanted[line.sku] ?? 0
            if available[index] < wanted {
                plan.shortages.append(
                    LineShortage(
                        line: index, sku: line.sku, location: "", wanted: wanted, available: available[index]))
            }
        }
        plan.cause = plan.shortages.isEmpty ? .limits : .stockShort
    }
}
