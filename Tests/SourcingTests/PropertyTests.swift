import Domain
import Testing

@testable import Sourcing

@Suite("Properties of plans")
struct PropertyTests {
    private func check(_ plan: SourcingPlan, seed: UInt64) {
        let problem = plan.problem
        let dropped = Set(plan.dropped.map(\.constraint))
        guard plan.hasPlan else {
            #expect(plan.shipments.isEmpty, "seed \(seed)")
            return
        }
        let lines = Dictionary(problem.order.lines.map { ($0.id, $0) }) { first, _ in first }
        var sourced = Dictionary(problem.order.lines.map { ($0.id, Int64(0)) }) { first, _ in first }
        var places: [String: Int] = [:]
        var cost = SourcingPlan.Cost()
        for shipment in plan.shipments {
            guard let location = problem.locations.first(where: { $0.code == shipment.location }),
                let service = problem.config.services.first(where: { $0.code == shipment.service }),
                let zone = service.zones.first(where: { $0.name == shipment.zone })
            else {
                Issue.record("seed \(seed): a shipment names what is not there")
                return
            }
            var taken: [String: Int64] = [:]
            var (units, grams, volume) = (Int64(0), Int64(0), Int64(0))
            for part in shipment.parts {
                guard let line = lines[part.line] else { continue }
                #expect(part.units > 0)
                sourced[part.line, default: 0] += part.units
                places[part.line, default: 0] += 1
                taken[line.sku, default: 0] += part.units
                units += part.units
                grams += part.units * line.grams
                volume += part.units * line.volume
                #expect(line.needs.isSubset(of: location.capabilities))
            }
            for (sku, count) in taken {
                let stock = problem.stock.first { $0.sku == sku && $0.location == location.code }
                #expect(count <= stock?.available ?? 0, "seed \(seed): stock")
                let comfort = max(0, (stock?.available ?? 0) - (stock?.keep ?? 0))
                cost.stockOutPressure += max(0, count - comfort) * problem.config.stockOutPressure
            }
            let booked = location.booked[shipment.dispatch]
            for (limit, before, used) in [
                (location.capacity.units, booked?.units, units),
                (location.capacity.lines, booked?.lines, Int64(shipment.parts.count)),
                (location.capacity.orders, booked?.orders, 1),
            ] {
                guard let limit else { continue }
                if !dropped.contains(.capacity) { #expect(used + (before ?? 0) <= limit, "seed \(seed): capacity") }
                let free = max(0, limit * problem.config.pressureFrom / 100 - (before ?? 0))
                cost.capacityPressure += max(0, used - free) * problem.config.capacityPressure
            }
            cost.handling += location.handlingPerShipment + units * location.handlingPerUnit
            cost.shipping += price(grams, volume, zone, service)
            if let promised = problem.order.promised, !dropped.contains(.promise) {
                #expect(shipment.arrival <= promised, "seed \(seed): promise")
            }
        }
        for part in plan.unsourced {
            sourced[part.line, default: 0] += part.units
            cost.unsourced += part.units * problem.config.unsourcedUnit
        }
        cost.splits = Int64(max(0, plan.shipments.count - 1)) * problem.config.splitPenalty
        #expect(cost == plan.cost, "seed \(seed): cost")
        #expect(sourced == lines.mapValues(\.quantity), "seed \(seed): sum of parts")
        #expect(plan.unsourced.isEmpty || dropped.contains(.complete))
        #expect(plan.bound <= plan.cost.total && plan.gap == plan.cost.total - plan.bound)
        #expect((plan.status == .optimal) == (plan.gap == 0))
        if let most = problem.config.maxShipments, !dropped.contains(.shipments) {
            #expect(plan.shipments.count <= most, "seed \(seed): shipments")
        }
        if let most = problem.config.maxLocationsPerLine, !dropped.contains(.lineSplits) {
            #expect(places.values.allSatisfy { $0 <= most }, "seed \(seed): splits of a line")
        }
        #expect(plan.decisions.count == problem.locations.count)
        #expect(
            Set(plan.decisions.filter { $0.reason == .selected }.map(\.location)) == Set(plan.shipments.map(\.location))
        )
    }

