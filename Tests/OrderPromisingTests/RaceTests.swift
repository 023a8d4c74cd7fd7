import Domain
import HoldfastTesting
import Ledger
import OrderPromising
import Testing

@Suite("Races")
struct RaceTests {
    private enum Outcome { case won, short }

    @Test("200 for 100 units: exactly 100 win, by reservation and by order", arguments: [false, true])
    func race(byOrder: Bool) async throws {
        try await TestDeployment.with { deployment in
            for round in 0..<5 {
                let sku = "R\(round)"
                try await deployment.catalogue(skus: [sku], locations: ["W"])
                try await deployment.change(.receive, [(sku, "W", 100)])
                let outcomes = try await withThrowingTaskGroup(of: Outcome.self) { group in
                    for _ in 0..<200 {
                        group.addTask {
                            do {
                                if byOrder {
                                    _ = try await deployment.place(deployment.order([(sku, "W", 1)]))
                                } else {
                                    _ = try await deployment.reserve([(sku, "W", 1)])
                                }
                                return .won
                            } catch Refusal.shortage {
                                return .short
                            }
                        }
                    }
                    return try await group.reduce(into: [Outcome]()) { $0.append($1) }
                }
                #expect(outcomes.filter { $0 == .won }.count == 100)
                #expect(outcomes.filter { $0 == .short }.count == 100)
                #expect(try await deployment.available(sku) == 0)
            }
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("carts over several vshards compete without a deadlock, and nothing is lost between them")
    func carts() async throws {
        try await TestDeployment.with { deployment in
            let skus = (0..<12).map { "C\($0)" }
            try await deployment.catalogue(skus: skus, locations: ["W"])
            try await deployment.change(.receive, skus.map { ($0, "W", 20) })
            let won = try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<120 {
                    group.addTask {
                        var generator = SplitMix64(state: UInt64(number))
                        let lines = skus.shuffled(using: &generator).prefix(5).map { ($0, "W", Int64(1)) }
                        do {
                            _ = try await deployment.place(deployment.order(Array(lines)))
                            return 5
                        } catch Refusal.shortage {
                            return 0
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            var left: Int64 = 0
            #expect(try await deployment.booksAgree())
            for sku in skus { left += try await deployment.available(sku) }
            #expect(won + left == 240)
        }
    }
}
