internal import Domain

/// A problem as numbers: what the search works on.
///
/// All costs are scaled: `cost x scale + tie`, where the tie of a plan is the sum of `1 + place` over the sites it
/// uses, and a site's place is its position by rank, then code. The sum of all ties is below the scale, so the least
/// scaled cost is the least cost, and among equal costs the plan with fewer and better placed sites. The scale also
/// gives the multipliers of the bounds, which are whole numbers, their fractions of a minor unit.
struct SourcingModel {
    struct Line {
        var need: Int64
        var grams: Int64
        var volume: Int64
    }

    /// A line's supply at a site.
    struct Arc {
        var line: Int
        var site: Int
        var cell: Int
        var limit: Int64
        /// Scaled handling of a unit.
        var cost: Int64
    }

    /// An article's stock at a site; several lines may draw on it.
    struct Cell {
        var available: Int64
        /// Units that may be taken without pressure.
        var comfort: Int64
        /// Scaled cost of each further unit.
        var pressure: Int64

        func cost(taken: Int64) -> Int64 { max(0, taken - comfort) * pressure }
    }

    struct Site {
        var candidate: Int
        /// Scaled cost of its use: handling, a split, pressure on orders, and its tie.
        var fixed: Int64
        var tie: Int64
        var arcs: Range<Int>
        var tariffs: [Tariff]
        var units: Int64
        var lines: Int64
        var freeUnits: Int64
        var freeLines: Int64
    }

    var lines: [Line] = []
    var arcs: [Arc] = []
    var arcsOfLine: [[Int]] = []
    var cells: [Cell] = []
    var sites: [Site] = []
    /// Scaled cost of a unit or line of capacity under pressure.
    var capacityPressure: Int64 = 0
    var splitPenalty: Int64 = 0
    var maxSites = Int.max
    var maxSitesPerLine = Int.max
    /// Scaled cost of a unit that is not sourced; nil where every unit must be.
    var shortCost: Int64?
    var scale: Int64 = 1
    /// Above the scaled cost of every plan.
    var ceiling: Int64 = 0

    /// Builds the model of the candidates, which are in the order of rank, then code.
    init(_ problem: SourcingProblem, candidates: [Candidate], dropped: Set<SourcingConstraint>) {
        let config = problem.config
        while scale <= Int64(candidates.count * (candidates.count + 3) / 2) || scale < 1_024 { scale *= 2 }
        lines = problem.order.lines.map { Line(need: $0.quantity, grams: $0.grams, volume: $0.volume) }
        arcsOfLine = Array(repeating: [], count: lines.count)
        capacityPressure = config.capacityPressure * scale
        splitPenalty = config.splitPenalty * scale
        if let most = config.maxShipments, !dropped.contains(.shipments) { maxSites = most }
        if let most = config.maxLocationsPerLine, !dropped.contains(.lineSplits) { maxSitesPerLine = most }
        if dropped.contains(.complete) { shortCost = config.unsourcedUnit * scale }

        var stock: [String: [String: SourcingStock]] = [:]
        for entry in problem.stock { stock[entry.location, default: [:]][entry.sku] = entry }
        for (place, candidate) in candidates.enumerated() {
            let location = problem.locations[candidate.index]
            let start = arcs.count
            var cellOfArticle: [String: Int] = [:]
            for (line, units) in candidate.units {
                let sku = problem.order.lines[line].sku
                if cellOfArticle[sku] == nil, let entry = stock[location.code]?[sku] {
                    cellOfArticle[sku] = cells.count
                    cells.append(
                        Cell(
                            available: entry.available, comfort: max(0, entry.available - entry.keep),
                            pressure: config.stockOutPressure * scale))
                }
                guard let cell = cellOfArticle[sku] else { continue }
                arcsOfLine[line].append(arcs.count)
                arcs.append(
                    Arc(line: line, site: place, cell: cell, limit: units, cost: location.handlingPerUnit * scale))
            }
            let underPressure = candidate.free.orders.map { $0 < 1 } ?? false
            let fixed =
                location.handlingPerShipment + config.splitPenalty + (underPressure ? config.capacityPressure : 0)
            sites.append(
                Site(
                    candidate: place, fixed: fixed * scale + Int64(place + 1), tie: Int64(place + 1),
                    arcs: start..<arcs.count, tariffs: candidate.offers.map { Tariff($0, scale: scale) },
                    units: candidate.room.units ?? .max, lines: candidate.room.lines ?? .max,
                    freeUnits: candidate.free.units ?? .max, freeLines: candidate.free.lines ?? .max))
        }
        ceiling = SourcingModel.mostCost(of: problem) * scale + scale
    }

    /// At least the cost of every plan of a problem, in minor units, at most `Int64.max / 2`.
    static func mostCost(of problem: SourcingProblem) -> Int64 {
        let config = problem.config
        let lines = problem.order.lines
        let grams = lines.reduce(Int128(0)) { $0 + Int128($1.quantity) * Int128($1.grams) }
        let volume = lines.reduce(Int128(0)) { $0 + Int128($1.quantity) * Int128($1.volume) }
        var dearest: Int128 = 0
        for service in config.services {
            for zone in service.zones {
                var price = Int128(zone.bands.last?.price ?? 0)
                if let beyond = zone.beyond {
                    let billable = max(grams, service.volumeDivisor.map { volume / Int128($0) + 1 } ?? 0)
                    price += (billable / Int128(beyond.perGrams) + 1) * Int128(beyond.price)
                }
                dearest = max(dearest, price * Int128(10_000 + service.surcharge) / 10_000 + 1)
            }
        }
        let units = lines.reduce(Int128(0)) { $0 + Int128($1.quantity) }
        let perUnit =
            Int128(problem.locations.map(\.handlingPerUnit).max() ?? 0) + Int128(config.stockOutPressure)
            + 2 * Int128(config.capacityPressure) + Int128(config.unsourcedUnit)
        let perSite =
            Int128(problem.locations.map(\.handlingPerShipment).max() ?? 0) + Int128(config.splitPenalty)
            + Int128(config.capacityPressure) + dearest
        let most = perSite * min(units, Int128(problem.locations.count)) + perUnit * units
        return Int64(min(most, Int128(Int64.max / 2)))
    }
}
