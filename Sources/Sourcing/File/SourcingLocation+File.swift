public import Domain

extension SourcingLocation {
    private static let kinds: [(name: String, kind: Location.Kind)] = [
        ("warehouse", .warehouse), ("store", .store), ("thirdParty", .thirdParty), ("supplier", .supplier),
    ]

    /// Reads a location as files have it; what a file leaves out has no limit and no cost.
    ///
    /// - Throws: `Refusal.invalid` naming the field that is wrong, `path` before it.
    public init(_ value: FileValue, path: String) throws(Refusal) {
        var fields = try FieldReader(value, path: path)
        let kindName = try fields.text("kind", default: "warehouse")
        guard let kind = SourcingLocation.kinds.first(where: { $0.name == kindName })?.kind else {
            throw fields.refusal("kind", "is none of warehouse, store, thirdParty, supplier")
        }
        let rank = try fields.integer("rank", default: 0)
        guard let rank = Int32(exactly: rank) else { throw fields.refusal("rank", "is out of bounds") }
        self.init(code: try fields.text("code"), kind: kind, rank: rank, country: try fields.text("country"))
        isActive = try fields.flag("active", default: true)
        timeZone = try fields.text("timeZone", default: "")
        postcode = try fields.text("postcode", default: "")
        point = try fields.point()
        if fields.has("methods") { methods = Set(try fields.names("methods")) }
        capabilities = Set(try fields.texts("capabilities"))
        services = Set(try fields.texts("services"))
        hours = try fields.list("hours") { (value, path) throws(Refusal) in
            var hours = try FieldReader(value, path: path)
            let days: [Weekday] = try hours.names("days")
            let text = try hours.text("cutOff", default: "24:00")
            guard let cutOff = ClockTime(text) else { throw hours.refusal("cutOff", "is no time of the form HH:MM") }
            try hours.end()
            return Hours(days: Set(days), cutOff: cutOff)
        }
        closed = Set(
            try fields.list("closed") { (value, path) throws(Refusal) in
                guard case .string(let text) = value else { throw FieldReader.refusal(path, "is no text") }
                return try FieldReader.date(text, path)
            })
        leadDays = try fields.int("leadDays", default: 0)
        if var limits = try fields.object("capacity") {
            capacity = try Capacity(&limits)
            try limits.end()
        }
        let days = try fields.list("booked") { (value, path) throws(Refusal) in
            var day = try FieldReader(value, path: path)
            let date = try FieldReader.date(try day.text("date"), day.at("date"))
            let used = try Capacity(&day)
            try day.end()
            return (date, used)
        }
        for (index, day) in days.enumerated() where booked.updateValue(day.1, forKey: day.0) != nil {
            throw fields.refusal("booked[\(index)].date", "comes twice")
        }
        handlingPerShipment = try fields.integer("handlingPerShipment", default: 0)
        handlingPerUnit = try fields.integer("handlingPerUnit", default: 0)
        try fields.end()
    }

    /// The location as files have it.
    public var file: FileValue {
        var fields = FileValue.point(point)
        fields["code"] = .string(code)
        fields["country"] = .string(country)
        fields["kind"] = .string(SourcingLocation.kinds.first { $0.kind == kind }?.name ?? "warehouse")
        fields["rank"] = .integer(rank)
        fields["active"] = .bool(isActive)
        fields["timeZone"] = .string(timeZone)
        fields["methods"] = .texts(Set(methods.map(\.rawValue)))
        fields["leadDays"] = .integer(leadDays)
        fields["handlingPerShipment"] = .integer(handlingPerShipment)
        fields["handlingPerUnit"] = .integer(handlingPerUnit)
        if !postcode.isEmpty { fields["postcode"] = .string(postcode) }
        if !capabilities.isEmpty { fields["capabilities"] = .texts(capabilities) }
        if !services.isEmpty { fields["services"] = .texts(services) }
        if !hours.isEmpty {
            fields["hours"] = .array(
                hours.map { hours in
                    .object([
                        "days": .array(Weekday.allCases.filter(hours.days.contains).map { .string($0.rawValue) }),
                        "cutOff": .string(hours.cutOff.description),
                    ])
                })
        }
        if !closed.isEmpty { fields["closed"] = .array(closed.sorted().map { .string($0.description) }) }
        if !capacity.file.isEmpty { fields["capacity"] = .object(capacity.file) }
        if !booked.isEmpty {
            fields["booked"] = .array(
                booked.sorted { $0.key < $1.key }.map { date, used in
                    .object(used.file.merging(["date": .string(date.description)]) { $1 })
                })
        }
        return .object(fields)
    }
}

extension SourcingLocation.Capacity {
    fileprivate init(_ fields: inout FieldReader) throws(Refusal) {
        self.init(
            units: try fields.optionalInteger("units"), lines: try fields.optionalInteger("lines"),
            orders: try fields.optionalInteger("orders"))
    }

    fileprivate var file: [String: FileValue] {
        var fields: [String: FileValue] = [:]
        if let units { fields["units"] = .integer(units) }
        if let lines { fields["lines"] = .integer(lines) }
        if let orders { fields["orders"] = .integer(orders) }
        return fields
    }
}

extension SourcingStock {
    init(_ value: FileValue, path: String) throws(Refusal) {
        var fields = try FieldReader(value, path: path)
        self.init(
            sku: try fields.text("sku"), location: try fields.text("location"),
            available: try fields.integer("available"), keep: try fields.integer("keep", default: 0))
        try fields.end()
    }

    /// The stock as files have it.
    var file: FileValue {
        .object([
            "sku": .string(sku), "location": .string(location), "available": .integer(available),
            "keep": .integer(keep),
        ])
    }
}
