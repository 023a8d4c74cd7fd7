/// A location that may serve an order, with what its part would cost.
struct Candidate: Sendable {
    /// A carrier service that may bring its shipment; a pickup has one without a service and a price.
    struct Offer: Sendable {
        /// The service's code; empty for a pickup.
        var service: String
        /// The zone's name; empty for a pickup.
        var zone: String
        /// The service's divisor of volume.
        var volumeDivisor: Int64?
        /// Its surcharge in hundredths of a percent.
        var surcharge: Int64
        /// The prices; nil for a pickup.
        var rates: CarrierService.Zone?
        /// The day on which the goods arrive, or are ready.
        var arrival: CivilDate

        /// The price of a load; nil where there is no rate for it.
        func price(grams: Int64, volume: Int64) -> Int64? {
            guard let rates else { return 0 }
            return rates.price(grams: billable(grams: grams, volume: volume), surcharge: surcharge)
        }

        /// The greater of weight and dimensional weight, which is rounded up to whole grams.
        func billable(grams: Int64, volume: Int64) -> Int64 {
            guard let volumeDivisor else { return grams }
            return max(grams, (volume + volumeDivisor - 1) / volumeDivisor)
        }

        /// Most units of one kind that there is a rate for, at most `wanted`.
        func most(of wanted: Int64, grams: Int64, volume: Int64) -> Int64 {
            guard let rates, rates.beyond == nil, let heaviest = rates.bands.last?.upToGrams else { return wanted }
            var most = wanted
            if grams > 0 { most = min(most, heaviest / grams) }
            if let volumeDivisor, volume > 0 { most = min(most, heaviest * volumeDivisor / volume) }
            return most
        }
    }

    /// Its index in the problem.
    var index: Int
    /// The day on which it sends the goods out.
    var dispatch: CivilDate
    /// What is left of that day's capacity; nil where there is no limit.
    var room: SourcingLocation.Capacity
    /// What of it is free of pressure; nil where there is no limit.
    var free: SourcingLocation.Capacity
    /// The services, by code; at least one.
    var offers: [Offer]
    /// Units that it can give a line, by the line's index; lines that it cannot serve are missing.
    var units: [(line: Int, units: Int64)]
}
