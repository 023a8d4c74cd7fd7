import Domain
import Sourcing
import Testing

@Suite("What-if")
struct WhatIfTests {
    @Test("Two configurations are compared over the same orders: splits, cost and fill rate")
    func compare() throws {
        var example = try Example(lines: [
            .init(id: "1", sku: "MUG", quantity: 1, grams: 400), .init(id: "2", sku: "POT", quantity: 1, grams: 400),
        ])
        example.setStock("POT", at: "A", 0)
        example.problem.locations[1].handlingPerUnit = 400
        var cheap = example.problem.config
        cheap.splitPenalty = 0
        var comparison = ConfigComparison(example.problem.config, cheap)
        for order in ["W-1", "W-2"] {
            example.problem.order.id = order
            // The second order cannot be served by anyone.
            if order == "W-2" { example.problem.order.lines[0].quantity = 100 }
            example.problem.config.splitPenalty = 100
            let first = try example.plan()
            example.problem.config = cheap
            comparison.add(first, try example.plan())
        }
        #expect(comparison.orders == 2)
        #expect(comparison.first.version != comparison.second.version)
        #expect(comparison.first.split == 0 && comparison.second.split == 1)
        #expect(comparison.first.cost.total == 1_150 && comparison.second.cost.total == 1_110)
        #expect(comparison.first.planned == 1 && comparison.first.complete == 1)
        #expect(comparison.first.unitsOrdered == 103 && comparison.first.unitsSourced == 2)
        #expect(comparison.first.fillPermille == 19)
        #expect(comparison.differences.map(\.order) == ["W-1"])
        #expect(comparison.differences.first?.second.units == ["A": 1, "B": 1])
    }
}
