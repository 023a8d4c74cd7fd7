import JWTKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The keys that may have signed a token, of a JSON Web Key Set (RFC 7517).
struct KeySet: Sendable {
    /// A key together with one algorithm that it may verify.
    struct Verifier: Sendable {
        let keyID: String?
        let algorithm: TokenAlgorithm
        let signature: any JWTAlgorithm
    }

    /// Largest set that is read, in bytes.
    static let maxBytes = 1024 * 1024
    /// Most keys that a set may have.
    static let maxKeys = 256

    let verifiers: [Verifier]
    /// Keys that cannot be used here, and why; the others are used all the same.
    let skipped: [String]

    /// Reads a set.
    ///
    /// - Parameter bytes: its JSON.
    /// - Throws: ``KeySetError`` where it is none, or none of its keys can be used.
    init(parsing bytes: [UInt8]) async throws {
        guard bytes.count <= KeySet.maxBytes else {
            throw KeySetError("it is larger than \(KeySet.maxBytes) bytes")
        }
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(bytes))
        } catch {
            throw KeySetError("it is no JSON Web Key Set")
        }
        guard document.keys.count <= KeySet.maxKeys else {
            throw KeySetError("it has more than \(KeySet.maxKeys) keys")
        }
        var verifiers: [Verifier] = []
        var skipped: [String] = []
        for (index, entry) in document.keys.enumerated() {
            let name = "keys[\(index)]"
            do {
                verifiers += try await entry.verifiers()
            } catch let error as KeySetError {
                skipped.append("\(name): \(error.description)")
            } catch {
                skipped.append("\(name): the key is broken")
            }
        }
        guard !verifiers.isEmpty else {
            throw KeySetError("no key in it can be used" + (skipped.first.map { ": \($0)" } ?? ""))
        }
        self.verifiers = verifiers
        self.skipped = skipped
    }

    /// The keys that may have signed a token with this header.
    func candidates(keyID: String?, algorithm: TokenAlgorithm) -> [Verifier] {
        verifiers.filter { $0.algorithm == algorithm && (keyID == nil || $0.keyID == nil || $0.keyID == keyID) }
    }

    private struct Document: Decodable {
        var keys: [Entry]
    }

    /// One key as it stands in the set, whatever it is good for.
    private struct Entry: Decodable {
        var keyType: String
        var curve: String?
        var use: String?
        var operations: [String]?
        var algorithm: String?
        var keyID: String?
        var isPrivate: Bool
        var key: JWK?

        enum CodingKeys: String, CodingKey {
            case keyType = "kty"
            case curve = "crv"
            case operations = "key_ops"
            case algorithm = "alg"
            case keyID = "kid"
            case privatePart = "d"
            case use
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            keyType = try values.decode(String.self, forKey: .keyType)
            curve = try values.decodeIfPresent(String.self, forKey: .curve)
            use = try values.decodeIfPresent(String.self, forKey: .use)
            operations = try values.decodeIfPresent([String].self, forKey: .operations)
            algorithm = try values.decodeIfPresent(String.self, forKey: .algorithm)
            keyID = try values.decodeIfPresent(String.self, forKey: .keyID)
            isPrivate = values.contains(.privatePart)
            do {
                key = try JWK(from: decoder)
            } catch {
                // A key of a kind that is not known here; the set may have others.
                key = nil
            }
        }

        func verifiers() async throws -> [Verifier] {
            guard use ?? "sig" == "sig", operations?.contains("verify") ?? true else {
                throw KeySetError("the key is not for signatures")
            }
            guard !isPrivate else { throw KeySetError("the private key is in the set; publish the public one") }
            let algorithms = TokenAlgorithm.allCases.filter {
                $0.fits(keyType: keyType, curve: curve) && (algorithm == nil || algorithm == $0.rawValue)
            }
            guard !algorithms.isEmpty, var key else {
                throw KeySetError("a key of this type, curve or algorithm is not used")
            }
            var verifiers: [Verifier] = []
            let name = JWKIdentifier(string: keyID ?? "only")
            key.keyIdentifier = name
            for algorithm in algorithms {
                key.algorithm = JWK.Algorithm(rawValue: algorithm.rawValue)
                let signature = try await JWTKeyCollection().add(jwk: key).getKey(for: name)
                verifiers.append(Verifier(keyID: keyID, algorithm: algorithm, signature: signature))
            }
            return verifiers
        }
    }
}

extension KeySet.Verifier {
    /// Whether the key made the token's signature.
    func verifies(_ token: SignedToken) -> Bool {
        do {
            return try signature.verify(token.signature, signs: token.signedBytes)
        } catch {
            // A signature of the wrong length or form.
            return false
        }
    }
}

/// A key set that cannot be read or used.
public struct KeySetError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
