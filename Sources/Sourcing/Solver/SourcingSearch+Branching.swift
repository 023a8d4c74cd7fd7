extension SourcingSearch {
    /// Explores the present branch: decides sites until none is undecided, then serves lines.
    mutating func branchOnSites(isRoot: Bool) {
        guard isCoverable() else { return }
        let (startWorth, startChoices) = (worth, choices)
        defer { (worth, choices) = (startWorth, startChoices) }
        let bound = ascend(iterations: !isRoot ? 12 : model.lines.count > SourcingSearch.mostLines ? 400 : 30)
        if bound == .max || isBeaten(bound, tie: leastTie) { return }
        if isSpent {
            unexplored = min(unexplored, bound)
            return
        }
        serve(by: model.sites.indices.map { choices[$0] == .open || choices[$0] == .undecided && reduced[$0] < 0 })
        if isRoot { dropSites() }
        if isBeaten(bound, tie: leastTie) { return }
        fixSites(bound)
        guard let site = siteToDecide() else {
            branchOnLines(bound)
            return
        }
        for choice in reduced[site] < 0 ? [Choice.open, .closed] : [.closed, .open] {
            choices[site] = choice
            if isSpent {
                unexplored = min(unexplored, bound)
            } else {
                branchOnSites(isRoot: false)
            }
        }
    }

    /// Decides the sites that the bound allows no choice for.
    private mutating func fixSites(_ bound: Int64) {
        let tie = leastTie
        let isLimited = model.maxSites != .max
        for site in model.sites.indices where choices[site] == .undecided {
            let value = reduced[site]
            if value >= SiteRelaxation.impossible
                || value >= 0 && isBeaten(bound + value, tie: tie + model.sites[site].tie)
            {
                choices[site] = .closed
            } else if value < 0 && !isLimited && isBeaten(bound - value, tie: tie) {
                choices[site] = .open
            }
        }
    }

    /// The undecided site that the relaxation wants most, or minds least.
    private func siteToDecide() -> Int? {
        model.sites.indices.filter { choices[$0] == .undecided }.min { (reduced[$0], $0) < (reduced[$1], $1) }
    }

    /// With the sites decided: serves line after line in every way that the bound does not exclude.
    ///
    /// An order with more lines than `mostLines` is left at its bound: its ways are too many, and the calls too deep.
    private mutating func branchOnLines(_ bound: Int64) {
        guard model.lines.count <= SourcingSearch.mostLines else {
            unexplored = min(unexplored, bound)
            return
        }
        openArcs = model.lines.indices.map { line in
            model.arcsOfLine[line].filter { choices[model.arcs[$0].site] == .open }
                .sorted { (model.arcs[$0].cost, $0) < (model.arcs[$1].cost, $1) }
        }
        lineOrder = model.lines.indices.sorted {
            (openArcs[$0].count, -model.lines[$0].grams * model.lines[$0].need, $0)
                < (openArcs[$1].count, -model.lines[$1].grams * model.lines[$1].need, $1)
        }
        serveLine(0)
    }

    private mutating func serveLine(_ position: Int) {
        if position == lineOrder.count { keepIfBetter() } else { serveFromArc(0, position) }
    }

    /// Decides the amount of an arc of the line at a position, then of those after it.
    private mutating func serveFromArc(_ place: Int, _ position: Int) {
        let line = lineOrder[position]
        if plan.need[line] == 0 {
            serveLine(position + 1)
            return
        }
        if place == openArcs[line].count {
            // What is left of the line stays unsourced, where that is allowed.
            if model.shortCost != nil && promises() { serveLine(position + 1) }
            return
        }
        let arc = openArcs[line][place]
        let most = plan.room(arc, model)
        var least: Int64 = 0
        if model.shortCost == nil {
            var others: Int64 = 0
            for other in openArcs[line][(place + 1)...] { others += min(plan.need[line], model.arcs[other].limit) }
            least = max(0, plan.need[line] - others)
        }
        if least <= most { halve(arc, least, most, place, position) }
    }

    /// Settles an arc's amount between two bounds, the greater half first.
    private mutating func halve(_ arc: Int, _ least: Int64, _ most: Int64, _ place: Int, _ position: Int) {
        let cap = caps[arc]
        plan.add(arc, least, model)
        caps[arc] = most - least
        let mayBeBetter = promises()
        if mayBeBetter && least == most { serveFromArc(place + 1, position) }
        caps[arc] = cap
        plan.add(arc, -least, model)
        if !mayBeBetter || least == most { return }
        let middle = least + (most - least) / 2
        halve(arc, middle + 1, most, place, position)
        halve(arc, least, middle, place, position)
    }

    /// Whether the present branch may hold a better plan and there are steps to look; else what is left of it is noted.
    private mutating func promises() -> Bool {
        let value = bound()
        if value == .max || isBeaten(value, tie: leastTie) { return false }
        if isSpent {
            unexplored = min(unexplored, value)
            return false
        }
        return true
    }
}
