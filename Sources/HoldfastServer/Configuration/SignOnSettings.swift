import AccessTokens
import Domain

/// A company's single sign-on as it is set, before it is read.
public struct SignOnSettings: Hashable, Sendable {
    /// File or URL of the key set; nil where there is no single sign-on.
    public var keys: String?
    /// The exact `iss` of its tokens.
    public var issuer: String?
    /// The `aud` of tokens for this company's servers: one of them must be named.
    public var audiences: [String] = []
    /// The claim with the roles; default `roles`.
    public var rolesClaim = "roles"
    /// What values of that claim mean, each `VALUE=ROLE`; where there are none, the roles' own names hold.
    public var roleMap: [String] = []
    /// By how much clocks may differ, in seconds: 0 to 600; default 60.
    public var clockSkewSeconds: Int64 = 60

    /// No single sign-on.
    public init() {}

    /// The parts of a list with commas.
    static func list(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }

    /// The settings as a server uses them; nil where there is no single sign-on.
    ///
    /// Throws ``ServerConfigurationError`` that names the setting that is wrong.
    func validated() throws(ServerConfigurationError) -> SingleSignOn? {
        guard let keys else {
            if issuer != nil || !audiences.isEmpty || !roleMap.isEmpty {
                throw ServerConfigurationError(setting: "sso-jwks", reason: "is required with other sso settings")
            }
            return nil
        }
        guard let issuer, !issuer.isEmpty else {
            throw ServerConfigurationError(setting: "sso-issuer", reason: "is required with sso-jwks")
        }
        guard !audiences.isEmpty else {
            throw ServerConfigurationError(
                setting: "sso-audience", reason: "is required with sso-jwks: tokens made for others must not be taken")
        }
        guard (0...600).contains(clockSkewSeconds) else {
            throw ServerConfigurationError(
                setting: "sso-clock-skew", reason: "must be 0 to 600 seconds, is \(clockSkewSeconds)")
        }
        var rules = TokenRules(issuer: issuer, audiences: Set(audiences))
        rules.clockSkewSeconds = clockSkewSeconds
        rules.rolesClaim = rolesClaim
        // Who maps names means those: the directory's own "admin" is somebody else.
        if !roleMap.isEmpty { rules.roles = [:] }
        for entry in roleMap {
            guard let split = entry.lastIndex(of: "="), split != entry.startIndex,
                let role = Role(rawValue: String(entry[entry.index(after: split)...]))
            else {
                throw ServerConfigurationError(
                    setting: "sso-role-map",
                    reason: "must be VALUE=ROLE with one of the roles \(Self.roleNames), is \"\(entry)\"")
            }
            rules.roles[String(entry[..<split]), default: []].insert(role)
        }
        do throws(KeySetError) {
            return SingleSignOn(keys: try KeySetSource(keys), rules: rules)
        } catch {
            throw ServerConfigurationError(setting: "sso-jwks", reason: error.description)
        }
    }

    private static var roleNames: String { Role.allCases.map(\.rawValue).joined(separator: ", ") }
}
