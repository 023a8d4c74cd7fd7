import Domain
import HoldfastAPI

/// Requests about the catalogue, translated and validated.
enum CatalogRequests {
    /// Most bytes of a name shown to people.
    static let nameBound = 256
    /// Highest rank of a location.
    static let rankBound: Int32 = 1_000_000

    /// The products of an upsert, with the caller's id.
    static func products(_ request: Holdfast_V1_UpsertProductsRequest) throws(Refusal) -> (EntityID, [Product]) {
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        var products: [Product] = []
        if validation.count(request.products.count, "products") {
            for (index, product) in request.products.enumerated() {
                validation.code(product.sku, "products[\(index)].sku")
                validation.text(product.name, to: nameBound, "products[\(index)].name")
                validation.text(product.barcode, to: RequestValidation.codeBound, "products[\(index)].barcode")
                products.append(
                    Product(
                        sku: product.sku, name: product.name, barcode: product.barcode, tracked: product.tracked))
            }
            validation.unique(products.lazy.map(\.sku), "this sku") { "products[\($0)].sku" }
        }
        try validation.finish()
        return (id, products)
    }

    /// The locations of an upsert, with the caller's id.
    static func locations(
        _ request: Holdfast_V1_UpsertLocationsRequest, by caller: Caller
    ) throws(Refusal) -> (EntityID, [Location]) {
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        var locations: [Location] = []
        if validation.count(request.locations.count, "locations") {
            for (index, location) in request.locations.enumerated() {
                validation.code(location.code, "locations[\(index)].code")
                validation.text(location.name, to: nameBound, "locations[\(index)].name")
                validation.number(location.rank, in: 0...rankBound, "locations[\(index)].rank")
                validation.timeZone(location.timeZone, "locations[\(index)].time_zone")
                locations.append(
                    Location(
                        code: location.code, name: location.name,
                        kind: kind(location.kind, "locations[\(index)].kind", &validation), rank: location.rank,
                        timeZone: location.timeZone))
            }
            validation.unique(locations.lazy.map(\.code), "this code") { "locations[\($0)].code" }
        }
        try validation.finish()
        for location in locations { try caller.scope.admit(location: location.code) }
        return (id, locations)
    }

    private static func kind(
        _ kind: Holdfast_V1_Location.Kind, _ field: @autoclosure () -> String, _ validation: inout RequestValidation
    ) -> Location.Kind {
        switch kind {
        case .unspecified, .warehouse: return .warehouse
        case .store: return .store
        case .thirdParty: return .thirdParty
        case .supplier: return .supplier
        case .UNRECOGNIZED(let value):
            validation.refuse(field(), "\(value) is no kind of location")
            return .warehouse
        }
    }

    /// The channels of an upsert, with the caller's id.
    static func channels(
        _ request: Holdfast_V1_UpsertChannelsRequest, by caller: Caller
    ) throws(Refusal) -> (EntityID, [Channel]) {
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        var channels: [Channel] = []
        if validation.count(request.channels.count, "channels") {
            for (index, channel) in request.channels.enumerated() {
                validation.code(channel.code, "channels[\(index)].code")
                validation.text(channel.name, to: nameBound, "channels[\(index)].name")
                guard let currency = validation.currency(channel.currencyCode, "channels[\(index)].currency_code")
                else { continue }
                let review = ReviewRequests.review(channel, "channels[\(index)].review", &validation)
                channels.append(
                    Channel(code: channel.code, name: channel.name, currency: currency, review: review))
            }
            validation.unique(request.channels.lazy.map(\.code), "this code") { "channels[\($0)].code" }
        }
        try validation.finish()
        for channel in channels { try caller.scope.admit(channel: channel.code) }
        return (id, channels)
    }

    /// The sku that is asked for.
    static func sku(_ request: Holdfast_V1_GetProductRequest) throws(Refusal) -> String {
        var validation = RequestValidation()
        validation.code(request.sku, "sku")
        try validation.finish()
        return request.sku
    }
}

extension RequestValidation {
    /// A currency code that must be given; nil where it was refused.
    mutating func currency(_ code: String, _ field: @autoclosure () -> String) -> Currency? {
        if let currency = Currency(code: code) { return currency }
        refuse(field(), code.isEmpty ? "is required: an ISO 4217 code" : "is no ISO 4217 code of a currency in use")
        return nil
    }

    /// A name of an IANA time zone, or empty: at most 64 letters, digits and `/ _ + -`.
    ///
    /// Whether there is such a zone is known to the ledger.
    mutating func timeZone(_ name: String, _ field: @autoclosure () -> String) {
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "+"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        if !allowed || name.utf8.count > 64 { refuse(field(), "is no name of an IANA time zone") }
    }
}
