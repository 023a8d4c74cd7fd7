/// The least that a site can add to a plan's scaled cost, given what units are worth: the subproblem of the bounds.
///
/// With a worth for a unit of each line, a site takes what pays. The exact subproblem is a knapsack; this answers
/// with a relaxation of it, never above the exact value: each band of a tariff is filled in fractions under one of
/// its limits (weight, volume, the site's units, its lines) at a time, and the smallest gain counts. Fractions are
/// rounded towards more gain, and all arithmetic is exact, so what comes out is proven.
struct SiteRelaxation {
    /// Above any cost: no rate fits the load that the site has.
    static let impossible: Int64 = .max / 4

    private struct Item {
        var line: Int
        var units: Int64
        var profit: Int64
        var grams: Int64
        var volume: Int64
        var isNewLine: Bool
    }

    private enum Limit { case none, grams, volume, units }

    private var items: [Item] = []
    private var byGrams: [Int] = []
    private var byVolume: [Int] = []
    private var byUnits: [Int] = []
    /// Items looked at so far: the measure of work.
    private(set) var steps: Int64 = 0

    /// The relaxed least of `price - gain` of a site with its load so far.
    ///
    /// `caps` bounds what each arc may still take. With `served` given, what the site takes of each line is added
    /// there.
    mutating func least(
        _ site: Int, _ model: SourcingModel, _ plan: PartialPlan, caps: [Int64], worth: [Int64],
        served: UnsafeMutableBufferPointer<Double>?
    ) -> Int64 {
        let entry = model.sites[site]
        collect(entry, site, model, plan, caps, worth)
        var gain: Int64 = 0
        var grams: Int64 = 0
        var volume: Int64 = 0
        var units: Int64 = 0
        for item in items {
            gain += item.units * item.profit
            grams += item.units * item.grams
            volume += item.units * item.volume
            units += item.units
        }
        var cap = gain
        var capLimit = Limit.none
        let unitRoom = entry.units - plan.siteUnits[site]
        if units > unitRoom {
            cap = fill(.units, room: unitRoom)
            capLimit = .units
        }
        let freeUnits = entry.freeUnits - plan.siteUnits[site]
        if freeUnits > 0 && units > freeUnits && model.capacityPressure > 0 {
            var pressed = model.capacityPressure * freeUnits
            for item in items where item.profit > model.capacityPressure {
                pressed += item.units * (item.profit - model.capacityPressure)
            }
            cap = min(cap, pressed)
        }
        let lineRoom = entry.lines - plan.siteLines[site]
        if lineRoom < Int64(items.count) { cap = min(cap, gainOfLines(lineRoom)) }

        var best = SiteRelaxation.impossible
        var bestLimit = Limit.none
        var bestRoom: Int64 = 0
        for tariff in entry.tariffs {
            var isCovered = false
            for index in tariff.edges.indices {
                let gramRoom = tariff.edges[index] - plan.grams[site]
                if gramRoom < 0 { continue }
                let volumeRoom =
                    tariff.divisor > 0 ? tariff.edges[index] * tariff.divisor - plan.volume[site] : Int64.max
                if volumeRoom < 0 { continue }
                var bounded = cap
                var limit = capLimit
                var room = unitRoom
                isCovered = grams <= gramRoom && volume <= volumeRoom
                if !isCovered {
                    if tariff.prices[index] - cap >= best { continue }
                    if grams > gramRoom {
                        let filled = fill(.grams, room: gramRoom)
                        if filled < bounded { (bounded, limit, room) = (filled, .grams, gramRoom) }
                    }
                    if volume > volumeRoom {
                        let filled = fill(.volume, room: volumeRoom)
                        if filled < bounded { (bounded, limit, room) = (filled, .volume, volumeRoom) }
                    }
                }
                if tariff.prices[index] - bounded < best {
                    (best, bestLimit, bestRoom) = (tariff.prices[index] - bounded, limit, room)
                }
                if isCovered { break }
            }
            if let beyond = tariff.beyond, let edge = tariff.edges.last, !isCovered {
                let over = plan.grams[site] - edge
                let least =
                    beyond.fixed + (over > 0 ? beyond.least(grams: over) : 0)
                    - min(cap, fillBeyond(beyond, room: max(0, -over)))
                if least < best { (best, bestLimit, bestRoom) = (least, capLimit, unitRoom) }
            }
        }
        if let served { take(bestLimit, room: bestRoom, into: served) }
        return best
    }

