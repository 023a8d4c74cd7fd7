public import HoldfastClient

/// Where the service is, as the environment of this process says.
public enum ServiceSettings {
    /// Reads `HOLDFAST_SERVER`, `HOLDFAST_API_KEY_FILE`, `HOLDFAST_TLS_CA` and `HOLDFAST_TLS_SERVER_NAME`.
    ///
    /// - Parameter environment: The variables.
    /// - Returns: A configuration; without a server named it is the one that `holdfast dev` starts.
    /// - Throws: `HoldfastConfigurationError`.
    public static func configuration(_ environment: [String: String]) throws -> HoldfastClientConfiguration {
        let servers = environment["HOLDFAST_SERVER"] ?? "127.0.0.1:7411"
        var configuration = HoldfastClientConfiguration(endpoints: try HoldfastEndpoint.list(servers))
        if let file = environment["HOLDFAST_API_KEY_FILE"] { configuration.credential = .apiKeyFile(file) }
        if let file = environment["HOLDFAST_TLS_CA"] {
            var tls = HoldfastTLS()
            tls.trustRootsFile = file
            tls.serverName = environment["HOLDFAST_TLS_SERVER_NAME"]
            configuration.tls = tls
        }
        return configuration
    }
}
