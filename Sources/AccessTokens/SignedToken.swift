import Domain

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A token in the compact form of RFC 7515, taken apart and not believed yet.
struct SignedToken {
    /// Longest token that is looked at, in bytes.
    static let maxBytes = 16 * 1024

    /// Longest header that is looked at, in bytes.
    static let maxHeaderBytes = 2 * 1024

    /// What the header says; only `alg`, `kid` and `crit` are of interest.
    struct Header: Decodable {
        var alg: String
        var kid: String?
        var crit: [String]?
    }

    let header: Header
    private let encodedClaims: [UInt8]
    /// What was signed: header and claims as they came, with the dot between them.
    let signedBytes: [UInt8]
    let signature: [UInt8]

    /// Takes a token apart.
    ///
    /// - Parameter text: the token, without `Bearer`.
    /// - Throws: ``TokenRefusal/malformed``, or ``TokenRefusal/criticalHeader``.
    init(_ text: String) throws(TokenRefusal) {
        guard text.utf8.count <= SignedToken.maxBytes else { throw .malformed }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(String(parts[0])),
            let claims = Base64URL.decode(String(parts[1])), let signature = Base64URL.decode(String(parts[2])),
            header.count <= SignedToken.maxHeaderBytes
        else { throw .malformed }
        do {
            self.header = try JSONDecoder().decode(Header.self, from: Data(header))
        } catch {
            throw .malformed
        }
        guard self.header.crit == nil else { throw .criticalHeader }
        encodedClaims = claims
        self.signature = signature
        signedBytes = Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8)
    }
    /// Reads the claims: to be called when the signature is known to be good, since a stranger's may be laborious.
    func claims() throws(TokenRefusal) -> [String: TokenClaim] {
        do {
            return try JSONDecoder().decode([String: TokenClaim].self, from: Data(encodedClaims))
        } catch {
            throw .malformed
        }
    }
}
