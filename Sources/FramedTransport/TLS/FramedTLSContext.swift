public import NIOSSL
import Synchronization

/// The certificate and key that new connections get, and what they demand of clients.
///
/// It can be replaced while the server runs: connections that exist keep what they began with.
public final class FramedTLSContext: Sendable {
    private let context: Mutex<NIOSSLContext>

    /// Begins with a context.
    public init(_ context: NIOSSLContext) {
        self.context = Mutex(context)
    }

    /// What a new connection gets now.
    public var current: NIOSSLContext { context.withLock { $0 } }

    /// Has new connections get another context from now on.
    public func replace(_ context: NIOSSLContext) {
        self.context.withLock { $0 = context }
    }
}
