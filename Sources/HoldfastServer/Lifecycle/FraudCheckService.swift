import Logging
import ReviewHook
import ServiceLifecycle

/// Keeps the connections to a fraud check for as long as orders are reviewed.
struct FraudCheckService: Service {
    let check: HTTPFraudCheck
    let logger: Logger

    func run() async throws {
        do {
            try await gracefulShutdown()
        } catch {
            // Cancelled: the connections are closed all the same.
        }
        do {
            try await check.close()
        } catch {
            logger.warning("the fraud check's connections are not closed", metadata: ["error": "\(error)"])
        }
    }
}
