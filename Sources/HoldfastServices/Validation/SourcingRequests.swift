import Domain
import HoldfastAPI
import Ledger
import OrderProcessing
import Sourcing

/// Requests about sourcing, translated and validated.
enum SourcingRequests {
    /// Most bytes of a configuration's document.
    static let documentBound = 1 << 20
    /// Most entries of a location's or article's list.
    static let listBound = 100
    /// Most days that a location's calendar closes.
    static let closedBound = 400

    /// A configuration to store, with its name.
    static func config(
        _ request: Holdfast_V1_UpsertSourcingConfigRequest
    ) throws(Refusal) -> (id: EntityID, name: String, config: SourcingConfig) {
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        validation.code(request.name, "name")
        if request.document.utf8.count > documentBound {
            validation.refuse("document", "must have at most \(documentBound) bytes")
        }
        try validation.finish()
        let value: FileValue
        do { value = try FileText.read(request.document) } catch {
            throw .invalid([FieldViolation("document", "is no JSON: \(error)")])
        }
        let config = try SourcingConfig(value, path: "document")
        // What the planner would refuse of it in every plan is refused here, by the same rules.
        let probe = SourcingProblem(
            order: SourcingOrder(
                id: "probe", at: Instant(microseconds: 0), destination: .init(country: "ZZ"),
                lines: [.init(id: "1", sku: "probe", quantity: 1)]), locations: [], stock: [], config: config)
        do {
            _ = try Sourcing.plan(probe)
        } catch .invalid(let violations) {
            throw .invalid(
                violations.map { violation in
                    let field = violation.field
                    let path = field.hasPrefix("config") ? "document" + field.dropFirst("config".count) : field
                    return FieldViolation(path, violation.description)
                })
        }
        return (id, request.name, config)
    }

    /// The configuration that is asked for: a version, or a name.
    static func config(
        _ request: Holdfast_V1_GetSourcingConfigRequest
    ) throws(Refusal) -> (version: String, name: String) {
        var validation = RequestValidation()
        validation.codeOrEmpty(request.version, "version")
        validation.codeOrEmpty(request.name, "name")
        if request.version.isEmpty == request.name.isEmpty {
            validation.refuse("name", "is required, or a version, and not both")
        }
        try validation.finish()
        return (request.version, request.name)
    }

    /// What sourcing shall know of locations.
    static func locations(
        _ request: Holdfast_V1_UpsertSourcingLocationsRequest, by caller: Caller
    ) throws(Refusal) -> (EntityID, [SourcingLocation]) {
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        var locations: [SourcingLocation] = []
        if validation.count(request.locations.count, "locations") {
            for (index, location) in request.locations.enumerated() {
                locations.append(self.location(location, "locations[\(index)]", &validation))
            }
            validation.unique(locations.lazy.map(\.code), "this code") { "locations[\($0)].code" }
        }
        try validation.finish()
        for location in locations { try caller.scope.admit(location: location.code) }
        return (id, locations)
    }

    private static func location(
        _ message: Holdfast_V1_SourcingLocation, _ path: String, _ validation: inout RequestValidation
    ) -> SourcingLocation {
        validation.code(message.code, "\(path).code")
        country(message.country, "\(path).country", &validation)
        validation.text(message.postcode, to: 32, "\(path).postcode")
        var location = SourcingLocation(code: message.code, country: message.country)
        location.isActive = !message.inactive
        location.postcode = message.postcode
        if message.hasPoint { location.point = point(message.point, "\(path).point", &validation) }
        if !message.methods.isEmpty {
            location.methods = []
            for (index, name) in message.methods.enumerated() {
                if let method = method(name, "\(path).methods[\(index)]", &validation) {
                    location.methods.insert(method)
                }
            }
        }
        location.capabilities = codes(message.capabilities, "\(path).capabilities", &validation)
        location.services = codes(message.services, "\(path).services", &validation)
        location.hours = hours(message.hours, "\(path).hours", &validation)
        if message.closed.count > closedBound {
            validation.refuse("\(path).closed", "must have at most \(closedBound) entries")
        } else {
            for (index, text) in message.closed.enumerated() {
                if let day = day(text, "\(path).closed[\(index)]", &validation) { location.closed.insert(day) }
            }
        }
        validation.number(message.leadDays, in: 0...60, "\(path).lead_days")
        location.leadDays = Int(message.leadDays)
        location.capacity = capacity(message.capacity, "\(path).capacity", &validation)
        validation.number(
            message.handlingPerShipment, in: 0...SourcingBounds.amount, "\(path).handling_per_shipment")
        validation.number(message.handlingPerUnit, in: 0...SourcingBounds.amount, "\(path).handling_per_unit")
        location.handlingPerShipment = message.handlingPerShipment
        location.handlingPerUnit = message.handlingPerUnit
        return location
    }

