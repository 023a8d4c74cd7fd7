import GRPCCore
import Synchronization

/// Runs a gRPC client for the time of a body.
///
/// A body may return or throw before the connections have begun to run, without having called anything: then nothing has
/// failed, although connections cannot begin any more. So what they end with counts only while the body runs.
///
/// - Parameters:
///   - transport: the way to the servers.
///   - interceptors: go around every call.
///   - isolation: where the body runs.
///   - body: makes the calls; when it returns or throws the client shuts down.
/// - Returns: what the body returns.
/// - Throws: what the body throws, and what ends the connections while it runs.
func withRunningClient<Transport: ClientTransport, Result: Sendable>(
    _ transport: Transport, interceptors: [any ClientInterceptor], isolation: isolated (any Actor)? = #isolation,
    _ body: (GRPCClient<Transport>) async throws -> Result
) async throws -> Result {
    try await withThrowingDiscardingTaskGroup { group in
        let client = GRPCClient(transport: transport, interceptors: interceptors)
        let hasEnded = Atomic(false)
        group.addTask {
            do {
                try await client.runConnections()
            } catch {
                guard hasEnded.load(ordering: .acquiring) else { throw error }
            }
        }
        defer {
            hasEnded.store(true, ordering: .releasing)
            client.beginGracefulShutdown()
        }
        return try await body(client)
    }
}
