import ArgumentParser
import HoldfastServer

/// Certificate and key of a server, for both ports.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "PEM file with the server's certificate, then those up to the authority: encrypts both ports.",
            valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("PEM file with the private key of the certificate.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "PEM file with authorities: clients must show a certificate that one of them signed.", valueName: "file"))
    var tlsClientCa: String?

    /// Sets what was given.
    func apply(to configuration: inout ServerConfiguration) {
        if let tlsCertificate { configuration.tlsCertificate = tlsCertificate }
        if let tlsKey { configuration.tlsKey = tlsKey }
        if let tlsClientCa { configuration.tlsClientAuthorities = tlsClientCa }
    }
}

/// What may be on or off.
enum Switch: String, ExpressibleByArgument, CaseIterable, Sendable {
    case on
    case off
}
