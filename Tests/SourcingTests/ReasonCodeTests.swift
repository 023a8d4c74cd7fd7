import Domain
import Testing

@testable import Sourcing

@Suite("Reason codes")
struct ReasonCodeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var reason: ReasonCode
        var testDescription: String { reason.rawValue }
        var change: @Sendable (inout SourcingProblem) -> Void
    }

    /// Each changes location A so that it is rejected for one reason; B serves.
    static let cases = [
        Case(reason: .inactive) { $0.locations[0].isActive = false },
        Case(reason: .excluded) { $0.order.excluded = ["A"] },
        Case(reason: .methodNotSupported) { $0.locations[0].methods = [.pickup] },
        Case(reason: .articleNotSupported) {
            $0.order.lines[0].needs = ["hazmat"]
            $0.locations[1].capabilities = ["hazmat", "chilled"]
        },
        Case(reason: .noStock) { $0.stock[0].available = 0 },
        Case(reason: .timeZoneUnknown) { $0.locations[0].timeZone = "Mars/Olympus" },
        Case(reason: .noDispatchDay) {
            $0.locations[0].hours = [.init(days: [.sunday], cutOff: .endOfDay)]
            $0.config.dispatchWithinDays = 3
        },
        Case(reason: .noDispatchDay) {
            $0.locations[0].leadDays = 4
            $0.config.dispatchWithinDays = 3
        },
        Case(reason: .capacityFull) {
            $0.locations[0].capacity.orders = 1
            for day in day("2026-11-23").days...day("2026-12-31").days {
                $0.locations[0].booked[CivilDate(days: day)] = .init(orders: 1)
            }
        },
        Case(reason: .capacityFull) {
            // Tomorrow would do for the carrier, but not for the promise.
            $0.locations[0].capacity.units = 5
            $0.locations[0].booked[day("2026-11-23")] = .init(units: 5)
            $0.order.promised = CivilDate("2026-11-25")
        },
        Case(reason: .coordinatesUnknown) {
            $0.config.maxDistance = 100_000
            $0.order.destination.point = Coordinate(latitude: 51_500_000, longitude: 0)
            $0.locations[1].point = Coordinate(latitude: 51_600_000, longitude: 0)
        },
        Case(reason: .coordinatesUnknown) {
            $0.config.services[0].zones[0].upToMetres = 100_000
            $0.order.destination.point = Coordinate(latitude: 51_500_000, longitude: 0)
            $0.locations[1].point = Coordinate(latitude: 51_600_000, longitude: 0)
        },
        Case(reason: .tooFar) {
            $0.config.maxDistance = 11_000
            $0.order.destination.point = Coordinate(latitude: 51_500_000, longitude: 0)
            $0.locations[0].point = Coordinate(latitude: 51_600_000, longitude: 0)
            $0.locations[1].point = Coordinate(latitude: 51_590_000, longitude: 0)
        },
        Case(reason: .noService) { $0.locations[0].services = ["DRONE"] },
        Case(reason: .zoneUnknown) {
            $0.config.services[0].zones[0].fromCountries = ["GB"]
            $0.locations[0].country = "FR"
        },
        Case(reason: .noRate) {
            var service = $0.config.services[0]
            service.code = "LETTER"
            service.zones[0].bands = [.init(upToGrams: 399, price: 100)]
            $0.config.services.append(service)
            $0.locations[0].services = ["LETTER"]
        },
        Case(reason: .leadTimeTooLong) {
            $0.locations[0].leadDays = 1
            $0.locations[0].kind = .supplier
            $0.order.promised = CivilDate("2026-11-25")
        },
        Case(reason: .cutOffPassed) {
            $0.locations[0].hours = [.init(days: Set(Weekday.allCases), cutOff: ClockTime(minutes: 600))]
            $0.order.promised = CivilDate("2026-11-25")
        },
        Case(reason: .transitTooLong) {
            var service = $0.config.services[0]
            service.code = "SLOW"
            service.zones[0].transitDays = 3
            $0.config.services.append(service)
            $0.locations[0].services = ["SLOW"]
            $0.order.promised = CivilDate("2026-11-25")
        },
    ]

    @Test("A location is rejected for its reason, and another serves", arguments: cases)
    func rejected(entry: Case) throws {
        var example = try Example()
        entry.change(&example.problem)
        let plan = try example.plan()
        #expect(plan.status == .optimal)
        #expect(plan.reason("A") == entry.reason)
        #expect(plan.reason("B") == .selected)
        #expect(plan.dropped.isEmpty)
    }

    @Test("Where every location is rejected the plan says so, each with its reason", arguments: cases)
    func allRejected(entry: Case) throws {
        var example = try Example()
        entry.change(&example.problem)
        example.problem.locations.removeLast()
        example.problem.stock.removeAll { $0.location == "B" }
        let plan = try example.plan()
        #expect(plan.status == .infeasible)
        #expect(plan.cause == .noLocation)
        #expect(plan.reason("A") == entry.reason)
        #expect(plan.shipments.isEmpty && plan.cost.total == 0)
    }

    @Test("Only the location where the customer collects serves a pickup, without a carrier")
    func pickup() throws {
        var example = try Example()
        example.problem.order.method = .pickup
        example.problem.order.pickupAt = "B"
        example.problem.locations[1].methods = [.pickup]
        let plan = try example.plan()
        #expect(plan.reason("A") == .notPickupLocation)
        #expect(plan.cost == .init(handling: 70))
        #expect(plan.shipments.map(\.service) == [""])
        #expect(plan.shipments.first?.arrival.description == Example.monday)
        example.problem.order.promised = CivilDate("2026-11-22")
        #expect(try example.plan().reason("B") == .noDispatchDay)
    }

    @Test("A location that serves no better is told so, and one that could have is told that there is no plan")
    func unused() throws {
        var example = try Example()
        #expect(try example.plan().reason("B") == .notCheapest)
        example.problem.order.lines[0].quantity = 21
        let plan = try example.plan()
        #expect(plan.status == .infeasible && plan.cause == .stockShort)
        #expect(
            plan.shortages == [LineShortage(line: 0, sku: "MUG", location: "", wanted: 21, available: 20)])
        #expect(plan.decisions.map(\.reason) == [.noPlan, .noPlan])
    }

    @Test("Every reason has a case here")
    func complete() {
        let covered = Set(Self.cases.map(\.reason)).union([.selected, .notPickupLocation, .notCheapest, .noPlan])
        #expect(covered == Set(ReasonCode.allCases))
    }
}

/// A day that exists.
private func day(_ text: String) -> CivilDate {
    guard let date = CivilDate(text) else { preconditionFailure("\(text) is no day") }
    return date
}
