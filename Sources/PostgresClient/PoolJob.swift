/// One piece of work that waits for a connection.
final class PoolJob {
    /// Names a job for the caller that may withdraw it; its identity is all there is to it.
    final class Ticket: Sendable {}

    /// Names the job, if it can be withdrawn.
    let ticket: Ticket?

    /// When the caller does not want to wait any longer.
    let deadline: UInt64

    /// Runs the body and returns how to tell the caller, for when the connection is idle again.
    let run: (PostgresConnection) -> () -> Void

    /// Tells the caller that the body was not run.
    let fail: (any Error) -> Void

    /// Makes a job from a body and a way to tell its result.
    init<R: Sendable>(
        deadline: UInt64, ticket: Ticket? = nil, body: @escaping @Sendable (PostgresConnection) throws -> R,
        complete: @escaping (Result<R, any Error>) -> Void
    ) {
        self.ticket = ticket
        self.deadline = deadline
        self.run = { connection in
            let result = Result { try body(connection) }
            return { complete(result) }
        }
        self.fail = { complete(.failure($0)) }
    }
}
