package import FramedTransport

/// How a client's connections are encrypted: TLS 1.2 or later, with certificates in PEM files.
///
/// ```swift
/// var tls = HoldfastTLS()
/// tls.trustRootsFile = "/etc/holdfast/ca.pem"
/// configuration.tls = tls
/// ```
public struct HoldfastTLS: Hashable, Sendable {
    /// The authorities that are trusted: those of the system.
    public var trustRootsFile: String?
    /// The client's own certificate with its chain, for servers that demand one.
    public var certificateFile: String?
    /// The key of that certificate.
    public var keyFile: String?
    /// The name that the server's certificate must bear: the host of the endpoint.
    public var serverName: String?

    /// Trusts the authorities of the system and shows no certificate.
    public init() {}

    /// Reads the files.
    package func framed() throws(HoldfastConfigurationError) -> FramedClientTLS {
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw HoldfastConfigurationError("a client's certificate and its key go together")
        }
        do {
            return try FramedClientTLS(
                trustRootsFile: trustRootsFile, certificateFile: certificateFile, keyFile: keyFile,
                serverName: serverName)
        } catch {
            let files = [trustRootsFile, certificateFile, keyFile].compactMap(\.self).joined(separator: ", ")
            throw HoldfastConfigurationError("TLS cannot be set up from \(files.isEmpty ? "nothing" : files): \(error)")
        }
    }
}
