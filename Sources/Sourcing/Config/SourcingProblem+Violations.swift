internal import Domain

extension SourcingProblem {
    /// Everything that is wrong with the problem, by field; empty where it can be planned.
    func violations() -> [FieldViolation] {
        var found = Violations()
        order.check(&found)
        found.check(
            locations.count <= SourcingBounds.locations, "locations", "are more than \(SourcingBounds.locations)")
        for (index, location) in locations.enumerated() { location.check(&found, "locations[\(index)]") }
        found.unique(locations.map(\.code)) { "locations[\($0)].code" }
        found.unique(stock.map { [$0.location, $0.sku] }) { "stock[\($0)]" }
        for (index, stock) in stock.enumerated() {
            found.check(
                (0...Quantity.cellBound).contains(stock.available), "stock[\(index)].available", "is out of bounds")
            found.check((0...Quantity.cellBound).contains(stock.keep), "stock[\(index)].keep", "is out of bounds")
        }
        config.check(&found)
        if order.method == .pickup {
            found.check(locations.contains { $0.code == order.pickupAt }, "order.pickupAt", "is none of the locations")
        }
        if found.list.isEmpty {
            found.check(
                SourcingModel.mostCost(of: self) <= SourcingBounds.totalCost, "config",
                "allows plans that cost more than \(SourcingBounds.totalCost) minor units")
        }
        return found.list
    }
}

/// Gathers violations.
private struct Violations {
    var list: [FieldViolation] = []

    mutating func check(_ isRight: Bool, _ field: String, _ description: String) {
        if !isRight { list.append(FieldViolation(field, description)) }
    }

    mutating func unique<Value: Hashable>(_ values: [Value], _ field: (Int) -> String) {
        var seen: Set<Value> = []
        for (index, value) in values.enumerated() where !seen.insert(value).inserted {
            list.append(FieldViolation(field(index), "comes twice"))
        }
    }

    mutating func amount(_ value: Int64, _ field: String) {
        check((0...SourcingBounds.amount).contains(value), field, "is not between 0 and \(SourcingBounds.amount)")
    }
}

extension SourcingOrder {
    fileprivate func check(_ found: inout Violations) {
        found.check(!lines.isEmpty, "order.lines", "are none")
        found.check(lines.count <= SourcingBounds.lines, "order.lines", "are more than \(SourcingBounds.lines)")
        found.check(at.microseconds.magnitude <= 1 << 56, "order.at", "is out of bounds")
        found.check(method == .pickup || !destination.country.isEmpty, "order.destination.country", "is missing")
        found.check(
            (method == .pickup) == !pickupAt.isEmpty, "order.pickupAt", "goes with the method pickup, and only there")
        found.unique(lines.map(\.id)) { "order.lines[\($0)].id" }
        for (index, line) in lines.enumerated() {
            let path = "order.lines[\(index)]"
            found.check(!line.sku.isEmpty, "\(path).sku", "is empty")
            found.check(
                (1...SourcingBounds.units).contains(line.quantity), "\(path).quantity",
                "is not between 1 and \(SourcingBounds.units)")
            found.check((0...SourcingBounds.unitMeasure).contains(line.grams), "\(path).grams", "is out of bounds")
            found.check((0...SourcingBounds.unitMeasure).contains(line.volume), "\(path).volume", "is out of bounds")
        }
    }
}

extension SourcingLocation {
    fileprivate func check(_ found: inout Violations, _ path: String) {
        found.check(!code.isEmpty, "\(path).code", "is empty")
        found.check((0...60).contains(leadDays), "\(path).leadDays", "is not between 0 and 60")
        found.amount(handlingPerShipment, "\(path).handlingPerShipment")
        found.amount(handlingPerUnit, "\(path).handlingPerUnit")
        for day in Weekday.allCases {
            found.check(
                hours.count { $0.days.contains(day) } <= 1, "\(path).hours", "name \(day.rawValue) more than once")
        }
        capacity.check(&found, "\(path).capacity")
        for (date, used) in booked.sorted(by: { $0.key < $1.key }) { used.check(&found, "\(path).booked of \(date)") }
    }
}

