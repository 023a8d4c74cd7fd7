import Crypto
public import Domain

extension SourcingConfig {
    /// Reads a configuration as files have it; what a file leaves out has no limit and no cost.
    ///
    /// - Throws: `Refusal.invalid` naming the field that is wrong, `path` before it.
    public init(_ value: FileValue, path: String = "config") throws(Refusal) {
        var fields = try FieldReader(value, path: path)
        let code = try fields.text("currency")
        guard let currency = Currency(code: code) else {
            throw fields.refusal("currency", "is no currency of ISO 4217")
        }
        self.init(
            currency: currency,
            services: try fields.list("services") { (value, path) throws(Refusal) in
                try CarrierService(value, path: path)
            })
        splitPenalty = try fields.integer("splitPenalty", default: splitPenalty)
        stockOutPressure = try fields.integer("stockOutPressure", default: stockOutPressure)
        pressureFrom = try fields.integer("pressureFrom", default: pressureFrom)
        capacityPressure = try fields.integer("capacityPressure", default: capacityPressure)
        maxShipments = try fields.optionalInteger("maxShipments").map { Int($0) }
        maxLocationsPerLine = try fields.optionalInteger("maxLocationsPerLine").map { Int($0) }
        maxDistance = try fields.optionalInteger("maxDistance")
        dispatchWithinDays = try fields.int("dispatchWithinDays", default: dispatchWithinDays)
        droppable = try fields.names("droppable")
        unsourcedUnit = try fields.integer("unsourcedUnit", default: unsourcedUnit)
        steps = try fields.integer("steps", default: steps)
        for country in try fields.entries("postcodes") {
            var table = try FieldReader(.object([country.name: country.value]), path: fields.at("postcodes"))
            for entry in try table.entries(country.name) {
                var place = try FieldReader(entry.value, path: entry.path)
                guard let point = try place.point() else { throw FieldReader.refusal(entry.path, "has no point") }
                try place.end()
                postcodes[country.name, default: [:]][entry.name] = point
            }
        }
        try fields.end()
    }

    /// The configuration as files have it, with everything written out.
    public var file: FileValue {
        var fields: [String: FileValue] = [
            "currency": .string(currency.code), "services": .array(services.map(\.file)),
            "splitPenalty": .integer(splitPenalty), "stockOutPressure": .integer(stockOutPressure),
            "pressureFrom": .integer(pressureFrom), "capacityPressure": .integer(capacityPressure),
            "dispatchWithinDays": .integer(dispatchWithinDays),
            "droppable": .array(droppable.map { .string($0.rawValue) }), "unsourcedUnit": .integer(unsourcedUnit),
            "steps": .integer(steps),
        ]
        if let maxShipments { fields["maxShipments"] = .integer(maxShipments) }
        if let maxLocationsPerLine { fields["maxLocationsPerLine"] = .integer(maxLocationsPerLine) }
        if let maxDistance { fields["maxDistance"] = .integer(maxDistance) }
        if !postcodes.isEmpty {
            fields["postcodes"] = .object(
                postcodes.mapValues { table in .object(table.mapValues { .object(FileValue.point($0)) }) })
        }
        return .object(fields)
    }

    /// The version: SHA-256 of the canonical form, in hexadecimal.
    ///
    /// Two configurations that say the same have the same version, however their files are written; a change of any
    /// price, limit or order is another version.
    public var version: String {
        SHA256.hash(data: Array(file.canonical.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
