internal import Domain

/// Prices of a shipment by its load, as the search sees them: scaled, and with what bounds need at hand.
struct Tariff {
    /// Cubic millimetres billed as a gram; 0 where volume does not count.
    let divisor: Int64
    /// Heaviest billable weights of the bands.
    let edges: [Int64]
    /// Their prices, scaled.
    let prices: [Int64]
    /// Beyond the last band: what it can cost least.
    let beyond: Beyond?
    private let offer: Candidate.Offer
    private let scale: Int64

    /// A price beyond the last band is never below `fixed + slope x (grams - edge)`.
    struct Beyond {
        /// Scaled price at the edge.
        var fixed: Int64
        /// Scaled price of a gram is `numerator / denominator`.
        var numerator: Int128
        var denominator: Int128

        /// The least that so many grams cost, scaled, rounded down.
        func least(grams: Int64) -> Int64 {
            let product = numerator * Int128(grams)
            return Int64(product >= 0 ? product / denominator : -((-product + denominator - 1) / denominator))
        }
    }

    init(_ offer: Candidate.Offer, scale: Int64) {
        self.offer = offer
        self.scale = scale
        divisor = offer.volumeDivisor ?? 0
        guard let rates = offer.rates else {
            edges = [.max]
            prices = [0]
            beyond = nil
            return
        }
        edges = rates.bands.map(\.upToGrams)
        prices = rates.bands.map { CarrierService.Zone.with(surcharge: offer.surcharge, $0.price) * scale }
        beyond = rates.beyond.map { beyond in
            let factor = Int128(10_000 + offer.surcharge)
            let last = Int128(rates.bands.last?.price ?? 0) * factor / 10_000
            return Beyond(
                // One minor unit less: the price is rounded after the surcharge.
                fixed: Int64(last - 1) * scale, numerator: Int128(beyond.price) * factor * Int128(scale),
                denominator: 10_000 * Int128(beyond.perGrams))
        }
    }

    /// The scaled price of a load; nil where there is no rate for it.
    func price(grams: Int64, volume: Int64) -> Int64? {
        let billable = offer.billable(grams: grams, volume: volume)
        for index in edges.indices where billable <= edges[index] { return prices[index] }
        return offer.price(grams: grams, volume: volume).map { $0 * scale }
    }

    /// Most further units of one kind that fit beside a load.
    func room(wanted: Int64, unitGrams: Int64, unitVolume: Int64, grams: Int64, volume: Int64) -> Int64 {
        guard beyond == nil, let heaviest = edges.last, heaviest != .max else { return wanted }
        var most = wanted
        if unitGrams > 0 { most = min(most, (heaviest - grams) / unitGrams) }
        if divisor > 0 && unitVolume > 0 { most = min(most, (heaviest * divisor - volume) / unitVolume) }
        return max(0, most)
    }
}
