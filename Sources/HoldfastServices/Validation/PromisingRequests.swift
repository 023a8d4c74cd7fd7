import Domain
import HoldfastAPI
import OrderPromising

/// Requests about availability and reservations, translated and validated: the same code for both lanes.
enum PromisingRequests {
    /// How long a reservation holds where the request does not say: 15 minutes.
    static let defaultTimeToLive: Int64 = 15 * 60 * 1_000

    /// What is asked about availability.
    static func availability(
        _ request: Holdfast_V1_CheckAvailabilityRequest, by caller: Caller
    ) throws(Refusal) -> (items: [AvailabilityItem], fresh: Bool) {
        var validation = RequestValidation()
        var items: [AvailabilityItem] = []
        if validation.count(request.items.count, "items") {
            items.reserveCapacity(request.items.count)
            for (index, item) in request.items.enumerated() {
                validation.code(item.sku, "items[\(index)].sku")
                validation.codeOrEmpty(item.location, "items[\(index)].location")
                validation.number(item.quantity, in: 0...Quantity.bound, "items[\(index)].quantity")
                items.append(AvailabilityItem(sku: item.sku, location: item.location, quantity: item.quantity))
            }
        }
        let fresh: Bool
        switch request.consistency {
        case .unspecified, .cached: fresh = false
        case .fresh: fresh = true
        case .UNRECOGNIZED(let value):
            fresh = true
            validation.refuse("consistency", "\(value) is no consistency")
        }
        try validation.finish()
        for item in items { try caller.scope.admit(location: item.location) }
        return (items, fresh)
    }

    /// What is asked to be explained.
    static func explanation(
        _ request: Holdfast_V1_ExplainAvailabilityRequest, by caller: Caller
    ) throws(Refusal) -> (sku: String, location: String) {
        var validation = RequestValidation()
        validation.code(request.sku, "sku")
        validation.codeOrEmpty(request.location, "location")
        try validation.finish()
        try caller.scope.admit(location: request.location)
        return (request.sku, request.location)
    }

    /// What is to be held.
    static func reserve(
        _ request: Holdfast_V1_ReserveRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> ReservationRequest {
        var validation = RequestValidation()
        let id = validation.id(request.reservationID, "reservation_id")
        validation.code(request.channel, "channel")
        let timeToLive = request.hasTtl ? validation.timeToLive(request.ttl, "ttl") : defaultTimeToLive
        var demands: [Demand] = []
        if validation.count(request.lines.count, "lines") {
            demands.reserveCapacity(request.lines.count)
            for (index, line) in request.lines.enumerated() {
                validation.code(line.sku, "lines[\(index)].sku")
                validation.codeOrEmpty(line.location, "lines[\(index)].location")
                validation.quantity(line.quantity, "lines[\(index)].quantity")
                demands.append(
                    Demand(
                        sku: line.sku, location: line.location, quantity: line.quantity, allowSplit: line.allowSplit))
            }
        }
        try validation.finish()
        try caller.scope.admit(channel: request.channel)
        for demand in demands { try caller.scope.admit(location: demand.location) }
        return ReservationRequest(
            id: id, channel: request.channel, demands: demands, ttlMilliseconds: timeToLive, body: body, caller: caller)
    }

    /// What is to be held longer.
    static func extend(
        _ request: Holdfast_V1_ExtendReservationRequest
    ) throws(Refusal) -> (id: EntityID, reservation: EntityID, timeToLive: Int64) {
        var validation = RequestValidation()
        let id = validation.id(request.extensionID, "extension_id")
        let reservation = validation.id(request.reservationID, "reservation_id")
        if !request.hasTtl { validation.refuse("ttl", "is required: 1 second to 30 days") }
        let timeToLive = request.hasTtl ? validation.timeToLive(request.ttl, "ttl") : defaultTimeToLive
        try validation.finish()
        return (id, reservation, timeToLive)
    }

    /// The reservation that a request names.
    static func reservation(_ id: String) throws(Refusal) -> EntityID {
        var validation = RequestValidation()
        let id = validation.id(id, "reservation_id")
        try validation.finish()
        return id
    }
}
