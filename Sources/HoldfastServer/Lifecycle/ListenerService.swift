import FramedTransport
import GRPCCore
import HoldfastServices
import Logging
import ServiceLifecycle

/// Answers calls on both ports; on shutdown takes no new ones and lets the running ones end.
struct ListenerService: Service {
    let framed: GRPCServer<FramedServerTransport>
    let http2: GRPCServer<HTTP2Transport>
    let framedAddress: FramedAddress
    let http2Address: FramedAddress
    let serving: ServingState
    let logger: Logger

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { try await serve(framed, at: framedAddress) }
                group.addTask { try await serve(http2, at: http2Address) }
            }
        } onGracefulShutdown: {
            logger.info("stopping: running calls may end, new ones are refused")
            // Those who watch the server's health hear of it before the first call is refused.
            serving.beginDrain()
            framed.beginGracefulShutdown()
            http2.beginGracefulShutdown()
        }
    }

    private func serve<Transport>(_ server: GRPCServer<Transport>, at address: FramedAddress) async throws {
        do {
            try await server.serve()
        } catch let error as RuntimeError where error.code == .transportError {
            throw ListenFailure(address, error)
        }
    }
}
