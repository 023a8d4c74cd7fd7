import HoldfastServices

/// Why a credential is not accepted; raw values are what is counted.
enum CredentialRefusal: String, CaseIterable, Sendable {
    /// None was sent.
    case missing
    /// No key and no token that is good here.
    case invalid
    /// It was good once.
    case ended
    /// A token of the sign-on without a role that means anything here.
    case noRole = "no_role"
    /// Its address has failed too often.
    case tooManyFailures = "too_many_failures"

    /// What the caller is told, which tells a stranger nothing that helps.
    var text: String {
        switch self {
        case .missing: AccessStatus.credentialsRequired
        case .invalid: "the credentials are not valid"
        case .ended: "the credentials have expired or were revoked"
        case .noRole: "the token names no role that this server knows"
        case .tooManyFailures: "too many failed attempts from this address: wait and try again"
        }
    }
}
