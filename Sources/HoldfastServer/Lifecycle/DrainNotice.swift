import ServiceLifecycle

/// Tells at the very beginning of a stop that no calls are taken any more, so that load balancers look elsewhere.
///
/// It stands last among the services, which are stopped from the last to the first.
struct DrainNotice: Service {
    let readiness: Readiness

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await gracefulShutdown()
        } onGracefulShutdown: {
            readiness.drains()
        }
    }
}
