extension SourcingSearch {
    /// Finds first plans: from all sites, from each single site, and by leaving sites out.
    mutating func seed() {
        let all = Array(repeating: true, count: model.sites.count)
        serve(by: all)
        for site in model.sites.indices {
            var one = Array(repeating: false, count: model.sites.count)
            one[site] = true
            serve(by: one)
        }
        serve(by: widest())
        dropSites()
    }

    /// Serves the lines from these sites, each where its next units cost least, and keeps the plan where it is better.
    ///
    /// The plan is empty before and after.
    mutating func serve(by allowed: [Bool]) {
        let order = model.lines.indices.sorted {
            (model.arcsOfLine[$0].count, -model.lines[$0].grams * model.lines[$0].need, $0)
                < (model.arcsOfLine[$1].count, -model.lines[$1].grams * model.lines[$1].need, $1)
        }
        var given: [Int] = []
        for line in order where !serve(line, by: allowed, given: &given) {
            takeBack(given)
            return
        }
        keepIfBetter()
        improve(order, by: allowed, given: &given)
        takeBack(given)
    }

    /// Takes lines back one by one and serves them anew, now that the sites in use are known.
    private mutating func improve(_ order: [Int], by allowed: [Bool], given: inout [Int]) {
        for _ in 0..<2 {
            let before = bestCost
            for line in order {
                for arc in model.arcsOfLine[line] where plan.units[arc] > 0 { plan.add(arc, -plan.units[arc], model) }
                if !serve(line, by: allowed, given: &given) { return }
            }
            keepIfBetter()
            if bestCost == before { return }
        }
    }

    private mutating func takeBack(_ given: [Int]) {
        for arc in given { plan.add(arc, -plan.units[arc], model) }
    }

    private mutating func serve(_ line: Int, by allowed: [Bool], given: inout [Int]) -> Bool {
        while plan.need[line] > 0 {
            var chosen: (arc: Int, units: Int64, cost: Int64)?
            for arc in model.arcsOfLine[line] where allowed[model.arcs[arc].site] {
                steps += 1
                let room = plan.room(arc, model)
                // The last location that a line may have must take all that is left of it.
                let isLast = plan.units[arc] == 0 && plan.parts[line] + 1 >= model.maxSitesPerLine
                if room <= 0 || isLast && room < plan.need[line] && model.shortCost == nil { continue }
                guard let cost = marginal(arc, room) else { continue }
                guard let other = chosen else {
                    chosen = (arc, room, cost)
                    continue
                }
                if Int128(cost) * Int128(other.units) < Int128(other.cost) * Int128(room) { chosen = (arc, room, cost) }
            }
            guard let chosen else { return model.shortCost != nil }
            if let short = model.shortCost, chosen.cost > short * chosen.units { return true }
            plan.add(chosen.arc, chosen.units, model)
            given.append(chosen.arc)
        }
        return true
    }

    /// What further units of an arc would add to the plan's cost.
    private mutating func marginal(_ arc: Int, _ units: Int64) -> Int64? {
        let entry = model.arcs[arc]
        let line = model.lines[entry.line]
        let isUsed = plan.siteUnits[entry.site] > 0
        guard
            let after = plan.shipping(
                entry.site, moreGrams: line.grams * units, moreVolume: line.volume * units, model)
        else { return nil }
        let before = isUsed ? plan.shipping(entry.site, model) ?? 0 : 0
        let cell = model.cells[entry.cell]
        let taken = plan.taken[entry.cell]
        return entry.cost * units + cell.cost(taken: taken + units) - cell.cost(taken: taken) + after - before
            + (isUsed ? 0 : model.sites[entry.site].fixed)
    }

    /// Sites that together have something of every line, each chosen for how much it adds to the others.
    private mutating func widest() -> [Bool] {
        var allowed = Array(repeating: false, count: model.sites.count)
        var missing = model.lines.map(\.need)
        for _ in 0..<min(model.maxSites, model.sites.count) {
            var chosen: (site: Int, covered: Double)?
            for site in model.sites.indices where !allowed[site] {
                var covered = 0.0
                for arc in model.sites[site].arcs {
                    steps += 1
                    let line = model.arcs[arc].line
                    covered += Double(min(missing[line], model.arcs[arc].limit)) / Double(model.lines[line].need)
                }
                if covered > chosen?.covered ?? 0 { chosen = (site, covered) }
            }
            guard let chosen else { break }
            allowed[chosen.site] = true
            for arc in model.sites[chosen.site].arcs {
                missing[model.arcs[arc].line] -= min(missing[model.arcs[arc].line], model.arcs[arc].limit)
            }
        }
        return allowed
    }

    /// Leaves out one used site after the other, as long as that makes the best plan better.
    mutating func dropSites() {
        var isBetter = true
        while isBetter && !isSpent {
            isBetter = false
            guard let best else { return }
            var used = Array(repeating: false, count: model.sites.count)
            for arc in model.arcs.indices where best[arc] > 0 { used[model.arcs[arc].site] = true }
            let before = bestCost
            for site in model.sites.indices.reversed() where used[site] && !isSpent {
                var fewer = used
                fewer[site] = false
                serve(by: fewer)
                if bestCost < before {
                    isBetter = true
                    break
                }
            }
        }
    }
}
