import CryptoExtras
import Domain
import Foundation
import JWTKit

/// A key of a single sign-on, as it signs and as it is published.
struct SigningKey: Sendable {
    let keyID: String
    let algorithm: any JWTAlgorithm
    /// The public key as a member of a key set; `alg` and `use` are left out.
    let published: [String: String]

    /// The key with other members in its publication; nil takes one away.
    func published(_ changes: [String: String?]) -> [String: String] {
        var members = published
        for (name, value) in changes { members[name] = value }
        return members
    }

    static func p256(_ keyID: String) async throws -> SigningKey {
        let key = ES256PrivateKey()
        let algorithm = try await JWTKeyCollection().add(ecdsa: key).getKey()
        return SigningKey(keyID: keyID, algorithm: algorithm, published: try ec(keyID, "P-256", key.parameters))
    }

    static func p384(_ keyID: String) async throws -> SigningKey {
        let key = ES384PrivateKey()
        let algorithm = try await JWTKeyCollection().add(ecdsa: key).getKey()
        return SigningKey(keyID: keyID, algorithm: algorithm, published: try ec(keyID, "P-384", key.parameters))
    }

    static func p521(_ keyID: String) async throws -> SigningKey {
        let key = ES512PrivateKey()
        let algorithm = try await JWTKeyCollection().add(ecdsa: key).getKey()
        return SigningKey(keyID: keyID, algorithm: algorithm, published: try ec(keyID, "P-521", key.parameters))
    }

    static func ed25519(_ keyID: String) async throws -> SigningKey {
        let key = try EdDSA.PrivateKey(curve: .ed25519)
        let algorithm = try await JWTKeyCollection().add(eddsa: key).getKey()
        return SigningKey(
            keyID: keyID, algorithm: algorithm,
            published: [
                "kty": "OKP", "crv": "Ed25519", "kid": keyID,
                "x": Base64URL.encode([UInt8](key.publicKey.rawRepresentation)),
            ])
    }

    static func rsa(
        _ keyID: String, digest: DigestAlgorithm = .sha256, pss: Bool = false, key: _RSA.Signing.PrivateKey
    ) async throws -> SigningKey {
        let secret = try Insecure.RSA.PrivateKey(backing: key)
        let keys = JWTKeyCollection()
        let algorithm =
            pss
            ? try await keys.add(pss: secret, digestAlgorithm: digest).getKey()
            : try await keys.add(rsa: secret, digestAlgorithm: digest).getKey()
        return SigningKey(keyID: keyID, algorithm: algorithm, published: try published(keyID, key))
    }

    static func published(_ keyID: String, _ key: _RSA.Signing.PrivateKey) throws -> [String: String] {
        let parts = try key.publicKey.getKeyPrimitives()
        return [
            "kty": "RSA", "kid": keyID, "n": Base64URL.encode([UInt8](parts.modulus)),
            "e": Base64URL.encode([UInt8](parts.publicExponent)),
        ]
    }

    /// A token with exactly these bytes in it, signed by the key whatever they say.
    func sign(header: String, claims: String) throws -> String {
        let text = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        return text + "." + Base64URL.encode(try algorithm.sign(Array(text.utf8)))
    }

    private static func ec(
        _ keyID: String, _ curve: String, _ parameters: ECDSAParameters?
    ) throws -> [String: String] {
        guard let parameters else { throw CocoaError(.coderInvalidValue) }
        func url(_ text: String) -> String {
            text.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
                .replacingOccurrences(of: "=", with: "")
        }
        return ["kty": "EC", "crv": curve, "kid": keyID, "x": url(parameters.x), "y": url(parameters.y)]
    }
}

/// A key set as a sign-on publishes it.
func keySet(_ keys: [[String: String]]) throws -> [UInt8] {
    [UInt8](try JSONSerialization.data(withJSONObject: ["keys": keys]))
}
