import GRPCCore
import HoldfastAPI
import NIOCore
import Testing

@testable import HoldfastClient

@Suite("Deadlines that a client asks for")
struct DeadlineTests {
    private static let reserve = Holdfast_V1_ReservationService.Method.Reserve.descriptor
    private static let books = Holdfast_V1_OperationsService.Method.CheckBooks.descriptor
    private static let list = Holdfast_V1_OrderService.Method.ListOrders.descriptor

    private func time(
        of method: MethodDescriptor, _ change: (inout HoldfastClientConfiguration) -> Void = { _ in }
    ) throws -> Duration? {
        var configuration = HoldfastClientConfiguration(endpoints: [HoldfastEndpoint(host: "127.0.0.1")])
        change(&configuration)
        return try HoldfastTransport(configuration).config(forMethod: method)?.timeout
    }

    @Test("Unless told otherwise every method has the time that the server would give it")
    func defaults() throws {
        #expect(try time(of: Self.reserve) == .seconds(10))
        #expect(try time(of: Self.books) == .seconds(120))
        #expect(try time(of: Self.list) == .seconds(30))
        for (method, expected) in HoldfastDeadlines.byMethod { #expect(try time(of: method) == expected) }
        // Of a descriptor of one's own making only the name counts.
        let own = MethodDescriptor(fullyQualifiedService: "holdfast.v1.ReservationService", method: "Reserve")
        #expect(try time(of: own) == .seconds(10))
    }

    @Test("A time for all methods goes before that, and one for a method before both")
    func configured() throws {
        #expect(try time(of: Self.books) { $0.timeout = .seconds(5) } == .seconds(5))
        func both(_ configuration: inout HoldfastClientConfiguration) {
            configuration.timeout = .seconds(5)
            configuration.timeouts[Self.reserve] = .seconds(7)
        }
        #expect(try time(of: Self.reserve, both) == .seconds(7))
        #expect(try time(of: Self.list, both) == .seconds(5))
        #expect(throws: HoldfastConfigurationError.self) {
            try time(of: Self.reserve) { $0.timeouts[Self.reserve] = .zero }
        }
    }

    @Test("The server is told: what a customer waits for has 10 s, a call may ask for more")
    func told() async throws {
        try await ScriptedShop.with(script: { _, _ in .init() }) { shop in
            try await withHoldfastClient(HoldfastClientConfiguration(endpoints: [shop.endpoint])) { client in
                _ = try await client.reservations.reserve(.fresh)
                var options = CallOptions.defaults
                options.timeout = .seconds(500)
                _ = try await client.reservations.reserve(.fresh, options: options)
            }
            let times = shop.service.requests.compactMap(\.timeLeft)
            #expect(times.count == 2)
            #expect(times[0] <= .seconds(10))
            #expect(times[1] > .seconds(10) && times[1] <= .seconds(500))
        }
    }
}
