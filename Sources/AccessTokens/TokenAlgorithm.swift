/// A signature algorithm that tokens may use: asymmetric ones only.
///
/// Neither `none` nor any of the `HS` family is here: with those, whoever can read the public key could sign. Raw values
/// are the names of RFC 7518 and RFC 8037.
public enum TokenAlgorithm: String, CaseIterable, Hashable, Sendable {
    /// RSA PKCS #1 with SHA-256.
    case rs256 = "RS256"
    /// RSA PKCS #1 with SHA-384.
    case rs384 = "RS384"
    /// RSA PKCS #1 with SHA-512.
    case rs512 = "RS512"
    /// RSA PSS with SHA-256.
    case ps256 = "PS256"
    /// RSA PSS with SHA-384.
    case ps384 = "PS384"
    /// RSA PSS with SHA-512.
    case ps512 = "PS512"
    /// ECDSA on P-256.
    case es256 = "ES256"
    /// ECDSA on P-384.
    case es384 = "ES384"
    /// ECDSA on P-521.
    case es512 = "ES512"
    /// Ed25519.
    case edDSA = "EdDSA"

    /// Whether a key of this type, and on this curve, can verify signatures of the algorithm.
    func fits(keyType: String, curve: String?) -> Bool {
        switch self {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: keyType == "RSA"
        case .es256: keyType == "EC" && curve == "P-256"
        case .es384: keyType == "EC" && curve == "P-384"
        case .es512: keyType == "EC" && curve == "P-521"
        case .edDSA: keyType == "OKP" && curve == "Ed25519"
        }
    }
}
