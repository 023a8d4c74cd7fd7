import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Testing

@testable import HoldfastClient

@Suite("Several endpoints")
struct EndpointTests {
    @Test("Calls take turns on the endpoints")
    func turns() async throws {
        try await ScriptedShop.with(script: { _, _ in .init() }) { one in
            try await ScriptedShop.with(script: { _, _ in .init() }) { two in
                try await withHoldfastClient(.quick(one.endpoint, two.endpoint)) { client in
                    // Both are connected before the turns are counted.
                    _ = try await eventually {
                        _ = try await client.reservations.reserve(.fresh)
                        return !one.service.requests.isEmpty && !two.service.requests.isEmpty
                    }
                    let before = (one.service.requests.count, two.service.requests.count)
                    for _ in 0..<20 { _ = try await client.reservations.reserve(.fresh) }
                    #expect(one.service.requests.count - before.0 == 10)
                    #expect(two.service.requests.count - before.1 == 10)
                }
            }
        }
    }

    @Test("An endpoint that cannot be reached is passed over, also by a call that is never repeated")
    func unreachable() async throws {
        try await ScriptedShop.with(script: { _, _ in .init() }) { shop in
            let nobody = try ClosedPort()
            var configuration = HoldfastClientConfiguration.quick(nobody.endpoint, shop.endpoint)
            configuration.repetition = .never
            try await withHoldfastClient(configuration) { client in
                for _ in 0..<10 { _ = try await client.once(.fresh) }
            }
            #expect(shop.service.requests.count == 10)
            withExtendedLifetime(nobody) {}
        }
    }

    @Test("Where no endpoint can be reached the call fails and has had no effect")
    func nobody() async throws {
        let nobody = try ClosedPort()
        var configuration = HoldfastClientConfiguration.quick(nobody.endpoint)
        configuration.repetition.maxAttempts = 3
        try await withHoldfastClient(configuration) { client in
            let error = await #expect(throws: RPCError.self) { try await client.reservations.reserve(.fresh) }
            #expect(error?.code == .unavailable)
            #expect(error.map { HoldfastError($0).mayHaveTakenEffect } == false)
            #expect(error.map { HoldfastError($0).isAnswer } == false)
        }
        withExtendedLifetime(nobody) {}
    }

    @Test("A server that drains loses its calls to the others without an error")
    func drain() async throws {
        try await ScriptedShop.with(script: { _, _ in .init() }) { one in
            try await ScriptedShop.with(script: { _, _ in .init() }) { two in
                try await withHoldfastClient(.quick(one.endpoint, two.endpoint)) { client in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<8 {
                            group.addTask { for _ in 0..<200 { _ = try await client.reservations.reserve(.fresh) } }
                        }
                        _ = try await eventually { one.service.requests.count >= 50 }
                        one.drain()
                        try await group.waitForAll()
                    }
                    let served = one.service.requests.count
                    for _ in 0..<20 { _ = try await client.reservations.reserve(.fresh) }
                    #expect(one.service.requests.count == served)
                    let all = one.service.requests + two.service.requests
                    let reserved = Set(all.map { $0.message.reservationID })
                    #expect(reserved.count == 1_620)
                }
            }
        }
    }

    @Test("A call that runs when the client shuts down is still answered, a later one is refused")
    func shutdown() async throws {
        let opened = AsyncStream<Void>.makeStream()
        try await ScriptedShop.with { _, _ in
            for await _ in opened.stream { break }
            return .init()
        } _: { shop in
            let client = try HoldfastClient(.quick(shop.endpoint))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                group.addTask { _ = try await client.reservations.reserve(.fresh) }
                _ = try await eventually { !shop.service.requests.isEmpty }
                client.beginGracefulShutdown()
                await #expect(throws: (any Error).self) { try await client.reservations.reserve(.fresh) }
                opened.continuation.yield()
                try await group.waitForAll()
            }
            #expect(shop.service.requests.count == 1)
        }
    }
}