    private static func hours(
        _ messages: [Holdfast_V1_SourcingLocation.Hours], _ path: String, _ validation: inout RequestValidation
    ) -> [SourcingLocation.Hours] {
        guard messages.count <= 7 else {
            validation.refuse(path, "must have at most 7 entries")
            return []
        }
        var named: Set<Weekday> = []
        return messages.enumerated().map { index, message in
            var days: Set<Weekday> = []
            for (place, name) in message.days.enumerated() {
                guard let day = Weekday(rawValue: name) else {
                    validation.refuse(
                        "\(path)[\(index)].days[\(place)]", "is none of mon, tue, wed, thu, fri, sat, sun")
                    continue
                }
                if !named.insert(day).inserted {
                    validation.refuse("\(path)[\(index)].days[\(place)]", "is named before")
                }
                days.insert(day)
            }
            if message.days.isEmpty { validation.refuse("\(path)[\(index)].days", "is required") }
            guard !message.cutOff.isEmpty else { return .init(days: days, cutOff: .endOfDay) }
            guard let cutOff = ClockTime(message.cutOff) else {
                validation.refuse("\(path)[\(index)].cut_off", "is no time of the form HH:MM")
                return .init(days: days, cutOff: .endOfDay)
            }
            return .init(days: days, cutOff: cutOff)
        }
    }

    private static func capacity(
        _ message: Holdfast_V1_SourcingCapacity, _ path: String, _ validation: inout RequestValidation
    ) -> SourcingLocation.Capacity {
        var capacity = SourcingLocation.Capacity()
        if message.hasUnits {
            validation.number(message.units, in: 0...Quantity.cellBound, "\(path).units")
            capacity.units = message.units
        }
        if message.hasLines {
            validation.number(message.lines, in: 0...Quantity.cellBound, "\(path).lines")
            capacity.lines = message.lines
        }
        if message.hasOrders {
            validation.number(message.orders, in: 0...Quantity.cellBound, "\(path).orders")
            capacity.orders = message.orders
        }
        return capacity
    }

    /// What sourcing shall know of articles.
    static func products(
        _ request: Holdfast_V1_UpsertSourcingProductsRequest
    ) throws(Refusal) -> (EntityID, [SourcingProductFacts]) {
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        var products: [SourcingProductFacts] = []
        if validation.count(request.products.count, "products") {
            for (index, product) in request.products.enumerated() {
                validation.code(product.sku, "products[\(index)].sku")
                validation.number(product.grams, in: 0...SourcingBounds.unitMeasure, "products[\(index)].grams")
                validation.number(product.volume, in: 0...SourcingBounds.unitMeasure, "products[\(index)].volume")
                products.append(
                    SourcingProductFacts(
                        sku: product.sku, grams: product.grams, volume: product.volume,
                        needs: codes(product.needs, "products[\(index)].needs", &validation).sorted()))
            }
            validation.unique(products.lazy.map(\.sku), "this sku") { "products[\($0)].sku" }
        }
        try validation.finish()
        return (id, products)
    }

