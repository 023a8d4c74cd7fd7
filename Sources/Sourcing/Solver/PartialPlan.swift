/// Units given to arcs so far, with everything that follows from them.
///
/// Invariants: no arc, cell, site or line is used beyond its bound, each used site's load has a rate, and `variable`
/// and `fixed` are the scaled costs of exactly these units.
struct PartialPlan {
    private(set) var units: [Int64]
    private(set) var need: [Int64]
    /// Sites that serve a line.
    private(set) var parts: [Int]
    private(set) var taken: [Int64]
    private(set) var grams: [Int64]
    private(set) var volume: [Int64]
    private(set) var siteUnits: [Int64]
    private(set) var siteLines: [Int64]
    /// Sites in use.
    private(set) var opened = 0
    private(set) var variable: Int64 = 0
    private(set) var fixed: Int64 = 0

    init(_ model: SourcingModel) {
        units = Array(repeating: 0, count: model.arcs.count)
        need = model.lines.map(\.need)
        parts = Array(repeating: 0, count: model.lines.count)
        taken = Array(repeating: 0, count: model.cells.count)
        grams = Array(repeating: 0, count: model.sites.count)
        volume = grams
        siteUnits = grams
        siteLines = grams
    }

    /// Most units that an arc can be given in addition.
    func room(_ arc: Int, _ model: SourcingModel) -> Int64 {
        let entry = model.arcs[arc]
        let site = model.sites[entry.site]
        if units[arc] == 0 {
            if parts[entry.line] >= model.maxSitesPerLine || siteLines[entry.site] >= site.lines { return 0 }
            if siteUnits[entry.site] == 0 && opened >= model.maxSites { return 0 }
        }
        var room = min(need[entry.line], entry.limit - units[arc])
        room = min(room, model.cells[entry.cell].available - taken[entry.cell])
        room = min(room, site.units - siteUnits[entry.site])
        if room <= 0 { return 0 }
        let line = model.lines[entry.line]
        var rated: Int64 = 0
        for tariff in site.tariffs {
            rated = max(
                rated,
                tariff.room(
                    wanted: room, unitGrams: line.grams, unitVolume: line.volume, grams: grams[entry.site],
                    volume: volume[entry.site]))
            if rated == room { break }
        }
        return rated
    }

    /// Gives an arc units that it has room for, or takes back a negative number of them.
    mutating func add(_ arc: Int, _ amount: Int64, _ model: SourcingModel) {
        if amount == 0 { return }
        let entry = model.arcs[arc]
        let site = model.sites[entry.site]
        let line = model.lines[entry.line]
        let before = units[arc]
        let after = before + amount
        units[arc] = after
        need[entry.line] -= amount
        grams[entry.site] += line.grams * amount
        volume[entry.site] += line.volume * amount
        let cell = model.cells[entry.cell]
        variable += amount * entry.cost - cell.cost(taken: taken[entry.cell])
        taken[entry.cell] += amount
        variable += cell.cost(taken: taken[entry.cell])
        let unitsBefore = siteUnits[entry.site]
        siteUnits[entry.site] += amount
        variable +=
            model.capacityPressure * (over(siteUnits[entry.site], site.freeUnits) - over(unitsBefore, site.freeUnits))
        if (before == 0) != (after == 0) {
            let step = before == 0 ? 1 : -1
            parts[entry.line] += step
            let linesBefore = siteLines[entry.site]
            siteLines[entry.site] += Int64(step)
            variable +=
                model.capacityPressure
                * (over(siteLines[entry.site], site.freeLines) - over(linesBefore, site.freeLines))
            if (unitsBefore == 0) != (siteUnits[entry.site] == 0) {
                opened += step
                fixed += Int64(step) * site.fixed
            }
        }
    }

    private func over(_ used: Int64, _ free: Int64) -> Int64 { used > free ? used - free : 0 }

    /// The least scaled price of a site's shipment with a further load; nil where there is no rate.
    func shipping(_ site: Int, moreGrams: Int64 = 0, moreVolume: Int64 = 0, _ model: SourcingModel) -> Int64? {
        var least: Int64?
        for tariff in model.sites[site].tariffs {
            guard let price = tariff.price(grams: grams[site] + moreGrams, volume: volume[site] + moreVolume) else {
                continue
            }
            if price < least ?? .max { least = price }
        }
        return least
    }

    /// The scaled cost of the plan as it stands; nil where a line is open that must not be.
    func cost(_ model: SourcingModel) -> Int64? {
        var total = variable + fixed
        if opened > 0 { total -= model.splitPenalty }
        for need in need where need > 0 {
            guard let short = model.shortCost else { return nil }
            total += need * short
        }
        for site in model.sites.indices where siteUnits[site] > 0 {
            guard let price = shipping(site, model) else { return nil }
            total += price
        }
        return total
    }
}
