import FramedTransport
import Logging
import OrderPromising
import ServiceLifecycle

/// Tells once that the server listens and both stores are loaded.
struct ReadinessService: Service {
    let transport: FramedServerTransport
    let asked: FramedAddress
    let promising: OrderPromising
    let logger: Logger
    let onReady: @Sendable (ListeningAddresses) async throws -> Void

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                let address = try await listeningAddress()
                logger.info("listening", metadata: ["tcp": "\(address)"])
                while !promising.isReady { try await Task.sleep(for: .milliseconds(20)) }
                let addresses = ListeningAddresses(tcp: address)
                try await onReady(addresses)
                logger.info("ready", metadata: ["tcp": "\(address)"])
                try await gracefulShutdown()
            } catch is CancellationError {
                return
            }
        }
    }

    private func listeningAddress() async throws -> FramedAddress {
        do {
            return try await transport.listeningAddress
        } catch {
            throw ListenFailure(asked, error)
        }
    }
}
