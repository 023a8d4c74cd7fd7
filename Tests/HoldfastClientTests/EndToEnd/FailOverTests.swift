import GRPCCore
import HoldfastAPI
import HoldfastClient
import HoldfastTesting
import PrivateStores
import SwiftProtobuf
import Testing

@Suite("A client of two real servers")
struct FailOverTests {
    private static let stock: Int64 = 10_000

    /// Creates an article with stock, all by one server, and waits until every server knows it.
    private func openShop(at endpoints: [HoldfastEndpoint]) async throws {
        try await withHoldfastClient(HoldfastClientConfiguration(endpoints: [endpoints[0]])) { client in
            try await fill(client)
        }
        for endpoint in endpoints {
            try await withHoldfastClient(HoldfastClientConfiguration(endpoints: [endpoint])) { one in
                let isKnown = try await eventually {
                    do {
                        let reply = try await one.availability.checkAvailability(
                            .with {
                                $0.items = [.with { $0.sku = "MUG" }]
                                $0.consistency = .fresh
                            })
                        return reply.items.first?.available == Self.stock
                    } catch let error as RPCError where error.code == .notFound || error.code == .invalidArgument {
                        return false
                    }
                }
                guard isKnown else { throw TestFailure("\(endpoint) does not know the article") }
            }
        }
    }

    private func fill(_ client: HoldfastClient) async throws {
        _ = try await client.catalog.upsertChannels(
            .with {
                $0.requestID = EntityName.fresh
                $0.channels = [
                    .with {
                        $0.code = "WEB"
                        $0.name = "Web"
                        $0.currencyCode = "GBP"
                    }
                ]
            })
        _ = try await client.catalog.upsertLocations(
            .with {
                $0.requestID = EntityName.fresh
                $0.locations = [
                    .with {
                        $0.code = "LON"
                        $0.name = "London"
                        $0.kind = .warehouse
                    }
                ]
            })
        _ = try await client.catalog.upsertProducts(
            .with {
                $0.requestID = EntityName.fresh
                $0.products = [
                    .with {
                        $0.sku = "MUG"
                        $0.name = "Mug"
                        $0.tracked = true
                    }
                ]
            })
        _ = try await client.inventory.receiveStock(
            .with {
                $0.movementID = EntityName.fresh
                $0.lines = [
                    .with {
                        $0.sku = "MUG"
                        $0.location = "LON"
                        $0.quantity = Self.stock
                    }
                ]
            })
    }

    @Test(
        "A server that is killed in mid calls: every reservation is made, none twice, and repeating one says the same")
    func killed() async throws {
        try await ServedShops.with { shops in
            var configuration = HoldfastClientConfiguration(endpoints: shops.endpoints)
            configuration.repetition.maxAttempts = 20
            configuration.repetition.budget = 10_000
            try await withHoldfastClient(configuration) { client in
                try await openShop(at: shops.endpoints)
                let made = Shared<[(Holdfast_V1_ReserveRequest, Holdfast_V1_ReserveResponse)]>([])
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<16 {
                        group.addTask {
                            for _ in 0..<40 {
                                let request = Holdfast_V1_ReserveRequest.fresh
                                let reply = try await client.reservations.reserve(request)
                                made.withLock { $0.append((request, reply)) }
                            }
                        }
                    }
                    _ = try await eventually { made.withLock { $0.count } >= 100 }
                    shops.programs[0].kill9()
                    try await group.waitForAll()
                }
                let all = made.withLock { $0 }
                #expect(all.count == 640)
                for (request, reply) in all.prefix(200) {
                    #expect(try await client.reservations.reserve(request) == reply)
                }
                // A reservation that had been made twice would hold a unit more.
                let agrees = try await eventually {
                    let levels = try await client.inventory.getStock(.with { $0.sku = "MUG" }).levels
                    return levels.first?.held == 640
                }
                #expect(agrees)
            }
        }
    }

    @Test("A server that is asked to stop drains, and no call fails")
    func drained() async throws {
        try await ServedShops.with { shops in
            try await withHoldfastClient(HoldfastClientConfiguration(endpoints: shops.endpoints)) { client in
                try await openShop(at: shops.endpoints)
                let count = Shared(0)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            for _ in 0..<100 {
                                _ = try await client.reservations.reserve(.fresh)
                                count.withLock { $0 += 1 }
                            }
                        }
                    }
                    _ = try await eventually { count.withLock { $0 } >= 50 }
                    await shops.programs[1].stop()
                    try await group.waitForAll()
                }
                #expect(count.withLock { $0 } == 800)
            }
        }
    }
}
