internal import Domain

extension CarrierService {
    init(_ value: FileValue, path: String) throws(Refusal) {
        var fields = try FieldReader(value, path: path)
        self.init(
            code: try fields.text("code"), volumeDivisor: try fields.optionalInteger("volumeDivisor"),
            surcharge: try fields.integer("surcharge", default: 0), deliveryDays: Set(try fields.names("deliveryDays")),
            zones: try fields.list("zones") { (value, path) throws(Refusal) in try Zone(value, path: path) })
        try fields.end()
    }

    /// The service as files have it.
    var file: FileValue {
        var fields: [String: FileValue] = [
            "code": .string(code), "surcharge": .integer(surcharge), "zones": .array(zones.map(\.file)),
        ]
        if let volumeDivisor { fields["volumeDivisor"] = .integer(volumeDivisor) }
        if !deliveryDays.isEmpty {
            fields["deliveryDays"] = .array(
                Weekday.allCases.filter(deliveryDays.contains).map { .string($0.rawValue) })
        }
        return .object(fields)
    }
}

extension CarrierService.Zone {
    fileprivate init(_ value: FileValue, path: String) throws(Refusal) {
        var fields = try FieldReader(value, path: path)
        let name = try fields.text("name")
        let countries = Set(try fields.texts("countries"))
        let postcodes = Set(try fields.texts("postcodes"))
        let fromCountries = Set(try fields.texts("fromCountries"))
        let upToMetres = try fields.optionalInteger("upToMetres")
        let transitDays = try fields.int("transitDays")
        let bands = try fields.list("bands") { (value, path) throws(Refusal) in
            var band = try FieldReader(value, path: path)
            let read = CarrierService.Band(
                upToGrams: try band.integer("upToGrams"), price: try band.integer("price"))
            try band.end()
            return read
        }
        var beyond: CarrierService.Beyond?
        if var further = try fields.object("beyond") {
            beyond = CarrierService.Beyond(
                perGrams: try further.integer("perGrams"), price: try further.integer("price"))
            try further.end()
        }
        try fields.end()
        self.init(
            name: name, countries: countries, postcodes: postcodes, fromCountries: fromCountries,
            upToMetres: upToMetres, transitDays: transitDays, bands: bands, beyond: beyond)
    }

    fileprivate var file: FileValue {
        var fields: [String: FileValue] = [
            "name": .string(name), "transitDays": .integer(transitDays),
            "bands": .array(
                bands.map { .object(["upToGrams": .integer($0.upToGrams), "price": .integer($0.price)]) }),
        ]
        if !countries.isEmpty { fields["countries"] = .texts(countries) }
        if !postcodes.isEmpty { fields["postcodes"] = .texts(postcodes) }
        if !fromCountries.isEmpty { fields["fromCountries"] = .texts(fromCountries) }
        if let upToMetres { fields["upToMetres"] = .integer(upToMetres) }
        if let beyond {
            fields["beyond"] = .object(["perGrams": .integer(beyond.perGrams), "price": .integer(beyond.price)])
        }
        return .object(fields)
    }
}
