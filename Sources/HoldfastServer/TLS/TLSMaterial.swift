import NIOSSL

/// What the files of a TLS setting hold, read and found to fit together.
struct TLSMaterial: Sendable {
    private let chain: [NIOSSLCertificate]
    private let key: NIOSSLPrivateKey
    private let clientAuthorities: [NIOSSLCertificate]?

    /// Reads the files.
    init(_ files: TLSFiles) throws(TLSFileFailure) {
        chain = try Self.certificates(files.certificate)
        key = try Self.read(files.key, "holds no private key that can be read (PEM, without a passphrase)") { path in
            try NIOSSLPrivateKey(file: path, format: .pem)
        }
        if let path = files.clientAuthorities {
            clientAuthorities = try Self.certificates(path)
        } else {
            clientAuthorities = nil
        }
        // A key that belongs to another certificate shows here rather than at the first connection.
        _ = try Self.read(files.key, "does not belong to the certificate in \(files.certificate)") { _ in
            try NIOSSLContext(configuration: configuration(applicationProtocol: ""))
        }
    }

    /// When the first certificate of the chain expires, in seconds since 1970.
    ///
    /// Those of the authorities in between count as well: with them expired clients refuse the server too.
    var expiry: Int64 { chain.map { Int64($0.notValidAfter) }.min() ?? 0 }

    /// The context of a port: TLS 1.2 or later, forward secrecy and authenticated encryption only.
    func context(applicationProtocol: String) throws -> NIOSSLContext {
        try NIOSSLContext(configuration: configuration(applicationProtocol: applicationProtocol))
    }

    private func configuration(applicationProtocol: String) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        if !applicationProtocol.isEmpty { configuration.applicationProtocols = [applicationProtocol] }
        if let clientAuthorities {
            // Names in a client's certificate are not compared with anything: who signed it is what counts.
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(clientAuthorities)
            configuration.sendCANameList = true
        }
        return configuration
    }

    private static func certificates(_ path: String) throws(TLSFileFailure) -> [NIOSSLCertificate] {
        let found = try read(path, "holds no certificate that can be read (PEM)") { path in
            try NIOSSLCertificate.fromPEMFile(path)
        }
        guard !found.isEmpty else { throw TLSFileFailure(path: path, reason: "holds no certificate (PEM)") }
        return found
    }

    private static func read<T>(
        _ path: String, _ reason: String, _ body: (String) throws -> T
    ) throws(TLSFileFailure) -> T {
        do {
            return try body(path)
        } catch {
            let whole = FileStamp(path) == nil ? "cannot be read" : reason
            throw TLSFileFailure(path: path, reason: whole)
        }
    }
}
