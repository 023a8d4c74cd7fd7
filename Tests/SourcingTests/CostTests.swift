import Domain
import Testing

@testable import Sourcing

@Suite("The cost of a plan")
struct CostTests {
    @Test("One shipment costs its band, its handling and its units")
    func oneShipment() throws {
        let plan = try Example().plan()
        #expect(plan.status == .optimal)
        #expect(plan.units == ["A": ["1": 2]])
        #expect(plan.cost == .init(shipping: 300, handling: 70))
        #expect(plan.bound == 370)
        #expect(plan.shipments.first?.arrival.description == "2026-11-25")
    }

    @Test("Equal locations are told apart by rank, then by code")
    func ties() throws {
        var example = try Example()
        example.problem.locations[0].rank = 2
        example.problem.locations[0].code = "C"
        example.setStock("MUG", at: "C", 10)
        #expect(try example.plan().units == ["B": ["1": 2]])
        example.problem.locations[1].rank = 3
        #expect(try example.plan().units == ["C": ["1": 2]])
    }

    @Test("The dimensional weight counts where it is the greater, rounded up to whole grams")
    func dimensions() throws {
        var example = try Example(lines: [.init(id: "1", sku: "LAMP", quantity: 1, grams: 400, volume: 5_000_001)])
        example.problem.config.services[0].volumeDivisor = 5_000
        let plan = try example.plan()
        #expect(plan.shipments.first?.billableGrams == 1_001)
        #expect(plan.cost.shipping == 500)
        example.problem.order.lines[0].volume = 5_000_000
        #expect(try example.plan().cost.shipping == 300)
    }

    @Test("What is heavier than the last band pays for each weight that is begun beyond it")
    func beyond() throws {
        var example = try Example(lines: [.init(id: "1", sku: "MUG", quantity: 1, grams: 5_001)])
        example.problem.config.services[0].zones[0].beyond = .init(perGrams: 1_000, price: 70)
        #expect(try example.plan().cost.shipping == 570)
        example.problem.order.lines[0].grams = 6_000
        #expect(try example.plan().cost.shipping == 570)
        example.problem.order.lines[0].grams = 6_001
        #expect(try example.plan().cost.shipping == 640)
    }

    @Test(
        "A surcharge is rounded with its price once, half to even",
        arguments: [(Int64(50), Int64(302)), (150, 304), (17, 301), (16, 300)])
    func surcharge(hundredths: Int64, price: Int64) throws {
        // 300 x 1.005 = 301.5, 300 x 1.015 = 304.5, 300 x 1.0017 = 300.51, 300 x 1.0016 = 300.48
        var example = try Example()
        example.problem.config.services[0].surcharge = hundredths
        #expect(try example.plan().cost.shipping == price)
    }

    @Test("Weights of nothing fall in the first band")
    func weightless() throws {
        let plan = try Example(lines: [.init(id: "1", sku: "CODE", quantity: 3)]).plan()
        #expect(plan.cost == .init(shipping: 300, handling: 80))
        #expect(plan.shipments.first?.billableGrams == 0)
    }

    @Test("The cheapest service that keeps the promise is taken, and of equal ones the faster")
    func services() throws {
        var example = try Example()
        var express = example.problem.config.services[0]
        express.code = "EXPRESS"
        express.zones[0].transitDays = 1
        express.zones[0].bands = [.init(upToGrams: 5_000, price: 900)]
        example.problem.config.services.append(express)
        #expect(try example.plan().shipments.map(\.service) == ["STD"])
        example.problem.order.promised = CivilDate("2026-11-24")
        #expect(try example.plan().shipments.map(\.service) == ["EXPRESS"])
        example.problem.order.promised = nil
        example.problem.config.services[1].zones[0].bands[0].price = 300
        #expect(try example.plan().shipments.map(\.service) == ["EXPRESS"])
    }

    @Test("An order is split only where that is cheaper than not to")
    func splits() throws {
        // B has both articles but costs 400 more a unit; A has only one of them.
        var example = try Example(lines: [
            .init(id: "1", sku: "MUG", quantity: 1, grams: 400), .init(id: "2", sku: "POT", quantity: 1, grams: 400),
        ])
        example.setStock("POT", at: "A", 0)
        example.problem.locations[1].handlingPerUnit = 400
        // From B alone: 300 + 50 + 800 = 1,150. From both: 2 x 350 + 10 + 400 + 100 = 1,210.
        #expect(try example.plan().cost.total == 1_150)
        example.problem.config.splitPenalty = 39
        let plan = try example.plan()
        #expect(plan.cost == .init(shipping: 600, handling: 510, splits: 39))
        #expect(plan.units == ["A": ["1": 1], "B": ["2": 1]])
    }

    @Test("Units that had better stay cost the pressure, and only those")
    func stockOutPressure() throws {
        var example = try Example(lines: [.init(id: "1", sku: "MUG", quantity: 4, grams: 100)])
        example.problem.config.stockOutPressure = 30
        example.setStock("MUG", at: "A", 5, keep: 4)
        example.setStock("MUG", at: "B", 5, keep: 5)
        let plan = try example.plan()
        #expect(plan.units == ["A": ["1": 4]])
        #expect(plan.cost.stockOutPressure == 90)
        example.setStock("MUG", at: "B", 9, keep: 5)
        #expect(try example.plan().units == ["B": ["1": 4]])
    }

    @Test("Capacity above the share that is free of pressure costs it, in each measure")
    func capacityPressure() throws {
        var example = try Example(lines: [.init(id: "1", sku: "MUG", quantity: 4, grams: 100)])
        example.problem.config.capacityPressure = 5
        example.problem.config.pressureFrom = 50
        example.problem.locations[1].isActive = false
        example.problem.locations[0].capacity = .init(units: 11, lines: 2, orders: 3)
        let day = try #require(CivilDate(Example.monday))
        example.problem.locations[0].booked[day] = .init(units: 3, lines: 1, orders: 1)
        // Free: 5 - 3 = 2 units, 1 - 1 = 0 lines, 1 - 1 = 0 orders. Planned: 4 units, 1 line, 1 order.
        #expect(try example.plan().cost.capacityPressure == 20)
    }

    @Test("Lines of one article share its stock and its pressure")
    func sharedStock() throws {
        var example = try Example(lines: [
            .init(id: "1", sku: "MUG", quantity: 4, grams: 100), .init(id: "2", sku: "MUG", quantity: 4, grams: 100),
        ])
        example.setStock("MUG", at: "A", 6, keep: 2)
        example.problem.config.stockOutPressure = 1
        let plan = try example.plan()
        #expect(plan.units == ["B": ["1": 4, "2": 4]])
        example.setStock("MUG", at: "B", 7)
        let split = try example.plan()
        #expect(split.shipments.count == 2)
        #expect(split.units["A", default: [:]].values.reduce(0, +) <= 6)
        #expect(split.units["B", default: [:]].values.reduce(0, +) <= 7)
    }
}