    /// What is to be planned.
    static func plan(
        _ request: Holdfast_V1_PlanSourcingRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> SourcingQuestion {
        var validation = RequestValidation()
        let id = validation.id(request.planID, "plan_id")
        let order = validation.idOrNil(request.orderID, "order_id")
        var lines: [SourcingQuestion.Line] = []
        if order != nil || !request.orderID.isEmpty {
            if !request.lines.isEmpty { validation.refuse("lines", "must be empty where an order is given") }
        } else if validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                validation.code(line.sku, "lines[\(index)].sku")
                validation.number(line.quantity, in: 1...SourcingBounds.units, "lines[\(index)].quantity")
                lines.append(.init(sku: line.sku, quantity: line.quantity))
            }
        }
        var destination: SourcingOrder.Destination?
        if request.hasDestination {
            country(request.destination.country, "destination.country", &validation)
            validation.text(request.destination.postcode, to: 32, "destination.postcode")
            var place = SourcingOrder.Destination(
                country: request.destination.country, postcode: request.destination.postcode)
            if request.destination.hasPoint {
                place.point = point(request.destination.point, "destination.point", &validation)
            }
            destination = place
        }
        let method = request.method.isEmpty ? nil : method(request.method, "method", &validation)
        validation.codeOrEmpty(request.pickupLocation, "pickup_location")
        if (method == .pickup) != !request.pickupLocation.isEmpty {
            validation.refuse("pickup_location", "goes with the method pickup, and only there")
        }
        if method != .pickup && order == nil && destination == nil {
            validation.refuse("destination", "is required where no order is given")
        }
        let promised = request.promised.isEmpty ? nil : day(request.promised, "promised", &validation)
        _ = codes(request.excluded, "excluded", &validation)
        validation.codeOrEmpty(request.config, "config")
        try validation.finish()
        return SourcingQuestion(
            id: id, order: order, lines: lines, destination: destination, method: method,
            pickupLocation: request.pickupLocation, promised: promised, excluded: request.excluded,
            config: request.config.isEmpty ? SourcingQuestion.defaultConfig : request.config, body: body,
            caller: caller)
    }

    /// The plan that is asked for.
    static func plan(_ request: Holdfast_V1_GetSourcingPlanRequest) throws(Refusal) -> EntityID {
        var validation = RequestValidation()
        let id = validation.id(request.planID, "plan_id")
        try validation.finish()
        return id
    }

    /// The plan to carry out, with the caller's id.
    static func commit(
        _ request: Holdfast_V1_CommitSourcingRequest
    ) throws(Refusal) -> (id: EntityID, plan: EntityID) {
        var validation = RequestValidation()
        let id = validation.id(request.commitID, "commit_id")
        let plan = validation.id(request.planID, "plan_id")
        try validation.finish()
        return (id, plan)
    }

    // MARK: - Parts

    private static func country(_ code: String, _ path: String, _ validation: inout RequestValidation) {
        if !Country.hasShape(code) { validation.refuse(path, "must be two capital letters, as in ISO 3166-1") }
    }

    private static func point(
        _ message: Holdfast_V1_GeoPoint, _ path: String, _ validation: inout RequestValidation
    ) -> Coordinate? {
        let point = Coordinate(latitude: message.latitudeE6, longitude: message.longitudeE6)
        if point == nil {
            validation.refuse(path, "is no point on the Earth: millionths of a degree, up to 90 and 180 degrees")
        }
        return point
    }

    private static func method(
        _ name: String, _ path: String, _ validation: inout RequestValidation
    ) -> SourcingOrder.Method? {
        let method = SourcingOrder.Method(rawValue: name)
        if method == nil { validation.refuse(path, "is none of ship, pickup") }
        return method
    }

    private static func day(
        _ text: String, _ path: String, _ validation: inout RequestValidation
    ) -> CivilDate? {
        let day = CivilDate(text)
        if day == nil { validation.refuse(path, "is no day of the form YYYY-MM-DD") }
        return day
    }

    private static func codes(
        _ codes: [String], _ path: String, _ validation: inout RequestValidation
    ) -> Set<String> {
        guard codes.count <= listBound else {
            validation.refuse(path, "must have at most \(listBound) entries, has \(codes.count)")
            return []
        }
        for (index, code) in codes.enumerated() { validation.code(code, "\(path)[\(index)]") }
        return Set(codes)
    }
}
