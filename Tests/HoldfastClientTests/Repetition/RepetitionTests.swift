import FramedTransport
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

@testable import HoldfastClient

@Suite("Which calls are repeated")
struct RepetitionTests {
    @Test("A call with an id of its own is repeated with the same bytes while the service is away")
    func repeatedMutation() async throws {
        try await ScriptedShop.with { number, request in
            guard number > 2 else { throw away() }
            return .with { $0.reservation.reservationID = request.message.reservationID }
        } _: { shop in
            let request = Holdfast_V1_ReserveRequest.fresh
            let reply = try await withHoldfastClient(.quick(shop.endpoint)) { client in
                try await client.reservations.reserve(request)
            }
            #expect(reply.reservation.reservationID == request.reservationID)
            #expect(shop.service.requests.map(\.message) == [request, request, request])
        }
    }

    @Test("A method that no contract allows to repeat is made once")
    func unknownMethod() async throws {
        try await ScriptedShop.with { _, _ in
            throw away(reason: "UNAVAILABLE")
        } _: { shop in
            try await withHoldfastClient(.quick(shop.endpoint)) { client in
                let error = await #expect(throws: RPCError.self) { try await client.once(.fresh) }
                #expect(error?.code == .unavailable)
            }
            #expect(shop.service.requests.count == 1)
        }
    }

    @Test("A connection that is lost in mid call: an id is repeated, a call without one is not")
    func lostConnection() async throws {
        try await CutServer.with { server, endpoint in
            var configuration = HoldfastClientConfiguration.quick(endpoint)
            configuration.repetition.maxAttempts = 3
            try await withHoldfastClient(configuration) { client in
                let error = await #expect(throws: RPCError.self) { try await client.once(.fresh) }
                #expect(error.map { HoldfastError($0).mayHaveTakenEffect } == true)
                #expect(server.requests == 1)
            }
            try await withHoldfastClient(configuration) { client in
                let error = await #expect(throws: RPCError.self) { try await client.reservations.reserve(.fresh) }
                #expect((error?.cause as? RepeatedCall)?.attempts == 3)
                #expect(error.map { HoldfastError($0).mayHaveTakenEffect } == true)
            }
            #expect(server.requests > 1)
        }
    }

    @Test("A server that says when to come back is not asked before")
    func retryInfo() async throws {
        try await ScriptedShop.with { number, _ in
            if number == 1 { throw away(for: .milliseconds(400)) }
            return .init()
        } _: { shop in
            _ = try await withHoldfastClient(.quick(shop.endpoint)) { try await $0.reservations.reserve(.fresh) }
            let times = shop.service.requests.map(\.at)
            #expect(times.count == 2)
            #expect(times[1] - times[0] >= .milliseconds(400))
        }
    }

    @Test("A wait that would outlast the deadline is not begun")
    func deadlineBeforeWait() async throws {
        try await ScriptedShop.with { _, _ in
            throw away(for: .seconds(60))
        } _: { shop in
            var configuration = HoldfastClientConfiguration.quick(shop.endpoint)
            configuration.timeout = .seconds(10)
            try await withHoldfastClient(configuration) { client in
                let error = await #expect(throws: RPCError.self) { try await client.reservations.reserve(.fresh) }
                #expect(error?.code == .unavailable)
                #expect(error.map { HoldfastError($0).retryDelay } == .seconds(60))
            }
            #expect(shop.service.requests.count == 1)
        }
    }

    @Test("Attempts are bounded, and the error says how many there were")
    func attempts() async throws {
        try await ScriptedShop.with { _, _ in
            throw away()
        } _: { shop in
            var configuration = HoldfastClientConfiguration.quick(shop.endpoint)
            configuration.repetition.maxAttempts = 4
            try await withHoldfastClient(configuration) { client in
                let error = await #expect(throws: RPCError.self) { try await client.reservations.reserve(.fresh) }
                #expect((error?.cause as? RepeatedCall)?.attempts == 4)
                #expect(error.map { HoldfastError($0).reason } == "OUTCOME_UNKNOWN")
            }
            #expect(shop.service.requests.count == 4)
        }
    }

