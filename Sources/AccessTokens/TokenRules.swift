public import Domain

/// What a company's single sign-on promises, and how its claims become roles and scopes.
public struct TokenRules: Hashable, Sendable {
    /// Who signs the tokens: the exact `iss`.
    public var issuer: String
    /// Whom the tokens are for: one of these must be in `aud`.
    public var audiences: Set<String>
    /// Algorithms that are accepted, of those that the key itself fits.
    public var algorithms = Set(TokenAlgorithm.allCases)
    /// By how much clocks may differ, in seconds, 0 to 600; default 60.
    public var clockSkewSeconds: Int64 = 60
    /// The claim with the roles, a dotted path: an array of strings, or one string with blanks between them.
    ///
    /// Default `roles`; others are used to `groups` or `realm_access.roles`.
    public var rolesClaim = "roles"
    /// What a value of that claim means here; values that are not listed mean nothing.
    public var roles: [String: Set<Role>] = TokenRules.namesakes
    /// The claim with the codes of channels that the caller may deal with; default `holdfast_channels`.
    ///
    /// A token without it may deal with all.
    public var channelsClaim = "holdfast_channels"
    /// The claim with the codes of locations that the caller may deal with; default `holdfast_locations`.
    ///
    /// A token without it may deal with all.
    public var locationsClaim = "holdfast_locations"

    /// Most codes that a scope claim may have.
    static let maxCodes = 100

    /// Every role under its own name.
    public static let namesakes: [String: Set<Role>] = Dictionary(
        uniqueKeysWithValues: Role.allCases.map { ($0.rawValue, [$0]) })

    /// Makes rules with the defaults for everything else.
    public init(issuer: String, audiences: Set<String>) {
        self.issuer = issuer
        self.audiences = audiences
    }
}
