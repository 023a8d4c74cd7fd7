import Domain
import Ledger
public import OrderPromising
public import Sourcing

/// Plans from which locations orders are served, on what the ledger knows and the stock of this moment.
///
/// A plan is stored with everything that it depends on, as a file that plans the same again. Planning reserves nothing and
/// changes nothing. A crash before the plan is stored leaves nothing: the same call plans anew.
public struct SourcingDesk: Sendable {
    let ledger: Ledger
    let promising: OrderPromising

    /// Questions about availability in one call.
    private static let portion = 1_000

    /// Makes a desk.
    public init(promising: OrderPromising) {
        self.promising = promising
        ledger = promising.ledger
    }

    /// Plans, and stores the plan; a repetition is told what was stored.
    ///
    /// - Parameters:
    ///   - question: what is to be planned.
    ///   - encode: the plan in the contract's encoding.
    /// - Returns: the encoded plan.
    /// - Throws: `Refusal`: what is not there, fields that are wrong, an id that was used with another body.
    public func plan(
        _ question: SourcingQuestion, encode: @Sendable (SourcingPlan) throws -> [UInt8]
    ) async throws -> [UInt8] {
        let (id, body, caller) = (question.id, question.body, question.caller)
        if let stored = try await ledger.sourcingPlan(id, body: body, caller: caller) { return stored.reply }
        let plan = try Sourcing.plan(try await problem(question))
        try await ledger.storeSourcingPlan(
            id, order: question.order, configVersion: plan.configVersion, inputs: plan.problem.file.canonical,
            reply: try encode(plan), body: body, caller: caller)
        // Of two calls at once the one that was stored first counts, for both.
        guard let stored = try await ledger.sourcingPlan(id, body: body, caller: caller) else {
            throw Refusal.unavailable("the plan is not stored", retryAfterMilliseconds: 100)
        }
        return stored.reply
    }

    /// Plans stored inputs again.
    ///
    /// - Throws: `Refusal.invalid` where they are no inputs of a plan.
    public static func replay(_ inputs: String) throws -> SourcingPlan {
        let value: FileValue
        do { value = try FileText.read(inputs) } catch {
            throw Refusal.invalid([FieldViolation("inputs", "\(error)")])
        }
        guard let problem = try SourcingProblem.read(value).first else {
            throw Refusal.invalid([FieldViolation("inputs", "hold no problem")])
        }
        return try Sourcing.plan(problem)
    }

    /// The configuration of a version or a name.
    private func config(_ name: String) async throws -> SourcingConfig {
        let stored =
            if let config = try await ledger.sourcingConfig(named: name) { config } else {
                try await ledger.sourcingConfig(version: name)
            }
        guard let stored else { throw Refusal.notFound(.sourcingConfig, name) }
        return try SourcingConfig(try FileText.read(stored.document))
    }

    // MARK: - The problem

    private func problem(_ question: SourcingQuestion) async throws -> SourcingProblem {
        let now = try await ledger.now()
        // What the caller may not see is refused before anything else.
        var order = try await self.order(question, at: now)
        try await refuseUnknown(in: question)
        let config = try await config(question.config)
        let facts = try await ledger.sourcingLocations(
            after: nil, limit: SourcingBounds.locations, among: question.caller.scope.locations,
            bookedFrom: Int(ZoneRules.day(of: now)) - 1, but: question.order)
        guard !facts.hasMore else {
            throw Refusal.exhausted("more than \(SourcingBounds.locations) locations are known to sourcing")
        }
        let locations = try facts.elements.map { try SourcingLocation($0) }
        let products = try await ledger.sourcingProducts(Array(Set(order.order.lines.map(\.sku))))
        for index in order.order.lines.indices {
            guard let product = products[order.order.lines[index].sku] else { continue }
            order.order.lines[index].grams = product.grams
            order.order.lines[index].volume = product.volume
            order.order.lines[index].needs = Set(product.needs)
        }
        var problem = SourcingProblem(
            order: order.order, locations: locations,
            stock: try await stock(of: order, at: locations.map(\.code)), config: config)
        problem.addSystemZones()
        return problem
    }

    /// Refuses articles and locations that nobody has, by the fields that name them.
    private func refuseUnknown(in question: SourcingQuestion) async throws {
        let pickup = question.pickupLocation.isEmpty ? [] : [question.pickupLocation]
        let known = try await ledger.knownNames(
            locations: question.excluded + pickup, products: question.lines.map(\.sku))
        var violations: [FieldViolation] = []
        for (index, line) in question.lines.enumerated() where !known.products.contains(line.sku) {
            violations.append(FieldViolation("lines[\(index)].sku", "no product has this sku"))
        }
        for code in pickup where !known.locations.contains(code) {
            violations.append(FieldViolation("pickup_location", "no location has this code"))
        }
        for (index, code) in question.excluded.enumerated() where !known.locations.contains(code) {
            violations.append(FieldViolation("excluded[\(index)]", "no location has this code"))
        }
        guard violations.isEmpty else { throw Refusal.invalid(violations) }
    }

