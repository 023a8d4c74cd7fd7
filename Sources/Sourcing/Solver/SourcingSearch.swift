/// Branch and bound over which sites serve, then over how many units each gives a line.
///
/// **Bounds.** Lagrangian relaxation: the demand of each line is priced (its worth), and each site then decides alone
/// (`SiteRelaxation`). The sum is a lower bound for any worths; subgradient steps look for good ones in floating
/// point, but worths are whole numbers and the bound itself is exact integer arithmetic, so no rounding can make it
/// wrong.
///
/// **Search.** Sites are decided first, the one that the relaxation wants most; a site whose use, or whose absence, the
/// bound excludes is fixed. With all sites decided, lines are served in turn, the amount at each site halved until it
/// is settled. Every step is counted, and with the budget spent the search ends with the best plan so far and the
/// least bound of what it has not looked at. No clock is read: the same problem gives the same plan.
struct SourcingSearch {
    enum Choice: UInt8 {
        case open, closed, undecided
    }

    let model: SourcingModel
    let budget: Int64
    var plan: PartialPlan
    var relaxation = SiteRelaxation()
    var steps: Int64 = 0
    var choices: [Choice]
    /// Most that a unit of each line may be worth: with it no sum of gains leaves 64 bits.
    let mostWorth: [Int64]
    /// The lines in the order in which they are served once the sites are decided, and their arcs to open sites.
    var lineOrder: [Int] = []
    var openArcs: [[Int]] = []
    /// Most lines of an order whose ways of serving are searched one by one.
    static let mostLines = 64
    /// What each arc may still take, beyond what it has.
    var caps: [Int64]
    /// Scaled worth of a unit of each line.
    var worth: [Int64]
    /// The reduced cost of each site in the last bound: what its use would add.
    var reduced: [Int64]
    /// The sites of the relaxed plan in the last bound, and those that it would have beyond the limit.
    private var chosen: [Int] = []
    private var wanted: [Int] = []
    /// Units of each arc in the best plan; nil before there is one.
    var best: [Int64]?
    /// Scaled cost of the best plan, or above that of any.
    var bestCost: Int64
    /// The least bound of what was left unexplored.
    var unexplored = Int64.max
    /// Whether the search has run out of its budget.
    var isSpent: Bool { steps + relaxation.steps >= budget }

    init(_ model: SourcingModel, budget: Int64) {
        self.model = model
        self.budget = budget
        plan = PartialPlan(model)
        choices = Array(repeating: .undecided, count: model.sites.count)
        caps = model.arcs.map(\.limit)
        worth = Array(repeating: 0, count: model.lines.count)
        reduced = Array(repeating: 0, count: model.sites.count)
        bestCost = model.ceiling
        let most = min(model.ceiling, (1 << 60) / Int64(max(1, model.lines.count) * (model.sites.count + 1)))
        mostWorth = model.lines.map { min(most / $0.need, model.shortCost ?? .max) }
    }

    /// Searches until the best plan is proven or the budget is spent.
    mutating func run() {
        seed()
        firstWorths()
        branchOnSites(isRoot: true)
    }

    /// Whether no better plan than the best can be where this bound holds and these ties, at least, are due.
    ///
    /// Costs are whole minor units, so a bound above one minor unit less than the best proves as much as the best
    /// itself.
    func isBeaten(_ bound: Int64, tie: Int64) -> Bool {
        if bound >= bestCost { return true }
        guard best != nil else { return false }
        let (cost, bestTie) = (bestCost / model.scale, bestCost % model.scale)
        // Division rounds towards zero, which is upwards only for bounds that prove nothing.
        let least = bound <= 0 ? 0 : bound / model.scale
        return least > cost || least == cost && tie >= bestTie
    }

    /// The ties that every plan of the present branch has.
    var leastTie: Int64 {
        var tie: Int64 = 0
        for site in model.sites.indices where choices[site] == .open || plan.siteUnits[site] > 0 {
            tie += model.sites[site].tie
        }
        return tie
    }

    /// Keeps the plan as it stands where it is complete and better than the best.
    mutating func keepIfBetter() {
        guard let cost = plan.cost(model), cost < bestCost else { return }
        bestCost = cost
        best = plan.units
    }

    /// The lower bound of the present branch; `Int64.max` where it has no plan.
    mutating func bound(served: UnsafeMutableBufferPointer<Double>? = nil) -> Int64 {
        var total = plan.variable - model.splitPenalty
        for line in model.lines.indices where plan.need[line] > 0 {
            total += plan.need[line] * worth[line]
        }
        var free = model.maxSites == .max ? Int.max : model.maxSites - plan.opened
        chosen.removeAll(keepingCapacity: true)
        wanted.removeAll(keepingCapacity: true)
        for site in model.sites.indices {
            if choices[site] == .closed {
                reduced[site] = 0
                continue
            }
            let isUsed = plan.siteUnits[site] > 0
            let least = relaxation.least(site, model, plan, caps: caps, worth: worth, served: nil)
            if least >= SiteRelaxation.impossible {
                if isUsed || choices[site] == .open { return .max }
                reduced[site] = SiteRelaxation.impossible
                continue
            }
            reduced[site] = least + model.sites[site].fixed
            if isUsed || choices[site] == .open {
                total += reduced[site]
                chosen.append(site)
                if !isUsed && free != .max { free -= 1 }
            } else if reduced[site] < 0 {
                wanted.append(site)
            }
        }
        if free < 0 { return .max }
        if wanted.count > free { wanted.sort { (reduced[$0], $0) < (reduced[$1], $1) } }
        for site in wanted.prefix(free) {
            total += reduced[site]
            chosen.append(site)
        }
        if let served {
            for site in chosen {
                _ = relaxation.least(site, model, plan, caps: caps, worth: worth, served: served)
            }
        }
        return total
    }

    /// Whether every line can still be served by the sites that are not closed.
    func isCoverable() -> Bool {
        if model.shortCost != nil { return true }
        let slots = model.maxSites == .max ? Int.max : model.maxSites - choices.count { $0 == .open }
        for line in model.lines.indices {
            var missing = model.lines[line].need
            var undecided: [Int64] = []
            for arc in model.arcsOfLine[line] {
                let units = min(model.arcs[arc].limit, model.cells[model.arcs[arc].cell].available)
                switch choices[model.arcs[arc].site] {
                case .open: missing -= units
                case .undecided: undecided.append(units)
                case .closed: continue
                }
            }
            if missing <= 0 { continue }
            if undecided.count > slots { undecided.sort(by: >) }
            for units in undecided.prefix(max(0, slots)) { missing -= units }
            if missing > 0 { return false }
        }
        return true
    }
}
