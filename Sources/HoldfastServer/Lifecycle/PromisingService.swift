import OrderPromising
import ServiceLifecycle

/// Runs order promising once the schema is known to be right.
struct PromisingService: Service {
    let promising: OrderPromising
    let schemaGate: SchemaGate
    let startGate: StartGate

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await schemaGate.pass()
            } catch is CancellationError {
                return
            }
            startGate.open()
            await promising.run()
        }
    }
}
