import FramedTransport
import GRPCCore
import NIOPosix

/// A client for the time of one command.
enum ServerConnection {
    /// Connects, runs `body` with a client, and disconnects.
    static func with<R: Sendable>(
        _ address: ServerAddress, _ body: (GRPCClient<FramedClientTransport>) async throws -> R
    ) async throws -> R {
        let transport = FramedClientTransport(
            host: address.host, port: address.port, eventLoopGroup: .singletonMultiThreadedEventLoopGroup)
        return try await withGRPCClient(transport: transport) { client in try await body(client) }
    }
}
