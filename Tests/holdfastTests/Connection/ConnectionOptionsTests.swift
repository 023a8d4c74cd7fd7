import ArgumentParser
import HoldfastClient
import Testing

@testable import holdfast

@Suite("How a command connects")
struct ConnectionOptionsTests {
    private func configuration(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> HoldfastClientConfiguration {
        var configuration = HoldfastClientConfiguration(endpoints: [.standard])
        try ConnectionOptions.parse(arguments).apply(to: &configuration) { environment[$0] }
        return configuration
    }

    @Test("Without an option or a variable the connection is plain")
    func plain() throws {
        #expect(try configuration([]).tls == nil)
        #expect(try configuration([], ["HOLDFAST_TLS": "false"]).tls == nil)
    }

    @Test("Options come before variables, and each of them encrypts")
    func tls() throws {
        #expect(try configuration(["--tls"]).tls == HoldfastTLS())
        #expect(try configuration([], ["HOLDFAST_TLS": "true"]).tls == HoldfastTLS())
        let variables = [
            "HOLDFAST_TLS_CA": "/a", "HOLDFAST_TLS_CLIENT_CERTIFICATE": "/b", "HOLDFAST_TLS_CLIENT_KEY": "/c",
            "HOLDFAST_TLS_SERVER_NAME": "d",
        ]
        var expected = HoldfastTLS()
        expected.trustRootsFile = "/a"
        expected.certificateFile = "/b"
        expected.keyFile = "/c"
        expected.serverName = "d"
        #expect(try configuration([], variables).tls == expected)
        expected.trustRootsFile = "/z"
        #expect(try configuration(["--tls-ca", "/z"], variables).tls == expected)
    }

    @Test("A switch that is neither on nor off is refused")
    func badSwitch() {
        let failure = #expect(throws: CommandFailure.self) { try configuration([], ["HOLDFAST_TLS": "perhaps"]) }
        #expect(failure?.status == .invalid)
    }

    @Test("A certificate without its key is refused, and so is a key as an argument")
    func refused() {
        #expect(throws: (any Error).self) { try ConnectionOptions.parse(["--tls-certificate", "/a"]) }
        #expect(throws: (any Error).self) { try ConnectionOptions.parse(["--api-key", "hf_key"]) }
    }

    @Test("Several servers are one option; what is no server is refused")
    func servers() throws {
        let options = try ServerOptions.parse(["--server", "a:1,b:2"])
        #expect(try options.endpoints.map(\.description) == ["a:1", "b:2"])
        #expect(throws: (any Error).self) { try ServerOptions.parse(["--server", "a"]) }
    }
}
