import OrderPromising
import ServiceLifecycle

/// Runs order promising once the schema is known to be right.
struct PromisingService: Service {
    let promising: OrderPromising
    let gate: SchemaGate

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await gate.pass()
            } catch is CancellationError {
                return
            }
            await promising.run()
        }
    }
}
