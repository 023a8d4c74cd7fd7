package import NIOCore

/// Where a server listens.
public struct FramedAddress: Hashable, Sendable, CustomStringConvertible {
    /// The two kinds of address.
    public enum Kind: Hashable, Sendable {
        /// A TCP port of a host; the host is a name or a numeric address.
        case tcp(host: String, port: Int)
        /// A unix domain socket.
        case unixDomainSocket(path: String)
    }

    /// What kind of address this is.
    public let kind: Kind

    /// A TCP port; port 0 lets the system choose one when listening.
    public static func tcp(host: String, port: Int) -> FramedAddress {
        FramedAddress(kind: .tcp(host: host, port: port))
    }

    /// A unix domain socket.
    public static func unixDomainSocket(path: String) -> FramedAddress {
        FramedAddress(kind: .unixDomainSocket(path: path))
    }

    private init(kind: Kind) {
        self.kind = kind
    }

    package init?(_ address: SocketAddress?) {
        switch address {
        case .v4, .v6:
            guard let host = address?.ipAddress, let port = address?.port else { return nil }
            self = .tcp(host: host, port: port)
        case .unixDomainSocket:
            guard let path = address?.pathname else { return nil }
            self = .unixDomainSocket(path: path)
        case nil: return nil
        }
    }

    /// The name of the host; `nil` where there is none, or only a number.
    var hostName: String? {
        guard case .tcp(let host, _) = kind else { return nil }
        do {
            _ = try SocketAddress(ipAddress: host, port: 0)
            return nil
        } catch {
            return host
        }
    }

    /// The TCP port, if this is one.
    public var port: Int? {
        guard case .tcp(_, let port) = kind else { return nil }
        return port
    }

    /// `host:port`, with brackets around an IPv6 host, or `unix:path`.
    public var description: String {
        switch kind {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixDomainSocket(let path): "unix:\(path)"
        }
    }
}

extension SocketAddress {
    /// How gRPC names a peer: `ipv4:127.0.0.1:31415`, `ipv6:[::1]:443`, `unix:/run/x`.
    var peerName: String {
        switch self {
        case .v4: "ipv4:\(ipAddress ?? "unknown"):\(port ?? 0)"
        case .v6: "ipv6:[\(ipAddress ?? "unknown")]:\(port ?? 0)"
        case .unixDomainSocket: "unix:\(pathname ?? "")"
        }
    }
}
