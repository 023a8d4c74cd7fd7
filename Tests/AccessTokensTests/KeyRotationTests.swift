import CryptoExtras
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import Testing

@testable import AccessTokens

@Suite("Key sets")
struct KeyRotationTests {
    @Test("A token of a key that was published since is accepted at once, the old key's no more")
    func rotation() async throws {
        let old = try await SigningKey.p256("old")
        let new = try await SigningKey.p256("new")
        try await SignOn.with([old.published], minimumInterval: .zero) { signOn in
            let before = try await signOn.verify(try old.token())
            #expect(before.generation == signOn.verifier.generation)
            try signOn.publish([new.published])
            let after = try await signOn.verify(try new.token())
            #expect(after.generation > before.generation)
            #expect(signOn.verifier.generation == after.generation)
            await #expect(throws: TokenRefusal.unknownKey) { try await signOn.verify(try old.token()) }
        }
    }

    @Test("Made-up key ids do not have the set read again and again")
    func bounded() async throws {
        let known = try await SigningKey.p256("known")
        let late = try await SigningKey.p256("late")
        try await SignOn.with([known.published], minimumInterval: .seconds(3_600)) { signOn in
            try signOn.publish([known.published, late.published])
            await #expect(throws: TokenRefusal.unknownKey) { try await signOn.verify(try late.token()) }
            await signOn.verifier.refresh()
            try await signOn.expectGood(try late.token())
        }
    }

    @Test("A set that cannot be read leaves the last good one in use")
    func broken() async throws {
        let key = try await SigningKey.p256("a")
        try await SignOn.with([key.published], minimumInterval: .zero) { signOn in
            let generation = signOn.verifier.generation
            for text in ["", "{", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}"] {
                try Data(text.utf8).write(to: URL(filePath: signOn.path))
                await signOn.verifier.refresh()
                try await signOn.expectGood(try key.token())
                #expect(signOn.verifier.generation == generation)
            }
        }
    }

    @Test("Keys that must not verify are left out, and the rest of the set is used")
    func skipped() async throws {
        let good = try await SigningKey.p256("good")
        let small = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1_024))
        let bytes = try keySet([
            good.published(["use": "enc", "kid": "encrypts"]), good.published(["d": "AA", "kid": "private"]),
            ["kty": "oct", "k": "AAAA", "kid": "shared"], good.published(["alg": "RS256", "kid": "mismatch"]),
            good.published(["x": "AAAA", "kid": "broken"]),
            try SigningKey.published("short", small), good.published,
        ])
        let keys = try await KeySet(parsing: bytes)
        #expect(keys.verifiers.map(\.keyID) == ["good"])
        #expect(keys.skipped.count == 6)
    }

    @Test("A key without an id serves tokens with any, one with another id does not")
    func withoutIDs() async throws {
        let nameless = try await SigningKey.p256("x")
        let named = try await SigningKey.p256("named")
        try await SignOn.with([nameless.published(["kid": nil]), named.published], minimumInterval: .seconds(60)) {
            signOn in
            try await signOn.expectGood(try nameless.token(keyID: "any"))
            await #expect(throws: TokenRefusal.signature) { try await signOn.verify(try named.token(keyID: "other")) }
        }
    }

    @Test("Addresses are read over https, or on this machine")
    func addresses() throws {
        let file = try KeySetSource("/etc/keys.json")
        #expect(file == .file("/etc/keys.json"))
        for address in ["https://id.example/jwks", "http://127.0.0.1:80/jwks"] {
            let source = try KeySetSource(address)
            #expect(source == .url(address))
        }
        for setting in ["", "http://id.example/jwks", "ftp://id.example/x", "https://"] {
            #expect(throws: KeySetError.self) { _ = try KeySetSource(setting) }
        }
    }

    @Test("Keys are read from an address; redirects, errors and endless answers are not followed")
    func overHTTP() async throws {
        let key = try await SigningKey.p256("a")
        let set = try keySet([key.published])
        let router = Router()
        router.get("jwks") { _, _ in ByteBuffer(bytes: set) }
        router.get("moved") { _, _ in Response(status: .found, headers: [.location: "/jwks"]) }
        router.get("missing") { _, _ in Response(status: .notFound) }
        router.get("endless") { _, _ in ByteBuffer(bytes: [UInt8](repeating: 0x20, count: KeySet.maxBytes + 1)) }
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        let server = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in announce.yield(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let serving = Task { try await server.runService(gracefulShutdownSignals: []) }
        guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
        for path in ["jwks", "moved", "missing", "endless"] {
            let verifier = TokenVerifier(
                rules: SignOn.standard, source: try KeySetSource("http://127.0.0.1:\(port)/\(path)"),
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
            let following = Task { try await verifier.run() }
            await verifier.refresh()
            #expect(verifier.isReady == (path == "jwks"), "\(path)")
            if path == "jwks" {
                #expect(try await verifier.verify(try key.token(), now: SignOn.instant).caller.roles == [.pos])
            } else {
                await #expect(throws: TokenRefusal.noKeys) {
                    try await verifier.verify(try key.token(), now: SignOn.instant)
                }
            }
            following.cancel()
            try await following.value
        }
        serving.cancel()
        do { try await serving.value } catch is CancellationError {}
    }
}
