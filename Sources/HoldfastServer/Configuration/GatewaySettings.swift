public import NIOCore
import PaymentGateways

/// A card gateway as it is set, before it is used.
public struct GatewaySettings: Hashable, Sendable {
    /// Where it is; nil where there is none.
    public var url: String?
    /// Its bearer secret.
    public var secret: String?
    /// How long an answer may take: 100 ms to 1 minute; default 10 s.
    public var timeLimit: TimeAmount = .seconds(10)
    /// How long a hold is good for where the gateway does not say: 1 hour to 365 days; nil, the default, for as long as it
    /// takes.
    public var holdValidity: TimeAmount?
    /// How long an attempt may stay unknown before it is counted as overdue: 1 minute to 365 days; default 7 days.
    public var overdueAfter: TimeAmount = .hours(7 * 24)

    /// No gateway.
    public init() {}

    /// The settings as they are used; nil where there is no gateway.
    ///
    /// Throws ``ServerConfigurationError`` that names the setting that is wrong, and never the secret.
    func validated() throws(ServerConfigurationError) -> HTTPCardGatewaySettings? {
        if let holdValidity, !(TimeAmount.hours(1)...TimeAmount.hours(365 * 24)).contains(holdValidity) {
            throw ServerConfigurationError(setting: "gateway-hold-validity", reason: "must be 1 hour to 365 days")
        }
        guard (TimeAmount.minutes(1)...TimeAmount.hours(365 * 24)).contains(overdueAfter) else {
            throw ServerConfigurationError(setting: "gateway-overdue-after", reason: "must be 1 minute to 365 days")
        }
        guard let url else {
            if secret != nil {
                throw ServerConfigurationError(setting: "gateway-url", reason: "is required with a gateway's secret")
            }
            return nil
        }
        guard let secret else {
            throw ServerConfigurationError(
                setting: "gateway-url",
                reason:
                    "needs a secret: HOLDFAST_GATEWAY_SECRET_FILE names a file with it, or HOLDFAST_GATEWAY_SECRET has it"
            )
        }
        let settings = HTTPCardGatewaySettings(url: url, secret: secret, timeLimit: timeLimit)
        if let problem = settings.problem {
            throw ServerConfigurationError(setting: "gateway-url", reason: "cannot be used: \(problem)")
        }
        return settings
    }
}
