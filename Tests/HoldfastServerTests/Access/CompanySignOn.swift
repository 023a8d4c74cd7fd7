import Crypto
import Domain
import Foundation
import HoldfastServer
import HoldfastTesting

/// A company's single sign-on: it signs tokens with a key of its own and publishes that in a file.
struct CompanySignOn: Sendable {
    static let issuer = "https://id.example"
    static let audience = "holdfast"
    private static let keyID = "2026"

    private let key = P256.Signing.PrivateKey()
    private let folder = TestDirectory.make("sign-on")

    /// Runs a body with a sign-on that has published its key.
    static func with<R: Sendable>(_ body: (CompanySignOn) async throws -> R) async throws -> R {
        let signOn = CompanySignOn()
        try signOn.publish()
        let result: Result<R, any Error>
        do { result = .success(try await body(signOn)) } catch { result = .failure(error) }
        try FileManager.default.removeItem(atPath: signOn.folder)
        return try result.get()
    }

    /// What a server is told: roles are the groups of the directory under other names, and clocks agree.
    var settings: SignOnSettings {
        var settings = SignOnSettings()
        settings.keys = path
        settings.issuer = Self.issuer
        settings.audiences = ["billing-of-nobody", Self.audience]
        settings.rolesClaim = "realm_access.groups"
        settings.roleMap = ["shop-staff=pos", "oms-admins=admin"]
        settings.clockSkewSeconds = 0
        return settings
    }

    /// Seconds since 1970.
    static var now: Int64 { Int64(Date().timeIntervalSince1970) }

    /// The claims of somebody with a group, valid for ten minutes, changed: JSON by name; nil takes a claim away.
    static func claims(of group: String, _ changes: [String: String?] = [:]) -> String {
        var claims = [
            "iss": "\"\(issuer)\"", "aud": "[\"\(audience)\"]", "sub": "\"till-7\"", "exp": "\(now + 600)",
            "iat": "\(now)", "realm_access": "{\"groups\":[\"\(group)\",\"everybody\"]}",
        ]
        for (name, value) in changes { claims[name] = value }
        return "{" + claims.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    /// A token of the sign-on.
    func token(of group: String, _ changes: [String: String?] = [:]) throws -> String {
        try signed(header: Self.header("ES256"), claims: Self.claims(of: group, changes))
    }

    /// A token with the sign-on's key, whatever it says.
    func signed(header: String, claims: String) throws -> String {
        let text = Self.unsigned(header: header, claims: claims)
        return text + "." + Base64URL.encode([UInt8](try key.signature(for: Data(text.utf8)).rawRepresentation))
    }

    /// Header and claims of a token, without a signature.
    static func unsigned(header: String, claims: String) -> String {
        Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
    }

    /// The header of a token, with the id of the published key.
    static func header(_ algorithm: String) -> String {
        "{\"alg\":\"\(algorithm)\",\"kid\":\"\(keyID)\",\"typ\":\"JWT\"}"
    }

    private var path: String { folder + "/jwks.json" }

    private func publish() throws {
        let point = [UInt8](key.publicKey.rawRepresentation)
        let members = [
            "kty": "EC", "crv": "P-256", "kid": Self.keyID, "use": "sig", "alg": "ES256",
            "x": Base64URL.encode(Array(point.prefix(32))), "y": Base64URL.encode(Array(point.suffix(32))),
        ]
        try JSONSerialization.data(withJSONObject: ["keys": [members]]).write(to: URL(filePath: path))
    }
}
