import AccessTokens
import Domain
import Foundation
import JWTKit
import Logging
import Testing

/// A company's sign-on with a key set in a file of its own, and a verifier that follows it.
struct SignOn: Sendable {
    static let now: Int64 = 1_800_000_000
    static let instant = Instant(microseconds: now * 1_000_000)

    let path: String
    let verifier: TokenVerifier

    /// Runs a body with a sign-on that publishes these keys.
    static func with<R>(
        _ keys: [[String: String]], rules: TokenRules = standard, minimumInterval: Duration = .seconds(10),
        _ body: (SignOn) async throws -> R
    ) async throws -> R {
        let path = NSTemporaryDirectory() + "holdfast-jwks-\(UUID().uuidString).json"
        try Data(try keySet(keys)).write(to: URL(filePath: path))
        let verifier = TokenVerifier(
            rules: rules, source: .file(path), minimumInterval: minimumInterval,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let following = Task { try await verifier.run() }
        await verifier.refresh()
        let outcome: Result<R, any Error>
        do {
            outcome = .success(try await body(SignOn(path: path, verifier: verifier)))
        } catch {
            outcome = .failure(error)
        }
        following.cancel()
        try await following.value
        try FileManager.default.removeItem(atPath: path)
        return try outcome.get()
    }

    static let standard = TokenRules(issuer: "https://id.example", audiences: ["holdfast"])

    /// Publishes other keys; the verifier learns of them when it reads the set.
    func publish(_ keys: [[String: String]]) throws {
        try Data(try keySet(keys)).write(to: URL(filePath: path))
    }

    func verify(_ token: String) async throws -> VerifiedToken {
        try await verifier.verify(token, now: SignOn.instant)
    }

    /// Expects a token to be good.
    func expectGood(_ token: String) async throws {
        let verified = try await verify(token)
        #expect(verified.caller.id == "sso:till-7")
    }

    /// Claims that are good, with changes: JSON values by name; nil takes a claim away.
    static func claims(_ changes: [String: String?] = [:]) -> String {
        var claims = [
            "iss": "\"https://id.example\"", "aud": "\"holdfast\"", "sub": "\"till-7\"", "exp": "\(now + 300)",
            "iat": "\(now - 5)", "roles": "[\"pos\"]",
        ]
        for (name, value) in changes { claims[name] = value }
        return "{" + claims.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }
}

extension SigningKey {
    /// A token of the key with good claims, changed.
    func token(_ changes: [String: String?] = [:], keyID: String? = nil, alg: String? = nil) throws -> String {
        try sign(
            header: "{\"alg\":\"\(alg ?? algorithm.name)\",\"kid\":\"\(keyID ?? self.keyID)\",\"typ\":\"JWT\"}",
            claims: SignOn.claims(changes))
    }
}