    private mutating func collect(
        _ entry: SourcingModel.Site, _ site: Int, _ model: SourcingModel, _ plan: PartialPlan, _ caps: [Int64],
        _ worth: [Int64]
    ) {
        items.removeAll(keepingCapacity: true)
        byGrams.removeAll(keepingCapacity: true)
        byVolume.removeAll(keepingCapacity: true)
        byUnits.removeAll(keepingCapacity: true)
        let unitPressure = plan.siteUnits[site] >= entry.freeUnits ? model.capacityPressure : 0
        let linePressure = plan.siteLines[site] >= entry.freeLines ? model.capacityPressure : 0
        let hasLines = plan.siteLines[site] < entry.lines
        for index in entry.arcs {
            let arc = model.arcs[index]
            let isNew = plan.units[index] == 0
            let cell = model.cells[arc.cell]
            let units = min(caps[index], plan.need[arc.line], cell.available - plan.taken[arc.cell])
            if units <= 0 || isNew && (!hasLines || plan.parts[arc.line] >= model.maxSitesPerLine) { continue }
            var profit = worth[arc.line] - arc.cost - unitPressure
            if isNew { profit -= linePressure / units }
            if profit <= 0 { continue }
            let line = model.lines[arc.line]
            let comfortable = min(units, max(0, cell.comfort - plan.taken[arc.cell]))
            if comfortable > 0 {
                items.append(
                    Item(
                        line: arc.line, units: comfortable, profit: profit, grams: line.grams, volume: line.volume,
                        isNewLine: isNew))
            }
            if units > comfortable && profit > cell.pressure {
                items.append(
                    Item(
                        line: arc.line, units: units - comfortable, profit: profit - cell.pressure, grams: line.grams,
                        volume: line.volume, isNewLine: isNew))
            }
        }
        steps += Int64(entry.arcs.count)
    }

    /// The items in the order of gain for what they use of a limit.
    private mutating func ordered(_ limit: Limit) -> [Int] {
        func sorted(_ measure: (Item) -> Int64) -> [Int] {
            steps += Int64(items.count)
            return items.indices.sorted { left, right in
                let (first, second) = (items[left], items[right])
                let ahead = Int128(first.profit) * Int128(measure(second))
                let behind = Int128(second.profit) * Int128(measure(first))
                return ahead == behind ? left < right : ahead > behind
            }
        }
        switch limit {
        case .none: return Array(items.indices)
        case .grams:
            if byGrams.isEmpty { byGrams = sorted(\.grams) }
            return byGrams
        case .volume:
            if byVolume.isEmpty { byVolume = sorted(\.volume) }
            return byVolume
        case .units:
            if byUnits.isEmpty { byUnits = sorted { _ in 1 } }
            return byUnits
        }
    }

    private func measure(_ item: Item, _ limit: Limit) -> Int64 {
        switch limit {
        case .none: 0
        case .grams: item.grams
        case .volume: item.volume
        case .units: 1
        }
    }

    /// The gain of the best fractional filling of one limit, rounded up.
    private mutating func fill(_ limit: Limit, room: Int64) -> Int64 {
        var left = max(0, room)
        var gain: Int64 = 0
        for index in ordered(limit) {
            steps += 1
            let item = items[index]
            let each = measure(item, limit)
            if item.units * each <= left {
                left -= item.units * each
                gain += item.units * item.profit
            } else {
                let part = Int128(item.profit) * Int128(left)
                return gain + Int64((part + Int128(each) - 1) / Int128(each))
            }
        }
        return gain
    }

    /// The gain of the best fractional filling where weight is free up to a room and has its price beyond, rounded up.
    private mutating func fillBeyond(_ beyond: Tariff.Beyond, room: Int64) -> Int64 {
        var left = room
        var gain: Int64 = 0
        for index in ordered(.grams) {
            steps += 1
            let item = items[index]
            if item.units * item.grams <= left {
                left -= item.units * item.grams
                gain += item.units * item.profit
            } else {
                let priced = max(0, item.profit - beyond.least(grams: item.grams))
                let grams = Int128(item.grams)
                let free = Int128(item.profit - priced) * Int128(left)
                gain += item.units * priced + Int64((free + grams - 1) / grams)
                left = 0
            }
        }
        return gain
    }

    /// At least the gain of so many lines that the site does not serve yet, and of all that it does.
    private mutating func gainOfLines(_ room: Int64) -> Int64 {
        var gain: Int64 = 0
        var gains: [Int64] = []
        var lastNew = -1
        for item in items {
            steps += 1
            let value = item.units * item.profit
            if !item.isNewLine {
                gain += value
            } else if item.line == lastNew {
                gains[gains.count - 1] += value
            } else {
                gains.append(value)
                lastNew = item.line
            }
        }
        gains.sort(by: >)
        return gain + gains.prefix(Int(max(0, room))).reduce(0, +)
    }

    private mutating func take(_ limit: Limit, room: Int64, into served: UnsafeMutableBufferPointer<Double>) {
        var left = limit == .none ? Int64.max : max(0, room)
        for index in ordered(limit) {
            let item = items[index]
            let each = measure(item, limit)
            if each == 0 || item.units <= left / each {
                left -= item.units * each
                served[item.line] += Double(item.units)
            } else {
                served[item.line] += Double(left) / Double(each)
                return
            }
        }
    }
}
