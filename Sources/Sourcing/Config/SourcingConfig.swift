public import Domain

/// A rule that a plan keeps, by its name in files.
///
/// What is there (availability), what a location is capable of, its calendar and whether a carrier has a rate are not
/// among them: no configuration can drop those.
public enum SourcingConstraint: String, CaseIterable, Hashable, Sendable {
    /// Everything arrives by the day promised.
    case promise = "PROMISE"
    /// No location is farther away than `maxDistance`.
    case distance = "DISTANCE"
    /// No more shipments than `maxShipments`.
    case shipments = "SHIPMENTS"
    /// No line is served by more locations than `maxLocationsPerLine`.
    case lineSplits = "LINE_SPLITS"
    /// No location sends out more on a day than its capacity.
    case capacity = "CAPACITY"
    /// Every unit is sourced. Without it each unit that is not costs `unsourcedUnit`.
    case complete = "COMPLETE"
}

/// How orders are sourced: prices, penalties and limits.
///
/// An immutable value with a version.
public struct SourcingConfig: Hashable, Sendable {
    /// Currency of all its amounts.
    public var currency: Currency
    /// The carrier services.
    public var services: [CarrierService]
    /// Cost of each shipment after the first, in minor units.
    public var splitPenalty: Int64
    /// Cost of each unit that is taken from those that had better stay, in minor units.
    public var stockOutPressure: Int64
    /// Share of a day's capacity, in percent, from which `capacityPressure` is due: 0 to 100.
    ///
    /// What is free of it is rounded down to whole units, lines and orders.
    public var pressureFrom: Int64
    /// Cost of each unit, line or order that is planned above that share, in minor units.
    public var capacityPressure: Int64
    /// Most shipments of an order; nil is any number.
    public var maxShipments: Int?
    /// Most locations that serve a line; nil is any number.
    public var maxLocationsPerLine: Int?
    /// Greatest distance of a location from the destination in metres; nil is any.
    public var maxDistance: Int64?
    /// Days after the day of planning within which goods must leave a location: 0 to 60.
    public var dispatchWithinDays: Int
    /// The constraints that may be dropped where no plan keeps them all, the first to go first.
    ///
    /// Those not named here are hard.
    public var droppable: [SourcingConstraint]
    /// Cost of a unit that is not sourced, once `complete` is dropped, in minor units.
    public var unsourcedUnit: Int64
    /// Points of postcodes, by country.
    public var postcodes: [String: [String: Coordinate]]
    /// Steps that a search may take before it answers with the best plan it has and a bound.
    public var steps: Int64

    /// Steps where nothing else is said: about a tenth of a second for what cannot be finished.
    public static let defaultSteps: Int64 = 40_000_000

    /// Makes a configuration without limits and penalties.
    public init(currency: Currency, services: [CarrierService]) {
        self.currency = currency
        self.services = services
        splitPenalty = 0
        stockOutPressure = 0
        pressureFrom = 100
        capacityPressure = 0
        dispatchWithinDays = 14
        droppable = []
        unsourcedUnit = 0
        postcodes = [:]
        steps = SourcingConfig.defaultSteps
    }

    /// The point of a place: its own, or its postcode's.
    func point(_ own: Coordinate?, country: String, postcode: String) -> Coordinate? {
        own ?? (postcode.isEmpty ? nil : postcodes[country]?[postcode])
    }
}
