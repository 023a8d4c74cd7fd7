import GRPCCore
import HoldfastAPI
import Testing

@testable import HoldfastClient

@Suite("A client has typed calls for the whole contract")
struct StubTests {
    @Test("Every method can be called by a stub of its service")
    func methods() throws {
        let client = try HoldfastClient(HoldfastClientConfiguration(endpoints: HoldfastEndpoint.list("127.0.0.1:1")))
        let stubs = Set(Mirror(reflecting: client).children.map { String(reflecting: type(of: $0.value)) })
        let services = try Contract.services()
        #expect(services.count >= 19)
        for (service, methods) in services.sorted(by: { $0.key < $1.key }) {
            // holdfast.v1.OrderService is Holdfast_V1_OrderService in Swift; its client has all of its methods.
            let hasStub = stubs.contains { $0.contains("Holdfast_V1_\(service).Client<") }
            for method in methods { #expect(hasStub, "\(service)/\(method)") }
        }
        // And health, which is not Holdfast's own.
        #expect(stubs.count { $0.contains(".Client<") } == services.count + 1)
    }
}
