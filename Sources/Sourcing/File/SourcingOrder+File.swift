internal import Domain

extension SourcingOrder {
    init(_ value: FileValue, path: String) throws(Refusal) {
        var fields = try FieldReader(value, path: path)
        let moment = try fields.text("at")
        guard let at = Instant(rfc3339: moment) else {
            throw fields.refusal("at", "is no moment such as 2026-11-26T14:05:00Z")
        }
        let method: Method = try FieldReader.oneOf(try fields.text("method", default: "ship"), fields.at("method"))
        var destination = Destination(country: "")
        if var place = try method == .ship ? fields.required("destination") : fields.object("destination") {
            destination.country = try place.text("country")
            destination.postcode = try place.text("postcode", default: "")
            destination.point = try place.point()
            try place.end()
        }
        let id = try fields.text("id")
        let pickupAt = try fields.text("pickupAt", default: "")
        let promised = try fields.text("promised", default: "")
        let day = try promised.isEmpty ? nil : FieldReader.date(promised, fields.at("promised"))
        let excluded = Set(try fields.texts("excluded"))
        let lines = try fields.list("lines") { (value, path) throws(Refusal) in try Line(value, path: path) }
        try fields.end()
        self.init(
            id: id, at: at, method: method, destination: destination, pickupAt: pickupAt, promised: day,
            excluded: excluded, lines: lines)
    }

    /// The order as files have it.
    var file: FileValue {
        var fields: [String: FileValue] = [
            "id": .string(id), "at": .string(at.rfc3339), "method": .string(method.rawValue),
            "lines": .array(lines.map(\.file)),
        ]
        if destination != Destination(country: "") {
            var place = FileValue.point(destination.point)
            place["country"] = .string(destination.country)
            if !destination.postcode.isEmpty { place["postcode"] = .string(destination.postcode) }
            fields["destination"] = .object(place)
        }
        if !pickupAt.isEmpty { fields["pickupAt"] = .string(pickupAt) }
        if let promised { fields["promised"] = .string(promised.description) }
        if !excluded.isEmpty { fields["excluded"] = .texts(excluded) }
        return .object(fields)
    }
}

extension SourcingOrder.Line {
    fileprivate init(_ value: FileValue, path: String) throws(Refusal) {
        var fields = try FieldReader(value, path: path)
        var volume = try fields.optionalInteger("volume")
        let sides = try fields.list("dimensions") { (value, path) throws(Refusal) in
            guard case .number(let digits) = value, let side = Int64(digits), (0...1_000_000).contains(side) else {
                throw FieldReader.refusal(path, "is no length in whole millimetres, 0 to 1,000,000")
            }
            return side
        }
        if !sides.isEmpty {
            guard sides.count == 3, volume == nil else {
                throw fields.refusal("dimensions", "are three lengths in millimetres, instead of a volume")
            }
            volume = sides.reduce(1, *)
        }
        self.init(
            id: try fields.text("id"), sku: try fields.text("sku"), quantity: try fields.integer("quantity"),
            grams: try fields.integer("grams", default: 0), volume: volume ?? 0, needs: Set(try fields.texts("needs")))
        try fields.end()
    }

    fileprivate var file: FileValue {
        var fields: [String: FileValue] = [
            "id": .string(id), "sku": .string(sku), "quantity": .integer(quantity), "grams": .integer(grams),
            "volume": .integer(volume),
        ]
        if !needs.isEmpty { fields["needs"] = .texts(needs) }
        return .object(fields)
    }
}

extension FieldReader {
    /// `latitude` and `longitude` in degrees; nil where both are missing.
    mutating func point() throws(Refusal) -> Coordinate? {
        let (latitude, longitude) = (try millionths("latitude"), try millionths("longitude"))
        guard latitude != nil || longitude != nil else { return nil }
        guard let latitude else { throw refusal("latitude", "is missing") }
        guard let longitude else { throw refusal("longitude", "is missing") }
        guard let point = Coordinate(latitude: latitude, longitude: longitude) else {
            throw refusal("latitude", "and longitude are no point on the Earth")
        }
        return point
    }
}

extension FileValue {
    /// A number of millionths in degrees.
    static func degrees(_ millionths: Int64) -> FileValue {
        let digits = "\(millionths.magnitude % 1_000_000)"
        let places = String(repeating: "0", count: 6 - digits.count) + digits
        return .number("\(millionths < 0 ? "-" : "")\(millionths.magnitude / 1_000_000).\(places)")
    }

    static func point(_ point: Coordinate?) -> [String: FileValue] {
        guard let point else { return [:] }
        return ["latitude": degrees(point.latitude), "longitude": degrees(point.longitude)]
    }

    /// Texts in the order of their UTF-8.
    static func texts(_ texts: Set<String>) -> FileValue {
        .array(texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { .string($0) })
    }
}
