extension SourcingSearch {
    /// Looks for worths with a high bound by subgradient steps, and returns the highest bound found.
    ///
    /// A line that the relaxed plan serves too little becomes worth more, one that it serves too much less. On return
    /// `worth` and `reduced` are those of the bound returned. `Int64.max` where the branch has no plan.
    mutating func ascend(iterations: Int) -> Int64 {
        let served = UnsafeMutableBufferPointer<Double>.allocate(capacity: max(1, model.lines.count))
        served.initialize(repeating: 0)
        defer { served.deallocate() }
        var (highest, bestWorth, bestReduced) = (Int64.min, worth, reduced)
        var direction = Array(repeating: 0.0, count: model.lines.count)
        var pace = 0.3
        var sinceBetter = 0
        let tie = leastTie
        for _ in 0..<iterations {
            served.update(repeating: 0)
            let value = bound(served: served)
            if value == .max { return .max }
            if value > highest {
                if Double(value - max(0, highest)) > 0.002 * Double(value.magnitude) { sinceBetter = 0 }
                (highest, bestWorth, bestReduced) = (value, worth, reduced)
                if isBeaten(highest, tie: tie) { break }
            }
            sinceBetter += 1
            if sinceBetter > 6 {
                pace /= 2
                sinceBetter = 0
                if pace < 0.004 { break }
                worth = bestWorth
            }
            var norm = 0.0
            for line in model.lines.indices where plan.need[line] > 0 {
                direction[line] = Double(plan.need[line]) - served[line] + 0.3 * direction[line]
                norm += direction[line] * direction[line]
            }
            if norm < 1e-9 || isSpent { break }
            let goal =
                best == nil ? Double(highest) + Double(highest.magnitude) * 0.1 + Double(model.scale) : Double(bestCost)
            let step = pace * max(1, goal - Double(value)) / norm
            for line in model.lines.indices where plan.need[line] > 0 {
                let moved = Double(worth[line]) + step * direction[line]
                worth[line] = min(Int64(max(0, min(moved, Double(mostWorth[line])))), mostWorth[line])
            }
        }
        (worth, reduced) = (bestWorth, bestReduced)
        return highest
    }

    /// First worths, from which the subgradient steps start; the better they are, the fewer it takes.
    mutating func firstWorths() {
        if model.lines.count > SourcingSearch.mostLines { shareCostOfBest() } else { raiseWorths() }
    }

    /// Raises worths as far as no site would pay: dual ascent.
    ///
    /// A site's reduced cost falls by no more than the raise times the units it can give the line, so slack divided by
    /// units is a safe raise. The first round takes half of it, so that no line takes all of a site's slack.
    private mutating func raiseWorths() {
        for part in [2, 1] as [Int64] {
            for line in model.lines.indices {
                if isSpent { return }
                var raise = mostWorth[line] - worth[line]
                for arc in model.arcsOfLine[line] {
                    let entry = model.arcs[arc]
                    let least = relaxation.least(entry.site, model, plan, caps: caps, worth: worth, served: nil)
                    if least >= SiteRelaxation.impossible { continue }
                    let slack = max(0, least + model.sites[entry.site].fixed)
                    raise = min(raise, max(0, entry.cost - worth[line]) + slack / min(entry.limit, plan.need[line]))
                }
                worth[line] += raise / part
            }
        }
    }

    /// Makes units worth what they cost in the best plan, with a share of their shipment by weight, all lowered by one
    /// factor until no site would pay.
    private mutating func shareCostOfBest() {
        guard let best else { return }
        var whole = PartialPlan(model)
        var (cost, weight) = (model.sites.map { _ in 0.0 }, model.sites.map { _ in 0.0 })
        for arc in model.arcs.indices where best[arc] > 0 {
            whole.add(arc, best[arc], model)
            weight[model.arcs[arc].site] += Double(best[arc]) * Double(1 + model.lines[model.arcs[arc].line].grams)
        }
        for site in model.sites.indices where whole.siteUnits[site] > 0 {
            cost[site] = Double(model.sites[site].fixed + (whole.shipping(site, model) ?? 0))
        }
        let shares = model.lines.indices.map { line in
            var sum = Double(whole.need[line] * (model.shortCost ?? 0))
            for arc in model.arcsOfLine[line] where best[arc] > 0 {
                let site = model.arcs[arc].site
                let share = cost[site] * Double(1 + model.lines[line].grams) / weight[site]
                sum += Double(best[arc]) * (Double(model.arcs[arc].cost) + share)
            }
            return sum / Double(model.lines[line].need)
        }
        var (low, high) = (0.0, 1.0)
        for _ in 0..<8 {
            if isSpent { break }
            let middle = (low + high) / 2
            setWorths(shares, factor: middle)
            let pays = model.sites.indices.contains { site in
                relaxation.least(site, model, plan, caps: caps, worth: worth, served: nil) + model.sites[site].fixed < 0
            }
            if pays { high = middle } else { low = middle }
        }
        setWorths(shares, factor: low)
    }

    private mutating func setWorths(_ shares: [Double], factor: Double) {
        for line in shares.indices {
            worth[line] = min(Int64(min(shares[line] * factor, Double(mostWorth[line]))), mostWorth[line])
        }
    }
}
