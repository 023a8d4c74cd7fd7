import ArgumentParser
import HoldfastServer
import NIOCore

/// Where the card gateway of a server is.
struct GatewayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Address of the card gateway, https://…; its secret stands in the file that HOLDFAST_GATEWAY_SECRET_FILE \
            names, or in HOLDFAST_GATEWAY_SECRET, never in an argument.
            """, valueName: "url"))
    var gatewayURL: String?

    @Option(help: ArgumentHelp("How long an answer of it may take: 100ms to 1m (default: 10s).", valueName: "time"))
    var gatewayTimeout: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "How long a hold is good for where the gateway does not say: 1h to 365d (default: as long as it takes).",
            valueName: "time"))
    var gatewayHoldValidity: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "How long an attempt may stay unknown before it is counted as overdue: 1m to 365d (default: 7d).",
            valueName: "time"))
    var gatewayOverdueAfter: TimeSpan?

    /// Sets what was given.
    func apply(to configuration: inout ServerConfiguration) {
        if let gatewayURL { configuration.gateway.url = gatewayURL }
        if let gatewayTimeout { configuration.gateway.timeLimit = .milliseconds(gatewayTimeout.milliseconds) }
        if let gatewayHoldValidity {
            configuration.gateway.holdValidity = .milliseconds(gatewayHoldValidity.milliseconds)
        }
        if let gatewayOverdueAfter {
            configuration.gateway.overdueAfter = .milliseconds(gatewayOverdueAfter.milliseconds)
        }
    }
}
