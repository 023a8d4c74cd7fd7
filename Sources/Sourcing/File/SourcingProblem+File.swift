public import Domain

extension SourcingProblem {
    /// Reads the problems of a file: one, a list, or several `orders` that share `locations`, `stock` and `config`.
    ///
    /// Each of the orders that share a stock sees all of it: they are planned side by side, not one after the other.
    /// With `config` given, it stands in for that of the file, which may then have none. Zones that the file does not
    /// bring are missing: see `addSystemZones`.
    ///
    /// - Throws: `Refusal.invalid` naming the field that is wrong.
    public static func read(_ value: FileValue, config: SourcingConfig? = nil) throws(Refusal) -> [SourcingProblem] {
        if case .array(let values) = value {
            var problems: [SourcingProblem] = []
            for (index, value) in values.enumerated() {
                problems += try read(value, path: "[\(index)]", config: config)
            }
            return problems
        }
        return try read(value, path: "", config: config)
    }

    private static func read(
        _ value: FileValue, path: String, config given: SourcingConfig?
    ) throws(Refusal) -> [SourcingProblem] {
        var fields = try FieldReader(value, path: path)
        let locations = try fields.list("locations") { (value, path) throws(Refusal) in
            try SourcingLocation(value, path: path)
        }
        let stock = try fields.list("stock") { (value, path) throws(Refusal) in try SourcingStock(value, path: path) }
        let written = fields.take("config")
        let config: SourcingConfig
        if let given {
            config = given
        } else if let written {
            config = try SourcingConfig(written, path: fields.at("config"))
        } else {
            throw fields.refusal("config", "is missing")
        }
        let zones = try fields.list("zones") { (value, path) throws(Refusal) in try ZoneRules(value, path: path) }
        var orders: [SourcingOrder] = []
        if let order = fields.take("order") { orders.append(try SourcingOrder(order, path: fields.at("order"))) }
        orders += try fields.list("orders") { (value, path) throws(Refusal) in try SourcingOrder(value, path: path) }
        if orders.isEmpty { throw fields.refusal("order", "is missing") }
        try fields.end()
        return orders.map { order in
            SourcingProblem(
                order: order, locations: locations, stock: stock, config: config,
                zones: Dictionary(zones.map { ($0.name, $0) }) { $1 })
        }
    }

    /// The problem as files have it, with the rules of its zones: reading it gives the same problem.
    public var file: FileValue {
        .object([
            "order": order.file, "locations": .array(locations.map(\.file)), "stock": .array(stock.map(\.file)),
            "config": config.file,
            "zones": .array(
                zones.sorted { $0.key < $1.key }.map { _, rules in
                    .object([
                        "name": .string(rules.name),
                        "spans": .array(
                            rules.spans.map {
                                .object(["start": .integer($0.start), "offset": .integer($0.offset)])
                            }),
                    ])
                }),
        ])
    }
}

extension ZoneRules {
    fileprivate init(_ value: FileValue, path: String) throws(Refusal) {
        var fields = try FieldReader(value, path: path)
        let name = try fields.text("name")
        let spans = try fields.list("spans") { (value, path) throws(Refusal) in
            var span = try FieldReader(value, path: path)
            let read = Span(start: try span.integer("start"), offset: try span.integer("offset"))
            guard read.offset.magnitude <= 86_400, read.start.magnitude <= 1 << 40 else {
                throw span.refusal("offset", "is no span of a zone")
            }
            try span.end()
            return read
        }
        try fields.end()
        guard !spans.isEmpty, zip(spans, spans.dropFirst()).allSatisfy({ $0.start < $1.start }) else {
            throw FieldReader.refusal(path, "has no spans, or not in the order of time")
        }
        self.init(name: name, spans: spans)
    }
}
