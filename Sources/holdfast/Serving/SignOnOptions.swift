import ArgumentParser
import HoldfastServer

/// A company's single sign-on.
struct SignOnOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File or https URL of the key set (JWKS) that verifies tokens.", valueName: "file-or-url"))
    var ssoJwks: String?

    @Option(help: ArgumentHelp("Who signs the tokens: their exact iss.", valueName: "iss"))
    var ssoIssuer: String?

    @Option(help: ArgumentHelp("Whom the tokens are for: one aud, or several with commas.", valueName: "aud"))
    var ssoAudience: String?

    @Option(help: ArgumentHelp("Claim with the roles; dots lead into objects (default: roles).", valueName: "claim"))
    var ssoRolesClaim: String?

    @Option(
        help: ArgumentHelp(
            "What values of that claim mean: VALUE=ROLE, several with commas; without it the roles' own names.",
            valueName: "map"))
    var ssoRoleMap: String?

    @Option(help: ArgumentHelp("By how much clocks may differ: 0s to 10m (default: 60s).", valueName: "time"))
    var ssoClockSkew: TimeSpan?

    /// Sets what was given.
    func apply(to configuration: inout ServerConfiguration) {
        if let ssoJwks { configuration.signOn.keys = ssoJwks }
        if let ssoIssuer { configuration.signOn.issuer = ssoIssuer }
        if let ssoAudience { configuration.signOn.audiences = ssoAudience.split(separator: ",").map(String.init) }
        if let ssoRolesClaim { configuration.signOn.rolesClaim = ssoRolesClaim }
        if let ssoRoleMap { configuration.signOn.roleMap = ssoRoleMap.split(separator: ",").map(String.init) }
        if let ssoClockSkew { configuration.signOn.clockSkewSeconds = ssoClockSkew.milliseconds / 1_000 }
    }
}