    @Test("All calls together repeat no more than the budget allows")
    func budget() async throws {
        try await ScriptedShop.with { _, _ in
            throw away()
        } _: { shop in
            var configuration = HoldfastClientConfiguration.quick(shop.endpoint)
            configuration.repetition.maxAttempts = 10
            configuration.repetition.budget = 8
            try await withHoldfastClient(configuration) { client in
                for _ in 0..<5 {
                    await #expect(throws: RPCError.self) { try await client.reservations.reserve(.fresh) }
                }
            }
            // Five first attempts, and the half of the budget.
            #expect(shop.service.requests.count == 5 + 4)
        }
    }

    @Test("A server that has too many calls in flight is asked again")
    func limit() async throws {
        let opened = AsyncStream<Void>.makeStream()
        try await ScriptedShop.with({ $0.maxTaskLaneCalls = 1 }) { number, _ in
            if number == 1 { for await _ in opened.stream { break } }
            return .init()
        } _: { shop in
            var configuration = HoldfastClientConfiguration.quick(shop.endpoint)
            configuration.repetition.maxAttempts = 100
            configuration.repetition.budget = 1_000
            try await withHoldfastClient(configuration) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await client.reservations.reserve(.fresh) }
                    _ = try await eventually { !shop.service.requests.isEmpty }
                    // A policy that never repeats sees the refusal.
                    var impatient = configuration
                    impatient.repetition = .never
                    try await withHoldfastClient(impatient) { other in
                        let error = await #expect(throws: RPCError.self) {
                            try await other.reservations.reserve(.fresh)
                        }
                        #expect(error?.cause as? FramedErrorCode == .limitReached)
                    }
                    group.addTask { _ = try await client.reservations.reserve(.fresh) }
                    try await Task.sleep(for: .milliseconds(50))
                    opened.continuation.yield()
                    try await group.waitForAll()
                }
            }
            #expect(shop.service.requests.count == 2)
        }
    }

    @Test("A call whose answer could not be sent is repeated where its id finds out what became of it")
    func overcrowded() {
        let failure = AttemptFailure(
            RPCError(code: .resourceExhausted, message: "", cause: FramedErrorCode.overcrowded))
        #expect(failure.isOpen)
        #expect(failure.allowsAnother(.keyed) && failure.allowsAnother(.read) && !failure.allowsAnother(.once))
    }

    @Test("What the service decided is not repeated", arguments: [RPCError.Code.invalidArgument, .failedPrecondition])
    func decided(code: RPCError.Code) async throws {
        try await ScriptedShop.with { _, _ in
            throw RPCError(code: code, message: "no")
        } _: { shop in
            try await withHoldfastClient(.quick(shop.endpoint)) { client in
                let error = await #expect(throws: RPCError.self) { try await client.reservations.reserve(.fresh) }
                #expect(error?.code == code)
                #expect(error.map { HoldfastError($0).mayHaveTakenEffect } == false)
            }
            #expect(shop.service.requests.count == 1)
        }
    }

    @Test("A call without an answer ends at its deadline and leaves its outcome open")
    func deadline() async throws {
        let opened = AsyncStream<Void>.makeStream()
        try await ScriptedShop.with { _, _ in
            for await _ in opened.stream { break }
            return .init()
        } _: { shop in
            defer { opened.continuation.finish() }
            var configuration = HoldfastClientConfiguration.quick(shop.endpoint)
            configuration.timeouts[Holdfast_V1_ReservationService.Method.Reserve.descriptor] = .seconds(3)
            try await withHoldfastClient(configuration) { client in
                let error = await #expect(throws: RPCError.self) { try await client.reservations.reserve(.fresh) }
                #expect(error?.code == .deadlineExceeded)
                #expect(error.map { HoldfastError($0).mayHaveTakenEffect } == true)
            }
            #expect(shop.service.requests.count == 1)
        }
    }
}
