/// Why a location was chosen, or was not.
///
/// The names are stable.
public enum ReasonCode: String, CaseIterable, Hashable, Sendable {
    /// It sends a shipment.
    case selected = "SELECTED"
    /// It takes no orders.
    case inactive = "INACTIVE"
    /// The order excludes it.
    case excluded = "EXCLUDED"
    /// The customer collects elsewhere.
    case notPickupLocation = "NOT_PICKUP_LOCATION"
    /// It does not serve the order's method.
    case methodNotSupported = "METHOD_NOT_SUPPORTED"
    /// It is not capable of what the articles need.
    case articleNotSupported = "ARTICLE_NOT_SUPPORTED"
    /// It has none of the articles that it is capable of.
    case noStock = "NO_STOCK"
    /// Its clocks follow a zone that nobody knows.
    case timeZoneUnknown = "TIME_ZONE_UNKNOWN"
    /// It sends nothing out within the days allowed.
    case noDispatchDay = "NO_DISPATCH_DAY"
    /// Its capacity is used up: for all days allowed, or for those that keep the promise.
    case capacityFull = "CAPACITY_FULL"
    /// Its point, or the destination's, is not known, and distance matters.
    case coordinatesUnknown = "COORDINATES_UNKNOWN"
    /// It is farther away than allowed.
    case tooFar = "TOO_FAR"
    /// No carrier service calls there.
    case noService = "NO_SERVICE"
    /// No service has a zone for where the goods go.
    case zoneUnknown = "ZONE_UNKNOWN"
    /// No service has a rate for even one unit.
    case noRate = "NO_RATE"
    /// It would keep the promise without its lead time.
    case leadTimeTooLong = "LEAD_TIME_TOO_LONG"
    /// It would keep the promise had today's cut-off not passed.
    case cutOffPassed = "CUT_OFF_PASSED"
    /// No service is fast enough to keep the promise.
    case transitTooLong = "TRANSIT_TOO_LONG"
    /// It could have served, but a plan with it costs no less.
    case notCheapest = "NOT_CHEAPEST"
    /// It could have served, but there is no plan for the order.
    case noPlan = "NO_PLAN"
}

/// What was decided of a location, and on what facts.
public struct LocationDecision: Hashable, Sendable {
    /// The location's code.
    public var location: String
    /// Why.
    public var reason: ReasonCode
    /// Metres to the destination, where both points are known.
    public var metres: Int64?
    /// The day on which it would send the goods out, where that could be told.
    public var dispatch: CivilDate?
    /// The earliest day on which they would arrive, where that could be told.
    public var arrival: CivilDate?
    /// Lines of the order for which it has stock and capability.
    public var lines: Int

    init(_ location: String, _ reason: ReasonCode) {
        self.location = location
        self.reason = reason
        lines = 0
    }
}
