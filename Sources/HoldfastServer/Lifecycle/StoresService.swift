import PaymentGateways
import PostgresClient
import RedisClient
import ServiceLifecycle

/// Keeps the connections to both stores and to the card gateway for as long as anything uses them.
struct StoresService: Service {
    let redis: RedisClient
    let pool: PostgresPool
    let gateway: HTTPCardGateway?

    func run() async throws {
        redis.start()
        do {
            try await gracefulShutdown()
        } catch {
            // Cancelled: the connections are closed all the same.
        }
        await redis.shutdown()
        await pool.shutdown()
        try await gateway?.shutdown()
    }
}
