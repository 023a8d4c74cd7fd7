public import NIOCore
public import NIOSSL

/// How the connections of a framed server are encrypted.
public struct FramedServerTLS: Sendable {
    /// The name of the protocol in the negotiation of TLS (ALPN).
    public static let applicationProtocol = "baidu_std"

    /// Certificate, key and demands, replaceable while the server runs.
    public var context: FramedTLSContext

    /// Whether a client may also speak without encryption: no.
    ///
    /// The first byte tells: 0x16 begins a TLS handshake.
    public var acceptsPlainText = false

    /// Time from the acceptance of a connection to the end of its handshake: 5 s.
    public var handshakeTimeout = TimeAmount.seconds(5)

    /// Encrypts with a context that can be replaced.
    public init(context: FramedTLSContext) {
        self.context = context
    }

    /// Sets what every framed server demands of TLS: version 1.2 at the least, and the protocol's name.
    ///
    /// - Parameter configuration: Certificate, key, and what is demanded of clients; changed in place.
    public static func complete(_ configuration: inout TLSConfiguration) {
        if configuration.minimumTLSVersion < .tlsv12 { configuration.minimumTLSVersion = .tlsv12 }
        if !configuration.applicationProtocols.contains(applicationProtocol) {
            configuration.applicationProtocols.append(applicationProtocol)
        }
    }
}

extension TLSVersion {
    fileprivate static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.order < right.order }

    private var order: Int {
        switch self {
        case .tlsv1: 0
        case .tlsv11: 1
        case .tlsv12: 2
        case .tlsv13: 3
        }
    }
}
