import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Testing

@testable import HoldfastServices

@Suite("Whose goods an inspection books")
struct ReturnScopeTests {
    private func asKey<R: Sendable>(of locations: Set<String>, _ body: () async throws -> R) async throws -> R {
        let key = Caller(
            id: "key:x", name: "", roles: [.pos, .warehouse], scope: Scope(channels: nil, locations: locations))
        return try await CallerContext.$current.withValue(key) { try await body() }
    }

    @Test("A return that came to two places is inspected by who may deal with both, and by nobody else")
    func twoPlaces() async throws {
        try await ReturnBench.with { shop in
            let made = try await shop.create(try await shop.sell([("A", 5, 3, 0)]), [(1, 5)])
            try await shop.receive(made, [("A", 3)], at: "LDN-1")
            let received = try await shop.receive(made, [("A", 2)], at: "DC", last: true)
            #expect(received.location == "DC")
            for location in ["DC", "LDN-1"] {
                let refused = try await asKey(of: [location]) {
                    try await status { try await shop.inspect(received, [(1, 5, .restock)]) }
                }
                #expect(refused.code == .permissionDenied)
            }
            #expect(try await shop.get(made) == received)
            #expect(try await shop.bench.deployment.available("A") == 95)
            let inspected = try await asKey(of: ["DC", "LDN-1"]) {
                try await shop.inspect(received, [(1, 5, .restock)])
            }
            #expect(inspected.refund.amountMinor == 1_500)
            #expect(try await shop.bench.deployment.available("A", "LDN-1") == 3)
            #expect(try await shop.bench.deployment.available("A", "DC") == 97)
            #expect(try await shop.booksAreExact())
        }
    }

    @Test("Goods at one counter are inspected there, wherever the receipt was closed")
    func closedElsewhere() async throws {
        try await ReturnBench.with { shop in
            let made = try await shop.create(try await shop.sell([("A", 5, 3, 0)]), [(1, 5)])
            try await shop.receive(made, [("A", 3)], at: "LDN-1")
            // A parcel that has something else in it, and the last one.
            let received = try await shop.receive(made, [("C", 1)], at: "DC", last: true)
            #expect(received.location == "DC")
            let refused = try await asKey(of: ["DC"]) {
                try await status { try await shop.inspect(received, [(1, 3, .restock)]) }
            }
            #expect(refused.code == .permissionDenied)
            let inspected = try await asKey(of: ["LDN-1"]) {
                try await shop.inspect(received, [(1, 3, .restock)])
            }
            #expect(inspected.state == .decided)
            #expect(try await shop.bench.deployment.available("A", "LDN-1") == 3)
            #expect(try await shop.booksAreExact())
        }
    }
}
