import FramedTransport
import Logging
import OrderPromising
import ServiceLifecycle

/// Tells once that the server listens and both stores are loaded.
struct ReadinessService: Service {
    let framed: FramedServerTransport
    let http2: HTTP2Transport
    let asked: ListeningAddresses
    let promising: OrderPromising
    let logger: Logger
    let admin: AdminService?
    let readiness: Readiness
    let onReady: @Sendable (ListeningAddresses) async throws -> Void

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                var addresses = try await listeningAddresses()
                addresses.admin = try await admin?.listeningAddress
                logger.info("listening", metadata: addresses.metadata)
                readiness.listens()
                while !promising.isReady { try await Task.sleep(for: .milliseconds(20)) }
                try await onReady(addresses)
                logger.info("ready", metadata: addresses.metadata)
                try await gracefulShutdown()
            } catch is CancellationError {
                return
            }
        }
    }

    private func listeningAddresses() async throws -> ListeningAddresses {
        var addresses = asked
        do {
            addresses.tcp = try await framed.listeningAddress
        } catch {
            throw ListenFailure(asked.tcp, error)
        }
        do {
            addresses.grpc = try await http2.listeningAddress
        } catch {
            throw ListenFailure(asked.grpc ?? asked.tcp, error)
        }
        return addresses
    }
}
