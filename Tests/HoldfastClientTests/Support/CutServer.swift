import HoldfastClient
import NIOCore
import NIOPosix
import Synchronization

/// Reads one request of each connection and cuts the connection without an answer.
final class CutServer: Sendable {
    private let count = Mutex(0)

    /// Connections on which something arrived.
    var requests: Int { count.withLock { $0 } }

    /// Starts a server, runs `body`, and stops it.
    static func with<R: Sendable>(
        _ body: (CutServer, HoldfastEndpoint) async throws -> R
    ) async throws -> R {
        let server = CutServer()
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<R, any Error>
        do {
            let endpoint = HoldfastEndpoint(host: "127.0.0.1", port: listener.localAddress?.port ?? 0)
            result = .success(try await body(server, endpoint))
        } catch {
            result = .failure(error)
        }
        try await listener.close()
        return try result.get()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let server: CutServer
        private var hasRead = false

        init(_ server: CutServer) {
            self.server = server
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !hasRead else { return }
            hasRead = true
            server.count.withLock { $0 += 1 }
            context.close(promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
