import Domain
import HoldfastTesting
import Ledger
import OrderPromising
import Testing

@Suite("Stock levels and movements in the ledger")
struct StockReadingTests {
    /// Two articles at two places; A at DC: 10 on hand, 2 safety, 3 allocated, 1 held.
    private func prepare(_ deployment: TestDeployment) async throws -> (order: EntityID, reservation: EntityID) {
        try await deployment.catalogue(skus: ["A", "B"], locations: ["DC", "LDN"])
        try await deployment.change(
            .receive, [("A", "DC", 10), ("B", "DC", 20), ("A", "LDN", 30), ("B", "LDN", 40)])
        try await deployment.change(.setSafety, [("A", "DC", 2)])
        let order = EntityID.fresh
        _ = try await deployment.place(try deployment.order([("A", "DC", 3)], id: order))
        let reservation = EntityID.fresh
        _ = try await deployment.reserve([("A", "DC", 1), ("B", "LDN", 5), ("B", "LDN", 2)], id: reservation)
        return (order, reservation)
    }

    @Test("A level has all its figures, holds and shortages included")
    func figures() async throws {
        try await TestDeployment.with { deployment in
            let (_, reservation) = try await prepare(deployment)
            let page = try await deployment.ledger.stockLevels(sku: "", location: "", after: nil, limit: 10)
            #expect(
                page.elements == [
                    StockLevel(
                        sku: "A", location: "DC", onHand: 10, safety: 2, allocated: 3, held: 1, shortage: 0),
                    StockLevel(
                        sku: "A", location: "LDN", onHand: 30, safety: 0, allocated: 0, held: 0, shortage: 0),
                    StockLevel(
                        sku: "B", location: "DC", onHand: 20, safety: 0, allocated: 0, held: 0, shortage: 0),
                    StockLevel(
                        sku: "B", location: "LDN", onHand: 40, safety: 0, allocated: 0, held: 7, shortage: 0),
                ])
            #expect(page.hasMore == false)
            try await deployment.change(.count, [("A", "DC", 1)])
            let level = try await deployment.ledger.stockLevels(sku: "A", location: "DC", after: nil, limit: 1)
            #expect(level.elements.map(\.shortage) == [3])
            _ = try await deployment.promising.release(reservation, by: .anonymous)
            let released = try await deployment.ledger.stockLevels(sku: "B", location: "LDN", after: nil, limit: 1)
            #expect(released.elements.map(\.held) == [0])
        }
    }

    @Test("Levels can be asked for by article, by location and by both, page by page")
    func levelPages() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A", "B", "C"], locations: ["DC", "LDN", "a"])
            let cells = ["A", "B", "C"].flatMap { sku in ["DC", "LDN", "a"].map { (sku, $0) } }
            try await deployment.change(.receive, cells.map { ($0.0, $0.1, 1) })
            func walk(sku: String, location: String, limit: Int) async throws -> [String] {
                var found: [StockLevel] = []
                var after: StockLevelKey?
                for _ in 0..<20 {
                    let page = try await deployment.ledger.stockLevels(
                        sku: sku, location: location, after: after, limit: limit)
                    found += page.elements
                    after = found.last.map { StockLevelKey(sku: $0.sku, location: $0.location) }
                    if !page.hasMore { return found.map { "\($0.sku)@\($0.location)" } }
                }
                throw TestFailure("the list does not end")
            }
            for limit in [1, 2, 4, 100] {
                #expect(try await walk(sku: "", location: "", limit: limit) == cells.map { "\($0.0)@\($0.1)" })
                #expect(try await walk(sku: "B", location: "", limit: limit) == ["B@DC", "B@LDN", "B@a"])
                #expect(try await walk(sku: "", location: "LDN", limit: limit) == ["A@LDN", "B@LDN", "C@LDN"])
                #expect(try await walk(sku: "C", location: "a", limit: limit) == ["C@a"])
                #expect(try await walk(sku: "X", location: "", limit: limit) == [])
                #expect(try await walk(sku: "", location: "X", limit: limit) == [])
            }
        }
    }

    @Test("Movements come newest first, and a level is their sum")
    func movements() async throws {
        try await TestDeployment.with { deployment in
            let (order, _) = try await prepare(deployment)
            _ = try await deployment.cancel(order, [(1, 2)])
            let all = try await deployment.ledger.movements(MovementFilter(), before: nil, limit: 100).elements
            #expect(all.map(\.sequence) == all.map(\.sequence).sorted(by: >))
            let levels = try await deployment.ledger.stockLevels(sku: "", location: "", after: nil, limit: 10).elements
            for level in levels {
                let own = all.filter { $0.sku == level.sku && $0.location == level.location }
                #expect(own.reduce(0) { $0 + $1.onHandDelta } == level.onHand)
                #expect(own.reduce(0) { $0 + $1.safetyDelta } == level.safety)
                #expect(own.reduce(0) { $0 + $1.allocatedDelta } == level.allocated)
            }
            let ofA = try await deployment.ledger.movements(
                MovementFilter(sku: "A", location: "DC"), before: nil, limit: 100
            ).elements
            #expect(ofA.map(\.kind) == [.deallocation, .allocation, .policy, .receipt])
            #expect(ofA.last?.reason == "test")
            let caused = try await deployment.ledger.movements(MovementFilter(cause: order), before: nil, limit: 100)
            #expect(caused.elements.map(\.kind) == [.allocation])
            #expect(caused.elements.map(\.cause) == [order])

            // Where orders are kept back, what they did stays, and neither cause nor reason tell of them.
            for filter in [MovementFilter(hidesOrders: true), MovementFilter(sku: "A", hidesOrders: true)] {
                let told = try await deployment.ledger.movements(filter, before: nil, limit: 100).elements
                let ofOrders = told.filter(\.kind.isOfOrder)
                #expect(ofOrders.map(\.kind) == [.deallocation, .allocation])
                #expect(ofOrders.allSatisfy { $0.cause == nil && $0.reason.isEmpty })
                #expect(told.filter { !$0.kind.isOfOrder }.allSatisfy { $0.cause != nil && $0.reason == "test" })
            }
            let receipt = try #require(ofA.last?.cause)
            for (cause, count) in [(order, 0), (receipt, 4)] {
                let found = try await deployment.ledger.movements(
                    MovementFilter(cause: cause, hidesOrders: true), before: nil, limit: 100)
                #expect(found.elements.count == count)
            }
        }
    }

    @Test("Movements of a quiet location are found behind thousands of others")
    func quietLocation() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A", "B"], locations: ["DC", "LDN"])
            for _ in 0..<3 { try await deployment.change(.receive, [("A", "LDN", 1), ("B", "LDN", 1)]) }
            try await deployment.change(.receive, [("A", "DC", 1)])
            try await deployment.run(
                """
                INSERT INTO stock_movement (kind, cell_id, on_hand_delta, safety_delta, allocated_delta, cause_id, reason)
                SELECT 1, c.id, 0, 0, 0, gen_random_uuid(), 'busy' FROM cell c JOIN location l ON l.id = c.location_id,
                    generate_series(1, 6000) WHERE l.code = 'DC'
                """)
            let quiet = MovementFilter(locations: ["LDN"])
            let first = try await deployment.ledger.movements(quiet, before: nil, limit: 4)
            #expect(first.elements.count == 4 && first.hasMore)
            let rest = try await deployment.ledger.movements(quiet, before: first.elements.last?.sequence, limit: 4)
            #expect(rest.elements.count == 2 && !rest.hasMore)
            let found = first.elements + rest.elements
            #expect(found.allSatisfy { $0.location == "LDN" })
            #expect(found.map(\.sequence) == Set(found.map(\.sequence)).sorted(by: >))
            let both = try await deployment.ledger.movements(
                MovementFilter(locations: ["DC", "LDN"]), before: nil, limit: 1_000)
            #expect(both.elements.count == 1_000 && both.elements.allSatisfy { $0.location == "DC" })
        }
    }

    @Test("Pages of movements meet each once under every filter")
    func movementPages() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A", "B"], locations: ["DC", "LDN"])
            let cause = EntityID.fresh
            for round in 0..<4 {
                try await deployment.change(
                    .receive, [("A", "DC", 1), ("B", "DC", 1), ("A", "LDN", 1)], id: round == 2 ? cause : .fresh)
            }
            let filters = [
                (MovementFilter(), 12), (MovementFilter(sku: "A"), 8), (MovementFilter(sku: "A", location: "LDN"), 4),
                (MovementFilter(location: "DC"), 8), (MovementFilter(cause: cause), 3),
                (MovementFilter(sku: "B", cause: cause), 1), (MovementFilter(location: "DC", cause: cause), 2),
                (MovementFilter(sku: "X"), 0), (MovementFilter(cause: .fresh), 0), (MovementFilter(location: "X"), 0),
                (MovementFilter(locations: ["LDN"]), 4), (MovementFilter(locations: ["DC", "LDN"]), 12),
                (MovementFilter(locations: []), 0), (MovementFilter(location: "DC", locations: ["LDN"]), 0),
                (MovementFilter(sku: "A", locations: ["LDN"]), 4), (MovementFilter(sku: "A", locations: []), 0),
                (MovementFilter(cause: cause, locations: ["LDN"]), 1), (MovementFilter(cause: cause, locations: []), 0),
            ]
            for (filter, count) in filters {
                for limit in [1, 3, 50] {
                    var sequences: [Int64] = []
                    var before: Int64?
                    for _ in 0..<20 {
                        let page = try await deployment.ledger.movements(filter, before: before, limit: limit)
                        sequences += page.elements.map(\.sequence)
                        before = sequences.last
                        if !page.hasMore { break }
                    }
                    #expect(sequences.count == count, "\(filter) \(limit)")
                    #expect(sequences == Set(sequences).sorted(by: >), "\(filter) \(limit)")
                }
            }
        }
    }
}
