public import Domain

/// Made-up orders of an ordinary shop, for measuring: the same seed gives the same orders.
///
/// One location in eight, and at least one, is a warehouse that has nine articles of ten; the others are stores with
/// six of ten and few of each. Lines are of 1 to 3 units of 50 to 1,200 g. There are two carrier services with zones
/// by distance, a penalty for splits, at most four shipments up to 64 lines, and a promise for every other order.
public struct OrdinaryOrders: Sendable {
    private var random: SplitMix64

    /// Starts a series.
    public init(seed: UInt64) {
        random = SplitMix64(state: seed)
    }

    /// The next order, with locations and stock of its own.
    ///
    /// - Throws: `Refusal.invalid` where sizes are out of the bounds of what can be planned.
    public mutating func next(lines: Int, locations: Int) throws(Refusal) -> SourcingProblem {
        guard (1...SourcingBounds.lines).contains(lines) else {
            throw Refusal.invalid([FieldViolation("lines", "are not between 1 and \(SourcingBounds.lines)")])
        }
        guard (1...SourcingBounds.locations).contains(locations) else {
            throw Refusal.invalid([FieldViolation("locations", "are not between 1 and \(SourcingBounds.locations)")])
        }
        guard let currency = Currency(code: "GBP"), let day = CivilDate("2026-11-26") else {
            preconditionFailure("a currency and a day that exist")
        }
        var config = OrdinaryOrders.config(currency)
        if lines <= 64 { config.maxShipments = 4 }
        let order = SourcingOrder(
            id: "\(random.state)", at: Instant(microseconds: (Int64(day.days) * 86_400 + 36_000) * 1_000_000),
            destination: .init(country: "GB", point: point()),
            promised: chance(50) ? CivilDate(days: day.days + Int(number(2...5))) : nil,
            lines: (0..<lines).map { index in
                SourcingOrder.Line(
                    id: "\(index + 1)", sku: "A\(index)", quantity: number(1...3), grams: number(50...1_200),
                    volume: number(100_000...4_000_000))
            })
        let warehouses = max(1, locations / 8)
        var stock: [SourcingStock] = []
        let places = (0..<locations).map { index in
            let isWarehouse = index < warehouses
            let code = "L\(index)"
            for line in 0..<lines where chance(isWarehouse ? 90 : 60) {
                stock.append(
                    SourcingStock(
                        sku: "A\(line)", location: code, available: number(isWarehouse ? 10...200 : 1...8),
                        keep: isWarehouse ? 5 : 2))
            }
            return location(code, isWarehouse: isWarehouse, day: day)
        }
        return SourcingProblem(
            order: order, locations: places, stock: stock, config: config,
            zones: ["": ZoneRules(name: "", spans: [.init(start: 0, offset: 0)])])
    }

    private mutating func location(_ code: String, isWarehouse: Bool, day: CivilDate) -> SourcingLocation {
        var location = SourcingLocation(
            code: code, kind: isWarehouse ? .warehouse : .store, rank: isWarehouse ? 0 : 1, country: "GB")
        location.point = point()
        location.hours = [.init(days: Set(Weekday.allCases), cutOff: ClockTime(minutes: Int(number(600...1_080))))]
        location.handlingPerShipment = isWarehouse ? 60 : number(90...160)
        location.handlingPerUnit = isWarehouse ? 15 : number(25...50)
        location.capacity.orders = isWarehouse ? 5_000 : 40
        location.booked[day] = .init(orders: number(0...(isWarehouse ? 4_900 : 40)))
        return location
    }

    private static func config(_ currency: Currency) -> SourcingConfig {
        func zone(_ name: String, _ metres: Int64?, _ days: Int, _ base: Int64) -> CarrierService.Zone {
            let bands: [(grams: Int64, more: Int64)] = [
                (1_000, 0), (2_000, 60), (5_000, 150), (10_000, 340), (20_000, 690),
            ]
            return CarrierService.Zone(
                name: name, upToMetres: metres, transitDays: days,
                bands: bands.map { .init(upToGrams: $0.grams, price: base + $0.more) },
                beyond: .init(perGrams: 1_000, price: 70))
        }
        var config = SourcingConfig(
            currency: currency,
            services: [
                CarrierService(
                    code: "PARCEL", volumeDivisor: 5_000, surcharge: 450,
                    zones: [zone("near", 100_000, 1, 349), zone("far", 300_000, 2, 449), zone("rest", nil, 3, 599)]),
                CarrierService(
                    code: "EXPRESS", volumeDivisor: 4_000,
                    zones: [zone("near", 150_000, 1, 799), zone("rest", nil, 1, 1_199)]),
            ])
        config.splitPenalty = 250
        config.stockOutPressure = 80
        config.pressureFrom = 85
        config.capacityPressure = 40
        config.dispatchWithinDays = 5
        return config
    }

    private mutating func point() -> Coordinate? {
        Coordinate(latitude: number(50_000_000...56_000_000), longitude: number(-9_000_000...9_000_000))
    }

    private mutating func chance(_ percent: Int64) -> Bool { number(1...100) <= percent }

    /// A number reduced to a range: even enough for ranges that are short beside 64 bits.
    private mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(random.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }
}
