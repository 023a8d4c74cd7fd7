import Domain
import Testing

@testable import Sourcing

@Suite("Constraints")
struct ConstraintTests {
    private func twoLines() throws -> Example {
        var example = try Example(lines: [
            .init(id: "1", sku: "MUG", quantity: 2, grams: 100), .init(id: "2", sku: "POT", quantity: 2, grams: 100),
        ])
        example.setStock("POT", at: "A", 1)
        example.setStock("MUG", at: "B", 1)
        return example
    }

    @Test("The most shipments hold, and are dropped only where that is allowed")
    func shipments() throws {
        var example = try twoLines()
        #expect(try example.plan().shipments.count == 2)
        example.problem.config.maxShipments = 1
        let plan = try example.plan()
        #expect(plan.status == .infeasible && plan.cause == .limits)
        example.problem.config.droppable = [.shipments]
        let relaxed = try example.plan()
        #expect(relaxed.status == .optimal && relaxed.shipments.count == 2)
        #expect(relaxed.dropped == [.init(constraint: .shipments, isProven: true)])
    }

    @Test("The most locations of a line hold")
    func lineSplits() throws {
        var example = try twoLines()
        example.problem.config.maxLocationsPerLine = 1
        #expect(try example.plan().units == ["A": ["1": 2], "B": ["2": 2]])
        example.setStock("MUG", at: "A", 1)
        #expect(try example.plan().cause == .limits)
    }

    @Test("Constraints go in the stated order, each only where no plan keeps it")
    func order() throws {
        var example = try twoLines()
        example.problem.config.maxShipments = 1
        example.problem.config.maxLocationsPerLine = 1
        example.setStock("MUG", at: "A", 1)
        example.problem.config.droppable = [.promise, .lineSplits, .shipments, .complete]
        let plan = try example.plan()
        // Nothing was promised, so there is no promise to drop; with splits of both kinds the order is complete.
        #expect(plan.dropped.map(\.constraint) == [.lineSplits, .shipments])
        #expect(plan.unsourced.isEmpty)
        example.problem.config.droppable = [.complete, .shipments]
        #expect(try example.plan().dropped.map(\.constraint) == [.complete])
    }

    @Test("Without completeness each unit that is not sourced costs its price, and is left only where that is cheaper")
    func incomplete() throws {
        var example = try Example()
        example.problem.order.lines[0].quantity = 25
        example.problem.config.services[0].zones[0].bands = [.init(upToGrams: 1_000_000, price: 300)]
        example.problem.config.droppable = [.complete]
        example.problem.config.unsourcedUnit = 1_000
        let plan = try example.plan()
        #expect(plan.status == .optimal)
        #expect(plan.unsourced == [.init(line: "1", units: 5)])
        // Two shipments of 300 + 50 + 100, a split, five units that are missing.
        #expect(plan.cost == .init(shipping: 600, handling: 300, splits: 100, unsourced: 5_000))
        example.problem.config.unsourcedUnit = 50
        // The first shipment costs 450, the second 550; ten units left out cost 500.
        #expect(try example.plan().unsourced == [.init(line: "1", units: 15)])
    }

    @Test("With every location excluded and completeness dropped nothing is sourced, at its price")
    func nothing() throws {
        var example = try Example()
        example.problem.order.excluded = ["A", "B"]
        example.problem.config.droppable = [.complete]
        example.problem.config.unsourcedUnit = 7
        let plan = try example.plan()
        #expect(plan.status == .optimal && plan.shipments.isEmpty)
        #expect(plan.cost == .init(unsourced: 14))
    }

    @Test(
        "An order never overshoots the last free slot of a capacity",
        arguments: [
            SourcingLocation.Capacity(units: 3), SourcingLocation.Capacity(lines: 1),
            SourcingLocation.Capacity(orders: 1),
        ])
    func capacity(limit: SourcingLocation.Capacity) throws {
        var example = try Example(lines: [
            .init(id: "1", sku: "MUG", quantity: 2, grams: 100), .init(id: "2", sku: "POT", quantity: 2, grams: 100),
        ])
        example.problem.locations[0].capacity = limit
        let plan = try example.plan()
        #expect(plan.units == (limit.orders == nil ? ["B": ["1": 2, "2": 2]] : ["A": ["1": 2, "2": 2]]))
        example.problem.locations[1].isActive = false
        let alone = try example.plan()
        #expect(alone.hasPlan == (limit.orders != nil))
        example.problem.config.droppable = [.capacity]
        #expect(try example.plan().hasPlan)
    }

    @Test("A day whose capacity is used up is left for the next one that is worked")
    func nextDay() throws {
        var example = try Example()
        example.problem.locations[1].isActive = false
        example.problem.locations[0].capacity.orders = 1
        example.problem.locations[0].booked[try #require(CivilDate(Example.monday))] = .init(orders: 1)
        example.problem.locations[0].closed = [try #require(CivilDate("2026-11-24"))]
        #expect(try example.plan().shipments.first?.dispatch.description == "2026-11-25")
    }

    @Test("Distance and promise are dropped where they may be, and the trace tells what then is late")
    func promiseAndDistance() throws {
        var example = try Example()
        example.problem.order.promised = CivilDate(Example.monday)
        example.problem.config.maxDistance = 1
        #expect(try example.plan().cause == .noLocation)
        example.problem.config.droppable = [.distance, .promise]
        let plan = try example.plan()
        #expect(plan.dropped.map(\.constraint) == [.distance, .promise])
        #expect(plan.shipments.first?.arrival.description == "2026-11-25")
    }

    @Test("A load without a rate is split, or refused by the limits")
    func heavy() throws {
        var example = try Example(lines: [.init(id: "1", sku: "ANVIL", quantity: 3, grams: 2_000)])
        #expect(try example.plan().shipments.count == 2)
        example.problem.locations[1].isActive = false
        #expect(try example.plan().cause == .limits)
        example.problem.order.lines[0].grams = 5_001
        #expect(try example.plan().reason("A") == .noRate)
    }

    @Test("Postcodes find their points in the configuration's table")
    func postcodes() throws {
        var example = try Example()
        example.problem.config.maxDistance = 50_000
        example.problem.order.destination.postcode = "SW1A 1AA"
        example.problem.locations[0].postcode = "CB2 1TN"
        example.problem.locations[1].postcode = "TW9 3AB"
        example.problem.config.postcodes["GB"] = [
            "SW1A 1AA": try #require(Coordinate(latitude: 51_501_009, longitude: -141_588)),
            "CB2 1TN": try #require(Coordinate(latitude: 52_205_337, longitude: 121_817)),
            "TW9 3AB": try #require(Coordinate(latitude: 51_478_700, longitude: -295_600)),
        ]
        let plan = try example.plan()
        #expect(plan.reason("A") == .tooFar)
        #expect(plan.reason("B") == .selected)
        example.problem.config.postcodes = [:]
        #expect(try example.plan().reason("B") == .coordinatesUnknown)
    }
}
