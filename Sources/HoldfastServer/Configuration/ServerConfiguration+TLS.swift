extension ServerConfiguration {
    /// Certificate and key of both ports; `nil` where connections are not encrypted.
    public var tls: TLSFiles? {
        guard let tlsCertificate, let tlsKey else { return nil }
        return TLSFiles(certificate: tlsCertificate, key: tlsKey, clientAuthorities: tlsClientAuthorities)
    }

    /// Checks that the files of TLS are named together.
    func validateTLS() throws(ServerConfigurationError) {
        if tlsCertificate != nil, tlsKey == nil {
            throw ServerConfigurationError(setting: "tls-key", reason: "is missing: a certificate needs its key")
        }
        if tlsKey != nil, tlsCertificate == nil {
            throw ServerConfigurationError(setting: "tls-certificate", reason: "is missing: a key needs a certificate")
        }
        if tlsClientAuthorities != nil, tlsCertificate == nil {
            throw ServerConfigurationError(
                setting: "tls-client-ca",
                reason: "needs tls-certificate and tls-key: client certificates are part of TLS")
        }
    }
}
