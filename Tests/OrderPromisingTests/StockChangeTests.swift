import Domain
import HoldfastTesting
import Ledger
import OrderPromising
import Testing

@Suite("Changes of stock")
struct StockChangeTests {
    @Test("receipts, adjustments, counts, transfers and safety stock move what can be promised")
    func levels() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W", "S"])
            let id = EntityID.fresh
            #expect(
                try await deployment.change(.receive, [("A", "W", 10), ("A", "W", 2)], id: id).map(\.onHand) == [12])
            #expect(try await deployment.change(.receive, [("A", "W", 10), ("A", "W", 2)], id: id).isEmpty)
            await #expect(throws: Refusal.self) { try await deployment.change(.receive, [("A", "W", 11)], id: id) }
            #expect(try await deployment.available("A", "W") == 12)
            #expect(try await deployment.change(.adjust, [("A", "W", -2)]).map(\.onHand) == [10])
            #expect(try await deployment.change(.setSafety, [("A", "W", 3)]).map(\.safety) == [3])
            #expect(try await deployment.available("A", "W") == 7)
            do {
                try await deployment.change(.transfer(to: "S"), [("A", "W", 8)])
                Issue.record("more was moved than can be promised")
            } catch Refusal.shortage(let lines) {
                #expect(lines.map(\.available) == [7])
            }
            let moved = try await deployment.change(.transfer(to: "S"), [("A", "W", 4)])
            #expect(moved.map(\.location) == ["W", "S"])
            #expect(moved.map(\.onHand) == [6, 4])
            #expect(try await eventually { try await deployment.available("A", "S") == 4 })
            #expect(try await deployment.available("A", "W") == 3)
            #expect(try await deployment.change(.count, [("A", "W", 5), ("A", "S", 6)]).map(\.onHand) == [5, 6])
            #expect(try await eventually { try await deployment.available("A") == 8 })
            #expect(try await deployment.change(.setSafety, [("A", "W", 0)]).map(\.safety) == [0])
            #expect(try await eventually { try await deployment.available("A") == 11 })
            do {
                try await deployment.change(.adjust, [("A", "S", 1), ("A", "W", -6)])
                Issue.record("more left than was on hand")
            } catch Refusal.wrongState(.stock, let subject, _, _) {
                #expect(subject == "A@W")
            }
            #expect(try await deployment.available("A") == 11)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a count below what is promised is accepted as a shortage, and promises stand")
    func shrinkage() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 10)])
            let held = try await deployment.reserve([("A", "W", 6)])
            _ = try await deployment.place(deployment.order([("A", "W", 2)]))
            let counted = try await deployment.change(.count, [("A", "W", 5)])
            #expect(counted.map(\.onHand) == [5])
            #expect(counted.map(\.shortage) == [3])
            #expect(try await deployment.available("A") == 0)
            await #expect(throws: Refusal.self) { try await deployment.reserve([("A", "W", 1)]) }
            #expect(try await deployment.promising.reservation(held.id, for: .anonymous).state == .held)
            #expect(try await deployment.booksAgree())
            // Counting again settles the old record; what is still missing is recorded anew.
            #expect(try await deployment.change(.count, [("A", "W", 6)]).map(\.shortage) == [2])
            #expect(try await deployment.booksAgree())
            #expect(try await deployment.promising.books().ledger.oversold == 0)
        }
    }

    @Test("an explanation's terms add up while others trade")
    func explain() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W", "S"])
            try await deployment.change(.receive, [("A", "W", 500), ("A", "S", 40)])
            try await deployment.change(.setSafety, [("A", "S", 50)])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask { _ = try await deployment.reserve([("A", "W", 1)]) }
                    group.addTask { _ = try await deployment.place(deployment.order([("A", "W", 1)])) }
                }
                for _ in 0..<20 {
                    for terms in try await deployment.promising.explain(sku: "A", location: "", within: .everything) {
                        #expect(
                            terms.onHand - terms.safety - terms.allocated - terms.held - terms.inFlight
                                + terms.shortfall
                                == terms.available)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await deployment.booksAgree())
            let terms = try await deployment.promising.explain(sku: "A", location: "", within: .everything)
            #expect(terms.map(\.available) == [400, 0])
            #expect(terms.map(\.inFlight) == [0, 0])
            #expect(terms[0].heldByChannel.map(\.channel) == [TestDeployment.channel])
            #expect(terms[1].shortfall == 10)
        }
    }
}
