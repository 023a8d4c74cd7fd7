import FramedTransport
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import NIOSSL
import Testing

@testable import HoldfastClient

@Suite("A client over TLS")
struct TLSTests {
    @Test("A server whose certificate is trusted is spoken to; another name or authority is not")
    func trust() async throws {
        let folder = TestDirectory.make("client-tls")
        try Certificates.make(in: folder)
        var server = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(folder + "/server.pem").map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: folder + "/server.key", format: .pem)))
        FramedServerTLS.complete(&server)
        let context = FramedTLSContext(try NIOSSLContext(configuration: server))
        try await ScriptedShop.with(tls: FramedServerTLS(context: context), script: { _, _ in .init() }) { shop in
            var tls = HoldfastTLS()
            tls.trustRootsFile = folder + "/ca.pem"
            tls.serverName = "shop.example"
            var configuration = HoldfastClientConfiguration.quick(shop.endpoint)
            configuration.tls = tls
            try await withHoldfastClient(configuration) { _ = try await $0.reservations.reserve(.fresh) }
            #expect(shop.service.requests.count == 1)

            configuration.repetition.maxAttempts = 2
            configuration.tls?.serverName = "other.example"
            try await refuses(configuration)
            configuration.tls = HoldfastTLS()
            configuration.tls?.serverName = "shop.example"
            try await refuses(configuration)
            configuration.tls = nil
            try await refuses(configuration)
            #expect(shop.service.requests.count == 1)
        }
    }

    private func refuses(_ configuration: HoldfastClientConfiguration) async throws {
        try await withHoldfastClient(configuration) { client in
            let error = await #expect(throws: RPCError.self) { try await client.reservations.reserve(.fresh) }
            #expect(error?.code == .unavailable)
        }
    }

    @Test("A certificate without its key, and a file that is none, are refused before anything is sent")
    func files() {
        var configuration = HoldfastClientConfiguration.quick(HoldfastEndpoint(host: "127.0.0.1"))
        var tls = HoldfastTLS()
        tls.certificateFile = "/nowhere/certificate.pem"
        configuration.tls = tls
        #expect(throws: HoldfastConfigurationError.self) { try HoldfastClient(configuration) }
        tls.keyFile = "/nowhere/key.pem"
        configuration.tls = tls
        let error = #expect(throws: HoldfastConfigurationError.self) { try HoldfastClient(configuration) }
        #expect(error?.description.contains("/nowhere/certificate.pem") == true)
    }
}
