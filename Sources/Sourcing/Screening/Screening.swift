/// Tells which locations of a problem may serve its order, and of the others why not.
struct Screening {
    private let problem: SourcingProblem
    private let dropped: Set<SourcingConstraint>
    private let available: [String: [String: Int64]]
    private let destination: Coordinate?

    /// Prepares to screen with some constraints dropped.
    init(_ problem: SourcingProblem, dropped: Set<SourcingConstraint>) {
        self.problem = problem
        self.dropped = dropped
        var available: [String: [String: Int64]] = [:]
        for stock in problem.stock { available[stock.location, default: [:]][stock.sku] = stock.available }
        self.available = available
        let place = problem.order.destination
        destination = problem.config.point(place.point, country: place.country, postcode: place.postcode)
    }

    /// Looks at one location: what was decided, and the candidate where it may serve.
    ///
    /// The checks stand in a fixed order and the first that fails gives the reason: activity, exclusion, method,
    /// articles, stock, zone, calendar, capacity, distance, carrier, promise.
    func screen(_ index: Int) -> (decision: LocationDecision, candidate: Candidate?) {
        let location = problem.locations[index]
        let order = problem.order
        var decision = LocationDecision(location.code, .notCheapest)
        func refuse(_ reason: ReasonCode) -> (LocationDecision, Candidate?) {
            decision.reason = reason
            return (decision, nil)
        }
        if !location.isActive { return refuse(.inactive) }
        if order.excluded.contains(location.code) { return refuse(.excluded) }
        if order.method == .pickup && order.pickupAt != location.code { return refuse(.notPickupLocation) }
        if !location.methods.contains(order.method) { return refuse(.methodNotSupported) }
        let capable = order.lines.indices.filter { order.lines[$0].needs.isSubset(of: location.capabilities) }
        if capable.isEmpty { return refuse(.articleNotSupported) }
        let there = available[location.code] ?? [:]
        var units = capable.compactMap { line in
            let units = min(order.lines[line].quantity, there[order.lines[line].sku] ?? 0)
            return units > 0 ? (line: line, units: units) : nil
        }
        decision.lines = units.count
        if units.isEmpty { return refuse(.noStock) }

        guard let zone = problem.zones[location.timeZone] else { return refuse(.timeZoneUnknown) }
        let days = DispatchDays(location, zone: zone, at: order.at, within: problem.config.dispatchWithinDays)
        guard let ready = days.first(leadDays: location.leadDays) else { return refuse(.noDispatchDay) }
        let limits = !dropped.contains(.capacity)
        guard let dispatch = limits ? days.firstFree(from: ready) : ready else { return refuse(.capacityFull) }
        decision.dispatch = dispatch

        let point = problem.config.point(location.point, country: location.country, postcode: location.postcode)
        let metres = if let point, let destination { point.metres(to: destination) } else { Int64?.none }
        if order.method == .ship { decision.metres = metres }
        if order.method == .ship, let most = problem.config.maxDistance, !dropped.contains(.distance) {
            guard let metres else { return refuse(.coordinatesUnknown) }
            if metres > most { return refuse(.tooFar) }
        }

        let found = offers(of: location, metres: metres, dispatch: dispatch)
        guard !found.offers.isEmpty else { return refuse(found.reason) }
        let lines = order.lines
        let rated = found.offers.filter { offer in
            units.contains { offer.most(of: 1, grams: lines[$0.line].grams, volume: lines[$0.line].volume) > 0 }
        }
        if rated.isEmpty { return refuse(.noRate) }
        decision.arrival = rated.map(\.arrival).min()
        var offers = rated
        if let promised = order.promised, !dropped.contains(.promise) {
            offers = rated.filter { $0.arrival <= promised }
            if offers.isEmpty {
                return refuse(lateness(location, days, dispatched: dispatch, ready: ready, rated, promised))
            }
        }
        units = units.compactMap { line, units in
            let most =
                offers.map { $0.most(of: units, grams: lines[line].grams, volume: lines[line].volume) }.max() ?? 0
            return most > 0 ? (line: line, units: most) : nil
        }
        if units.isEmpty { return refuse(.noRate) }
        let candidate = Candidate(
            index: index, dispatch: dispatch, room: limits ? days.room(on: dispatch) : .init(),
            free: days.free(on: dispatch, percent: problem.config.pressureFrom),
            offers: offers.sorted { $0.service < $1.service }, units: units)
        return (decision, candidate)
    }

    /// The services with a zone for the destination, whatever their prices and days; the reason where there is none.
    private func offers(
        of location: SourcingLocation, metres: Int64?, dispatch: CivilDate
    ) -> (offers: [Candidate.Offer], reason: ReasonCode) {
        if problem.order.method == .pickup {
            let ready = Candidate.Offer(service: "", zone: "", surcharge: 0, rates: nil, arrival: dispatch)
            return ([ready], .selected)
        }
        var offers: [Candidate.Offer] = []
        var reason = ReasonCode.noService
        for service in problem.config.services
        where location.services.isEmpty || location.services.contains(service.code) {
            var lacksPoint = false
            let zone = service.zones.first { zone in
                let place = problem.order.destination
                guard zone.serves(country: place.country, postcode: place.postcode, from: location.country) else {
                    return false
                }
                guard let limit = zone.upToMetres else { return true }
                if metres == nil { lacksPoint = true }
                return metres.map { $0 <= limit } ?? false
            }
            guard let zone else {
                if lacksPoint { reason = .coordinatesUnknown } else if reason == .noService { reason = .zoneUnknown }
                continue
            }
            offers.append(
                Candidate.Offer(
                    service: service.code, zone: zone.name, volumeDivisor: service.volumeDivisor,
                    surcharge: service.surcharge, rates: zone,
                    arrival: service.arrival(dispatched: dispatch, transitDays: zone.transitDays)))
        }
        return (offers, reason)
    }

    /// Why the promise is not kept: the first of capacity, lead time and cut-off without which it would be.
    private func lateness(
        _ location: SourcingLocation, _ days: DispatchDays, dispatched: CivilDate, ready: CivilDate,
        _ offers: [Candidate.Offer], _ promised: CivilDate
    ) -> ReasonCode {
        func keeps(_ day: CivilDate?) -> Bool {
            guard let day else { return false }
            return offers.contains { offer in
                let service = problem.config.services.first { $0.code == offer.service }
                let arrival = service?.arrival(dispatched: day, transitDays: offer.rates?.transitDays ?? 0) ?? day
                return arrival <= promised
            }
        }
        if dispatched != ready && keeps(ready) { return .capacityFull }
        if location.leadDays > 0 && keeps(days.first(leadDays: 0)) { return .leadTimeTooLong }
        if days.missedToday && keeps(days.today) { return .cutOffPassed }
        return problem.order.method == .pickup ? .noDispatchDay : .transitTooLong
    }
}
