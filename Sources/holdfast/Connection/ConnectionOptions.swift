import ArgumentParser
import HoldfastClient

/// What a command shows to be let in, and how its connections are encrypted.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            File with the API key (default: HOLDFAST_API_KEY_FILE; the key itself may stand in HOLDFAST_API_KEY). A key \
            is never an argument: everybody on the machine can read those.
            """, valueName: "file"))
    var apiKeyFile: String?

    @Flag(help: "Encrypt the connection (also: HOLDFAST_TLS=true).")
    var tls = false

    @Option(
        name: .customLong("tls-ca"),
        help: ArgumentHelp(
            "Authorities to trust, PEM (default: HOLDFAST_TLS_CA, else those of the system). Encrypts.",
            valueName: "file"))
    var tlsCA: String?

    @Option(
        help: ArgumentHelp(
            "This client's certificate, PEM, for servers that demand one (default: HOLDFAST_TLS_CLIENT_CERTIFICATE). "
                + "Encrypts.",
            valueName: "file"))
    var tlsCertificate: String?

    @Option(
        help: ArgumentHelp("The certificate's key, PEM (default: HOLDFAST_TLS_CLIENT_KEY).", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Name that the server's certificate must bear (default: HOLDFAST_TLS_SERVER_NAME, else the host). Encrypts.",
            valueName: "name"))
    var tlsServerName: String?

    mutating func validate() throws {
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key go together")
        }
    }

    /// Sets what was given, by options before environment variables.
    func apply(
        to configuration: inout HoldfastClientConfiguration,
        environment: (String) -> String? = Terminal.environment
    ) throws {
        if let file = apiKeyFile {
            configuration.credential = .apiKeyFile(file)
        } else if let key = environment("HOLDFAST_API_KEY") {
            configuration.credential = .apiKey(key)
        } else if let file = environment("HOLDFAST_API_KEY_FILE") {
            configuration.credential = .apiKeyFile(file)
        }
        var settings = HoldfastTLS()
        settings.trustRootsFile = tlsCA ?? environment("HOLDFAST_TLS_CA")
        settings.certificateFile = tlsCertificate ?? environment("HOLDFAST_TLS_CLIENT_CERTIFICATE")
        settings.keyFile = tlsKey ?? environment("HOLDFAST_TLS_CLIENT_KEY")
        settings.serverName = tlsServerName ?? environment("HOLDFAST_TLS_SERVER_NAME")
        let isAskedFor = try tls || Self.isTrue("HOLDFAST_TLS", environment)
        if isAskedFor || settings != HoldfastTLS() { configuration.tls = settings }
    }

    private static func isTrue(_ name: String, _ environment: (String) -> String?) throws -> Bool {
        switch environment(name)?.lowercased() {
        case nil, "false", "no", "0", "off": return false
        case "true", "yes", "1", "on": return true
        default: throw CommandFailure(.invalid, "\(name) is neither true nor false")
        }
    }
}
