/// Where a server's certificate and key are, for all of its ports.
public struct TLSFiles: Hashable, Sendable {
    /// PEM file with the certificate, then those between it and the authority that clients trust.
    public var certificate: String
    /// PEM file with the private key, without a passphrase.
    public var key: String
    /// PEM file with the authorities whose certificates clients must show; `nil` asks for none.
    public var clientAuthorities: String?

    /// Names the files; they are read when a server starts, and again whenever they change.
    public init(certificate: String, key: String, clientAuthorities: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }

    /// All files.
    var paths: [String] { [certificate, key] + (clientAuthorities.map { [$0] } ?? []) }
}

/// A certificate, a key or authorities that cannot be used.
public struct TLSFileFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// What is wrong with it.
    public var reason: String

    /// File and reason in one line.
    public var description: String { "\(path): \(reason)" }
}
