import FramedTransport
import GRPCCore
import Logging
import ServiceLifecycle

/// Answers calls; on shutdown takes no new ones and lets the running ones end.
struct ListenerService: Service {
    let server: GRPCServer<FramedServerTransport>
    let address: FramedAddress
    let logger: Logger

    func run() async throws {
        do {
            try await withGracefulShutdownHandler {
                try await server.serve()
            } onGracefulShutdown: {
                logger.info("stopping: running calls may end, new ones are refused")
                server.beginGracefulShutdown()
            }
        } catch let error as RuntimeError where error.code == .transportError {
            throw ListenFailure(address, error)
        }
    }
}