extension SourcingLocation.Capacity {
    fileprivate func check(_ found: inout Violations, _ path: String) {
        for (name, value) in [("units", units), ("lines", lines), ("orders", orders)] {
            found.check(
                value.map { (0...Quantity.cellBound).contains($0) } ?? true, "\(path).\(name)", "is out of bounds")
        }
    }
}

extension SourcingConfig {
    fileprivate func check(_ found: inout Violations) {
        found.amount(splitPenalty, "config.splitPenalty")
        found.amount(stockOutPressure, "config.stockOutPressure")
        found.amount(capacityPressure, "config.capacityPressure")
        found.amount(unsourcedUnit, "config.unsourcedUnit")
        found.check((0...100).contains(pressureFrom), "config.pressureFrom", "is not between 0 and 100")
        found.check((0...60).contains(dispatchWithinDays), "config.dispatchWithinDays", "is not between 0 and 60")
        found.check(maxShipments.map { $0 > 0 } ?? true, "config.maxShipments", "is not above 0")
        found.check(maxLocationsPerLine.map { $0 > 0 } ?? true, "config.maxLocationsPerLine", "is not above 0")
        found.check(maxDistance.map { $0 >= 0 } ?? true, "config.maxDistance", "is below 0")
        found.check(
            (1...SourcingBounds.steps).contains(steps), "config.steps", "is not between 1 and \(SourcingBounds.steps)")
        found.unique(droppable) { "config.droppable[\($0)]" }
        found.unique(services.map(\.code)) { "config.services[\($0)].code" }
        for (index, service) in services.enumerated() { service.check(&found, "config.services[\(index)]") }
    }
}

extension CarrierService {
    /// What is wrong with services, by field.
    static func violations(_ services: [CarrierService], path: String) -> [FieldViolation] {
        var found = Violations()
        found.unique(services.map(\.code)) { "\(path)[\($0)].code" }
        for (index, service) in services.enumerated() { service.check(&found, "\(path)[\(index)]") }
        return found.list
    }

    fileprivate func check(_ found: inout Violations, _ path: String) {
        found.check(!code.isEmpty, "\(path).code", "is empty")
        found.check(
            volumeDivisor.map { (1...1_000_000).contains($0) } ?? true, "\(path).volumeDivisor",
            "is not between 1 and 1000000")
        found.check((0...100_000).contains(surcharge), "\(path).surcharge", "is not between 0 and 100000")
        found.unique(zones.map(\.name)) { "\(path).zones[\($0)].name" }
        for (index, zone) in zones.enumerated() {
            let path = "\(path).zones[\(index)]"
            found.check((0...60).contains(zone.transitDays), "\(path).transitDays", "is not between 0 and 60")
            found.check(zone.upToMetres.map { $0 >= 0 } ?? true, "\(path).upToMetres", "is below 0")
            found.check((1...100).contains(zone.bands.count), "\(path).bands", "are not between 1 and 100")
            for (index, band) in zone.bands.enumerated() {
                let path = "\(path).bands[\(index)]"
                found.amount(band.price, "\(path).price")
                found.check(
                    (0...1_000_000_000_000).contains(band.upToGrams), "\(path).upToGrams", "is out of bounds")
                guard index > 0 else { continue }
                found.check(
                    band.upToGrams > zone.bands[index - 1].upToGrams, "\(path).upToGrams",
                    "is not above that of the band before")
                found.check(
                    band.price >= zone.bands[index - 1].price, "\(path).price", "is below that of the band before")
            }
            if let beyond = zone.beyond {
                found.amount(beyond.price, "\(path).beyond.price")
                found.check(
                    (1...1_000_000_000_000).contains(beyond.perGrams), "\(path).beyond.perGrams", "is out of bounds")
            }
        }
    }
}
