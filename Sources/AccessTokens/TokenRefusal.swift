/// Why a token is not accepted.
///
/// For logs and counts: a caller is told only that its token is not accepted.
public enum TokenRefusal: String, Error, Hashable, Sendable {
    /// Longer than 16 KiB, or not three parts of base64url with JSON objects in the first two.
    case malformed
    /// The header asks for an algorithm that is not accepted, such as `none`.
    case algorithm
    /// The header names extensions that must be understood.
    case criticalHeader = "critical_header"
    /// No key of the set verifies such tokens.
    case unknownKey = "unknown_key"
    /// The signature is not the key's.
    case signature
    /// Another issuer, or none.
    case issuer
    /// For somebody else, or for nobody.
    case audience
    /// Not valid any more, or no `exp`.
    case expired
    /// Not valid yet.
    case notYetValid = "not_yet_valid"
    /// No subject, or one of more than 256 bytes.
    case subject
    /// A claim about roles, channels or locations is not a list of names.
    case claims
    /// None of its roles means anything here.
    case noRole = "no_role"
    /// The key set has never been read.
    case noKeys = "no_keys"
}