    /// An order with what is set aside for it, by article and location.
    private struct Asked {
        var order: SourcingOrder
        var own: [Place: Int64] = [:]
        /// Where articles were not found for it.
        var unfound: [String: Set<String>] = [:]
    }

    private struct Place: Hashable {
        var sku: String
        var location: String
    }

    private func order(_ question: SourcingQuestion, at now: Instant) async throws -> Asked {
        guard let id = question.order else {
            guard let destination = question.destination ?? (question.method == .pickup ? .init(country: "") : nil)
            else { throw Refusal.invalid([FieldViolation("destination", "is required where no order is given")]) }
            return Asked(
                order: SourcingOrder(
                    id: question.id.description, at: now, method: question.method ?? .ship, destination: destination,
                    pickupAt: question.pickupLocation, promised: question.promised, excluded: Set(question.excluded),
                    lines: question.lines.enumerated().map { index, line in
                        .init(id: "\(index + 1)", sku: line.sku, quantity: line.quantity)
                    }))
        }
        guard let stored = try await ledger.order(id) else {
            throw Refusal.missing(.order, id.description, for: question.caller)
        }
        try question.caller.scope.admit(channel: stored.channel)
        let open = try await ledger.sourceableUnits(of: id)
        guard !open.isEmpty else {
            throw Refusal.wrongState(
                .order, id.description, state: stored.status.word,
                explanation: "no unit of it is set aside and not yet given to a location")
        }
        let method = question.method ?? (stored.delivery?.method == .pickup ? .pickup : .ship)
        let pickup = question.pickupLocation.isEmpty ? stored.delivery?.pickupLocation ?? "" : question.pickupLocation
        var asked = Asked(
            order: SourcingOrder(
                id: id.description, at: now, method: method,
                destination: question.destination ?? SourcingOrder.Destination(of: stored),
                pickupAt: method == .pickup ? pickup : "", promised: question.promised,
                excluded: Set(question.excluded), lines: []), unfound: try await ledger.unfoundStock(of: id))
        for line in stored.lines {
            let parts = open.filter { $0.line == line.number }
            let units = parts.reduce(0) { $0 + $1.units }
            guard units > 0 else { continue }
            asked.order.lines.append(.init(id: "\(line.number)", sku: line.sku, quantity: units))
            for part in parts {
                asked.own[Place(sku: line.sku, location: part.location), default: 0] += part.units
            }
        }
        return asked
    }

    /// What the locations have of the articles: what can be promised now, and what is set aside for the order itself; nothing
    /// where it was not found for the order.
    private func stock(of asked: Asked, at locations: [String]) async throws -> [SourcingStock] {
        let places = Set(asked.order.lines.map(\.sku)).sorted().flatMap { sku in
            locations.filter { asked.unfound[sku]?.contains($0) != true }.map { Place(sku: sku, location: $0) }
        }
        var stock: [SourcingStock] = []
        for first in stride(from: 0, to: places.count, by: SourcingDesk.portion) {
            let part = places[first..<min(first + SourcingDesk.portion, places.count)]
            let answer = try await promising.availability(
                part.map { AvailabilityItem(sku: $0.sku, location: $0.location, quantity: SourcingBounds.units) },
                fresh: true, within: nil)
            for (place, available) in zip(part, answer.available) {
                let units = available + asked.own[place, default: 0]
                if units > 0 {
                    stock.append(SourcingStock(sku: place.sku, location: place.location, available: units))
                }
            }
        }
        return stock
    }
}

extension SourcingOrder.Destination {
    /// Where an order goes: its address, else the country of its customer.
    fileprivate init(of order: Order) {
        guard let address = order.delivery?.shipTo else {
            self.init(country: order.customer.country)
            return
        }
        self.init(
            country: address.country, postcode: address.postcode,
            point: address.place.flatMap { place in
                Coordinate(
                    latitude: Int64((place.latitude * 1_000_000).rounded()),
                    longitude: Int64((place.longitude * 1_000_000).rounded()))
            })
    }
}

extension ZoneRules {
    /// The day of a moment in UTC, since 1970-01-01.
    fileprivate static func day(of moment: Instant) -> Int64 {
        let day = moment.microseconds / 86_400_000_000
        return moment.microseconds % 86_400_000_000 < 0 ? day - 1 : day
    }
}
