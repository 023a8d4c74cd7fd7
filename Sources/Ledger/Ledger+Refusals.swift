import Domain
import PostgresClient

extension Ledger {
    /// What a caller is told of an error: refusals and faults pass, errors of PostgreSQL become refusals.
    public static func refusal(of error: any Error) -> any Error {
        guard let error = error as? PostgresError else { return error }
        if error.isOutcomeUnknown { return Refusal.outcomeUnknown("the ledger did not confirm the commit") }
        switch error.kind {
        case .connectionLost, .unavailable:
            return Refusal.unavailable("the ledger cannot be reached", retryAfterMilliseconds: 200)
        case .timedOut:
            return Refusal.unavailable("the ledger does not answer", retryAfterMilliseconds: 1_000)
        case .closed:
            return Refusal.unavailable("the server is stopping", retryAfterMilliseconds: 250)
        case .poolExhausted:
            return Refusal.unavailable("the ledger is busy", retryAfterMilliseconds: 100)
        case .server(let state) where state == .deadlockDetected || state == .serializationFailure:
            return Refusal.unavailable("the ledger asks to try again", retryAfterMilliseconds: 10)
        case .server(let state) where state == .queryCanceled || state == .lockNotAvailable:
            return Refusal.unavailable("the ledger took too long", retryAfterMilliseconds: 200)
        case .server(.readOnlyTransaction):
            return Refusal.unavailable(
                "the ledger takes no changes: PostgreSQL is read-only or a standby", retryAfterMilliseconds: 1_000)
        case .server(.insufficientResources):
            return Refusal.unavailable(
                "the ledger is short of disk, memory or connections", retryAfterMilliseconds: 1_000)
        default:
            return error
        }
    }

    /// Runs a body on a connection and translates what PostgreSQL throws.
    func onConnection<R: Sendable>(_ body: @escaping @Sendable (PostgresConnection) throws -> R) async throws -> R {
        do {
            return try await pool.withConnection { connection in try Ledger.tidily(connection, body) }
        } catch {
            throw Ledger.refusal(of: error)
        }
    }
}
