import Testing

@testable import HoldfastClient

@Suite("Endpoints as text")
struct EndpointTextTests {
    @Test("A list of endpoints is read in its order")
    func list() throws {
        let endpoints = try HoldfastEndpoint.list("oms-1:7411,[::1]:8000,10.0.0.7:1")
        #expect(endpoints.map(\.description) == ["oms-1:7411", "[::1]:8000", "10.0.0.7:1"])
        #expect(endpoints[1] == HoldfastEndpoint(host: "::1", port: 8_000))
    }

    @Test(
        "What is no endpoint is refused by name",
        arguments: ["", "host", "host:", ":7411", "host:0", "host:65536", "::1:7411", "host:+7", "a b:1", "a:1,,b:2"])
    func bad(text: String) {
        #expect(throws: HoldfastConfigurationError.self) { try HoldfastEndpoint.list(text) }
    }

    @Test("A client without endpoints, or with a time of nothing, cannot be made")
    func unusable() {
        #expect(throws: HoldfastConfigurationError.self) {
            try HoldfastClient(HoldfastClientConfiguration(endpoints: []))
        }
        var configuration = HoldfastClientConfiguration(endpoints: [HoldfastEndpoint(host: "127.0.0.1")])
        configuration.timeout = .zero
        #expect(throws: HoldfastConfigurationError.self) { try HoldfastClient(configuration) }
    }
}
