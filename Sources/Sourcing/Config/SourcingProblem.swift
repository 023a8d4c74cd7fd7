/// Everything that a plan depends on.
public struct SourcingProblem: Hashable, Sendable {
    /// What is to be sourced.
    public var order: SourcingOrder
    /// The locations.
    public var locations: [SourcingLocation]
    /// What they have.
    public var stock: [SourcingStock]
    /// How to choose.
    public var config: SourcingConfig
    /// Rules of the zones that the locations' clocks follow, by name; a zone that is missing is unknown.
    public var zones: [String: ZoneRules]

    /// Makes a problem.
    public init(
        order: SourcingOrder, locations: [SourcingLocation], stock: [SourcingStock], config: SourcingConfig,
        zones: [String: ZoneRules] = [:]
    ) {
        self.order = order
        self.locations = locations
        self.stock = stock
        self.config = config
        self.zones = zones
    }

    /// Adds what this system knows of the zones that the locations name and the problem does not bring.
    public mutating func addSystemZones() {
        for name in Set(locations.map(\.timeZone)) where zones[name] == nil {
            zones[name] = ZoneRules.system(name, around: order.at)
        }
    }
}
