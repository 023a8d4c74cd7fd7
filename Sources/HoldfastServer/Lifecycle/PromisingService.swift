import OrderProcessing
import OrderPromising
import ServiceLifecycle

/// Runs order promising and order processing, and follows who may call, once the schema is known to be right and somebody can call.
struct PromisingService: Service {
    let promising: OrderPromising
    let processing: OrderProcessing
    let schemaGate: SchemaGate
    let startGate: StartGate
    let gate: AccessGate

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await schemaGate.pass()
                try await gate.requireSomeCredentials()
            } catch is CancellationError {
                return
            }
            startGate.open()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await gate.run() }
                group.addTask { await promising.run() }
                group.addTask { await processing.run() }
                group.addTask { try await schemaGate.watch() }
                while try await group.next() != nil {}
            }
        }
    }
}
