import FramedTransport
import GRPCCore
import HoldfastAPI
import NIOCore
import Synchronization
import Testing

@testable import HoldfastClient

/// Knows one key.
private final class OneKey: FramedAuthenticator {
    private final class Holder: FramedIdentity {
        let limitKey: String? = "holder"
        let isCurrent = true
    }

    static let key = "hf_key_4711"

    func known(_ credential: ByteBuffer?) -> FramedAuthentication? {
        let text = credential.map { String(buffer: $0) }
        return text == Self.key || text == "Bearer \(Self.key)" ? .accepted(Holder()) : .refused("no good credential")
    }

    func verify(
        _ credential: ByteBuffer?, peer: String, on eventLoop: any EventLoop
    ) -> EventLoopFuture<FramedAuthentication> {
        eventLoop.makeSucceededFuture(known(credential) ?? .refused("no good credential"))
    }
}

@Suite("Credentials of a client")
struct CredentialTests {
    @Test("The right key lets in, from a string, from a file and from a provider")
    func rightKey() async throws {
        let path = "/tmp/holdfast-key-\(EntityName.fresh)"
        try Files.write(" \(OneKey.key)\n", to: path)
        defer { Files.remove(path) }
        try await ScriptedShop.with(authenticator: OneKey(), script: { _, _ in .init() }) { shop in
            for credential in [
                HoldfastCredential.apiKey(OneKey.key), .apiKeyFile(path), .perCall { OneKey.key },
            ] {
                var configuration = HoldfastClientConfiguration.quick(shop.endpoint)
                configuration.credential = credential
                try await withHoldfastClient(configuration) { client in
                    for _ in 0..<3 { _ = try await client.reservations.reserve(.fresh) }
                }
            }
            #expect(shop.service.requests.count == 9)
        }
    }

    @Test("A wrong key is told at once and the call is not repeated")
    func wrongKey() async throws {
        try await ScriptedShop.with(authenticator: OneKey(), script: { _, _ in .init() }) { shop in
            for credential in [HoldfastCredential.apiKey("hf_key_other"), .none, .perCall { "hf_key_other" }] {
                var configuration = HoldfastClientConfiguration.quick(shop.endpoint)
                configuration.credential = credential
                try await withHoldfastClient(configuration) { client in
                    let error = await #expect(throws: RPCError.self) {
                        try await client.reservations.reserve(.fresh)
                    }
                    #expect(error?.code == .unauthenticated)
                    #expect(!(error?.cause is RepeatedCall))
                }
            }
            #expect(shop.service.requests.isEmpty)
        }
    }

    @Test("A provider is asked for every attempt, and a call's own credential stands")
    func provider() async throws {
        try await ScriptedShop.with { number, _ in
            if number == 1 { throw away() }
            return .init()
        } _: { shop in
            let count = Mutex(0)
            var configuration = HoldfastClientConfiguration.quick(shop.endpoint)
            configuration.credential = .perCall {
                count.withLock { count in
                    count += 1
                    return "token-\(count)"
                }
            }
            try await withHoldfastClient(configuration) { client in
                _ = try await client.reservations.reserve(.fresh)
                _ = try await client.reservations.reserve(.fresh, metadata: ["authorization": "Bearer mine"])
            }
            #expect(shop.service.requests.map(\.authorization) == ["Bearer token-1", "Bearer token-2", "Bearer mine"])
        }
    }

    @Test("A provider that fails keeps the call from being sent")
    func failingProvider() async throws {
        struct NoToken: Error {}
        try await ScriptedShop.with(script: { _, _ in .init() }) { shop in
            var configuration = HoldfastClientConfiguration.quick(shop.endpoint)
            configuration.credential = .perCall { throw NoToken() }
            try await withHoldfastClient(configuration) { client in
                let error = await #expect(throws: RPCError.self) { try await client.reservations.reserve(.fresh) }
                #expect(error?.code == .unauthenticated)
                #expect(error?.cause is NoToken)
            }
            #expect(shop.service.requests.isEmpty)
        }
    }

    @Test("A key that cannot be one is refused before anything is sent, and never told")
    func unusableKeys() throws {
        for (text, part) in [("", "empty"), ("  \n", "empty"), ("two words", "one word"), ("a\u{7}b", "one word")] {
            var configuration = HoldfastClientConfiguration.quick(HoldfastEndpoint(host: "127.0.0.1"))
            configuration.credential = .apiKey(text)
            let error = #expect(throws: HoldfastConfigurationError.self) { try HoldfastClient(configuration) }
            #expect(error?.description.contains(part) == true)
            #expect(error?.description.contains("two words") == false)
        }
        var configuration = HoldfastClientConfiguration.quick(HoldfastEndpoint(host: "127.0.0.1"))
        configuration.credential = .apiKeyFile("/nowhere/key")
        let error = #expect(throws: HoldfastConfigurationError.self) { try HoldfastClient(configuration) }
        #expect(error?.description == "cannot read /nowhere/key: No such file or directory")
    }
}
