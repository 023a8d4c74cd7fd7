import FramedTransport
import GRPCCore
import ServiceLifecycle

/// Answers calls; on shutdown takes no new ones and lets the running ones end.
struct ListenerService: Service {
    let server: GRPCServer<FramedServerTransport>

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await server.serve()
        } onGracefulShutdown: {
            server.beginGracefulShutdown()
        }
    }
}
