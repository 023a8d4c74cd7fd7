import Domain
import Sourcing

/// What cases are drawn with: the same in every run.
extension SplitMix64 {
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    mutating func amount(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &self) }
}

/// Problems made from a seed, with every kind of rule in them.
struct RandomProblem {
    var random: SplitMix64

    static let zones = ["", "Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]

    init(seed: UInt64) {
        random = SplitMix64(state: seed)
    }

    /// A problem of these sizes; `isPlain` leaves out what rejects whole locations.
    mutating func make(lines: Int, locations: Int, units: Int64 = 4, isPlain: Bool = false) -> SourcingProblem {
        let currency = Currency(code: "GBP")
        guard let currency else { preconditionFailure("GBP is a currency") }
        // Around the autumn change of European clocks and, for one seed in two, the American one.
        let day = CivilDate(random.chance(50) ? "2026-10-24" : "2026-10-31")
        let at = Instant(
            microseconds: (Int64(day?.days ?? 0) * 86_400 + random.amount(0...172_800)) * 1_000_000)
        var config = SourcingConfig(
            currency: currency, services: (0..<random.number(1...3)).map { service("S\($0)") })
        config.splitPenalty = random.amount(0...400)
        config.stockOutPressure = random.chance(50) ? random.amount(0...120) : 0
        config.capacityPressure = random.chance(50) ? random.amount(0...90) : 0
        config.pressureFrom = random.amount(0...100)
        if random.chance(30) { config.maxShipments = random.number(1...3) }
        if random.chance(30) { config.maxLocationsPerLine = random.number(1...2) }
        if !isPlain && random.chance(25) { config.maxDistance = random.amount(200_000...2_000_000) }
        config.dispatchWithinDays = random.number(0...6)
        if isPlain { config.dispatchWithinDays = 6 }
        if random.chance(60) {
            config.droppable = Array(SourcingConstraint.allCases.shuffled(using: &random).prefix(random.number(0...6)))
        }
        config.unsourcedUnit = random.amount(0...3_000)
        let skus = (0..<max(1, lines - (random.chance(20) ? 1 : 0))).map { "A\($0)" }
        let order = SourcingOrder(
            id: "R", at: at, destination: .init(country: "GB", postcode: "P1", point: point(in: 49...58)),
            promised: !isPlain && random.chance(40) ? CivilDate(days: (day?.days ?? 0) + random.number(1...6)) : nil,
            excluded: !isPlain && random.chance(10) ? ["L0"] : [],
            lines: (0..<lines).map { index in
                SourcingOrder.Line(
                    id: "\(index + 1)", sku: skus[index % skus.count], quantity: random.amount(1...units),
                    grams: random.chance(10) ? 0 : random.amount(1...3_000), volume: random.amount(0...9_000_000),
                    needs: !isPlain && random.chance(10) ? ["chilled"] : [])
            })
        var stock: [SourcingStock] = []
        let places = (0..<locations).map { index in
            for sku in skus where random.chance(60) {
                stock.append(
                    SourcingStock(
                        sku: sku, location: "L\(index)", available: random.amount(0...(2 * units)),
                        keep: random.amount(0...units)))
            }
            return location("L\(index)", day: day ?? CivilDate(days: 0), isPlain: isPlain)
        }
        var problem = SourcingProblem(order: order, locations: places, stock: stock, config: config)
        problem.addSystemZones()
        return problem
    }

    private mutating func point(in latitudes: ClosedRange<Int64>) -> Coordinate? {
        if random.chance(5) { return nil }
        return Coordinate(
            latitude: random.amount(latitudes.lowerBound * 1_000_000...latitudes.upperBound * 1_000_000),
            longitude: random.amount(-9_000_000...9_000_000))
    }

    private mutating func service(_ code: String) -> CarrierService {
        func bands(_ random: inout SplitMix64) -> [CarrierService.Band] {
            var (edge, price) = (Int64(0), random.amount(150...500))
            return (0..<random.number(1...5)).map { _ in
                edge += random.amount(500...6_000)
                price += random.amount(0...600)
                return CarrierService.Band(upToGrams: edge, price: price)
            }
        }
        var zones: [CarrierService.Zone] = []
        if random.chance(50) {
            zones.append(
                CarrierService.Zone(
                    name: "near", upToMetres: random.amount(100_000...700_000), transitDays: random.number(0...2),
                    bands: bands(&random)))
        }
        zones.append(
            CarrierService.Zone(
                name: "home", countries: ["GB"], fromCountries: random.chance(30) ? ["GB"] : [],
                transitDays: random.number(1...4), bands: bands(&random),
                beyond: random.chance(70)
                    ? .init(perGrams: random.amount(200...2_000), price: random.amount(0...300)) : nil))
        return CarrierService(
            code: code, volumeDivisor: random.chance(60) ? random.amount(3_000...6_000) : nil,
            surcharge: random.chance(50) ? random.amount(0...2_500) : 0,
            deliveryDays: random.chance(50) ? [.monday, .tuesday, .wednesday, .thursday, .friday] : [], zones: zones)
    }

    private mutating func location(_ code: String, day: CivilDate, isPlain: Bool) -> SourcingLocation {
        var location = SourcingLocation(
            code: code, rank: Int32(random.number(0...3)), country: random.chance(85) ? "GB" : "FR")
        location.point = point(in: 44...58)
        location.handlingPerShipment = random.amount(0...250)
        location.handlingPerUnit = random.amount(0...60)
        if random.chance(30) {
            location.capacity = .init(
                units: random.chance(50) ? random.amount(1...30) : nil,
                lines: random.chance(50) ? random.amount(1...8) : nil,
                orders: random.chance(50) ? random.amount(0...4) : nil)
            for offset in 0..<3 {
                location.booked[CivilDate(days: day.days + offset)] = .init(
                    units: random.amount(0...20), lines: random.amount(0...5), orders: random.amount(0...3))
            }
        }
        if isPlain { return location }
        location.isActive = !random.chance(4)
        location.timeZone = RandomProblem.zones[random.number(0...RandomProblem.zones.count - 1)]
        location.methods = random.chance(95) ? [.ship, .pickup] : [.pickup]
        location.capabilities = random.chance(60) ? ["chilled"] : []
        location.services = random.chance(20) ? ["S0"] : []
        location.leadDays = random.chance(15) ? random.number(1...3) : 0
        if random.chance(60) {
            location.hours = [
                .init(
                    days: [.monday, .tuesday, .wednesday, .thursday, .friday],
                    cutOff: ClockTime(minutes: random.number(0...1_440))),
                .init(days: [.saturday, .sunday], cutOff: ClockTime(minutes: random.number(0...240))),
            ]
        }
        if random.chance(20) { location.closed = [CivilDate(days: day.days + random.number(0...3))] }
        return location
    }
}