    /// The price by the tariff as the page words it.
    private func price(_ grams: Int64, _ volume: Int64, _ zone: CarrierService.Zone, _ service: CarrierService) -> Int64
    {
        var billable = grams
        if let divisor = service.volumeDivisor {
            billable = max(billable, volume / divisor + (volume % divisor == 0 ? 0 : 1))
        }
        var net = zone.bands.first { billable <= $0.upToGrams }?.price
        if net == nil, let beyond = zone.beyond, let last = zone.bands.last {
            var edge = last.upToGrams
            net = last.price
            while edge < billable {
                edge += beyond.perGrams
                net = (net ?? 0) + beyond.price
            }
        }
        return Int64(Rounding.halfEven(Int128(net ?? -1) * Int128(10_000 + service.surcharge), dividedBy: 10_000))
    }

    @Test("Plans keep every constraint that was not dropped, add up, and cost what they say")
    func invariants() throws {
        for seed in UInt64(1)...600 {
            var maker = RandomProblem(seed: seed)
            let size = (maker.random.number(1...5), maker.random.number(1...7))
            check(try Sourcing.plan(maker.make(lines: size.0, locations: size.1)), seed: seed)
        }
    }

    @Test("Plans that the budget ended keep all of that too, and their bound is below the optimum")
    func budget() throws {
        var ended = 0
        for seed in UInt64(1)...60 {
            var maker = RandomProblem(seed: seed)
            var problem = maker.make(lines: 5, locations: 8, isPlain: true)
            let best = try Sourcing.plan(problem)
            problem.config.steps = 400
            let plan = try Sourcing.plan(problem)
            check(plan, seed: seed)
            if plan.status == .feasible && plan.dropped == best.dropped {
                ended += 1
                #expect(plan.bound <= best.cost.total && best.cost.total <= plan.cost.total)
            }
        }
        #expect(ended > 5)
    }

    @Test("Without a location an order never costs less, as long as the same constraints hold")
    func fewerLocations() throws {
        var compared = 0
        for seed in UInt64(1)...150 {
            var maker = RandomProblem(seed: seed)
            let problem = maker.make(lines: 3, locations: 5)
            let whole = try Sourcing.plan(problem)
            guard whole.status == .optimal else { continue }
            for index in problem.locations.indices {
                var fewer = problem
                let code = fewer.locations.remove(at: index).code
                fewer.stock.removeAll { $0.location == code }
                let plan = try Sourcing.plan(fewer)
                guard plan.status == .optimal, plan.dropped == whole.dropped else { continue }
                compared += 1
                #expect(plan.cost.total >= whole.cost.total, "seed \(seed) without \(code)")
            }
        }
        #expect(compared > 100)
    }

    @Test("The order in which locations, stock and services are given does not matter")
    func permutations() throws {
        for seed in UInt64(1)...100 {
            var maker = RandomProblem(seed: seed)
            let problem = maker.make(lines: 4, locations: 6)
            var turned = problem
            turned.locations.shuffle(using: &maker.random)
            turned.stock.shuffle(using: &maker.random)
            turned.config.services.shuffle(using: &maker.random)
            let (left, right) = (try Sourcing.plan(problem), try Sourcing.plan(turned))
            #expect(left.shipments == right.shipments && left.decisions == right.decisions, "seed \(seed)")
        }
    }

    @Test("An order of a thousand lines ends within its steps, with a plan and a proven bound")
    func thousandLines() throws {
        var maker = OrdinaryOrders(seed: 11)
        var problem = try maker.next(lines: 1_000, locations: 40)
        problem.config.steps = 1_500_000
        let plan = try Sourcing.plan(problem)
        check(plan, seed: 11)
        #expect(plan.hasPlan)
        #expect(plan.bound > 0)
        // What has begun when the steps are spent, one look at every site or one greedy plan, is still finished.
        #expect(plan.steps < 1_500_000 + 1_000_000)
        #expect(try Sourcing.plan(problem) == plan)
    }

    @Test("Ordinary orders of twelve lines and forty locations are solved exactly within the usual steps")
    func ordinary() throws {
        for seed in UInt64(1)...5 {
            var maker = OrdinaryOrders(seed: seed)
            let plan = try Sourcing.plan(maker.next(lines: 12, locations: 40))
            check(plan, seed: seed)
            #expect(plan.status == .optimal, "seed \(seed)")
        }
    }
}
