import GRPCNIOTransportHTTP2

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One gRPC port and how to reach it.
struct EventsTarget: Sendable {
    /// The name that the certificate must bear, where that is another one than the host's.
    let serverName: String?
    private let endpoint: HoldfastEndpoint
    private let tls: HoldfastTLS?

    init(_ endpoint: HoldfastEndpoint, _ tls: HoldfastTLS?) {
        self.endpoint = endpoint
        self.tls = tls
        serverName = tls?.serverName
    }

    /// The host in the transport's terms; numeric addresses need no look-up.
    var resolvable: any ResolvableTarget {
        var (four, six) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, endpoint.host, &four) == 1 { return .ipv4(address: endpoint.host, port: endpoint.port) }
        if inet_pton(AF_INET6, endpoint.host, &six) == 1 { return .ipv6(address: endpoint.host, port: endpoint.port) }
        return .dns(host: endpoint.host, port: endpoint.port)
    }

    /// The encryption in the transport's terms.
    var security: HTTP2ClientTransport.Posix.TransportSecurity {
        guard let tls else { return .plaintext }
        return .tls(
            .defaults { config in
                if let roots = tls.trustRootsFile {
                    config.trustRoots = .certificates([.file(path: roots, format: .pem)])
                }
                if let certificate = tls.certificateFile, let key = tls.keyFile {
                    config.certificateChain = [.file(path: certificate, format: .pem)]
                    config.privateKey = .file(path: key, format: .pem)
                }
            })
    }
}
