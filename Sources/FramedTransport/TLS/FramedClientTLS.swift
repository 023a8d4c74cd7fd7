public import NIOSSL

/// How the connections of a framed client are encrypted.
public struct FramedClientTLS: Hashable, Sendable {
    /// What is trusted, and what is shown.
    public var context: NIOSSLContext
    /// The name that the server's certificate must bear; `nil` for the host of the address.
    public var serverName: String?

    /// Encrypts with a context of the caller's own making.
    public init(context: NIOSSLContext, serverName: String? = nil) {
        self.context = context
        self.serverName = serverName
    }

    /// Encrypts with TLS 1.2 or later, and reads what it takes from PEM files.
    ///
    /// - Parameters:
    ///   - trustRootsFile: The authorities that are trusted; `nil` for those of the system.
    ///   - certificateFile: The client's own certificate with its chain, for servers that demand one.
    ///   - keyFile: The key of that certificate.
    ///   - serverName: The name that the server's certificate must bear; `nil` for the host of the address.
    /// - Throws: What is wrong with the files.
    public init(
        trustRootsFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
        serverName: String? = nil
    ) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = [FramedServerTLS.applicationProtocol]
        if let trustRootsFile { configuration.trustRoots = .file(trustRootsFile) }
        if let certificateFile {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificateFile).map {
                .certificate($0)
            }
        }
        if let keyFile {
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
        }
        self.init(context: try NIOSSLContext(configuration: configuration), serverName: serverName)
    }

    /// Whether both use the same context and name.
    public static func == (left: FramedClientTLS, right: FramedClientTLS) -> Bool {
        left.context === right.context && left.serverName == right.serverName
    }

    /// Hashes the identity of the context, and the name.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(context))
        hasher.combine(serverName)
    }
}
