public import FramedTransport
import Logging

/// Where a server listens, one address a port.
public struct ListeningAddresses: Hashable, Sendable, CustomStringConvertible {
    /// The framed protocol.
    public var tcp: FramedAddress
    /// gRPC over HTTP/2; `nil` where it is off.
    public var grpc: FramedAddress?
    /// Metrics and health; `nil` where they are off.
    public var admin: FramedAddress?

    /// Makes a list of addresses.
    public init(tcp: FramedAddress, grpc: FramedAddress? = nil, admin: FramedAddress? = nil) {
        self.tcp = tcp
        self.grpc = grpc
        self.admin = admin
    }

    /// `tcp=HOST:PORT grpc=HOST:PORT admin=HOST:PORT`, without those that are off.
    public var description: String {
        var text = "tcp=\(tcp)"
        if let grpc { text += " grpc=\(grpc)" }
        if let admin { text += " admin=\(admin)" }
        return text
    }

    /// The same as fields of a log line.
    var metadata: Logger.Metadata {
        var fields: Logger.Metadata = ["tcp": "\(tcp)"]
        if let grpc { fields["grpc"] = "\(grpc)" }
        if let admin { fields["admin"] = "\(admin)" }
        return fields
    }
}
