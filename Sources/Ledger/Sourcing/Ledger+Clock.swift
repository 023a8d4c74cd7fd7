public import Domain
import PostgresClient

extension Ledger {
    private static let clock = PostgresStatement("clock", "SELECT clock_timestamp()", access: .readOnly)

    /// The moment by PostgreSQL's clock.
    public func now() async throws -> Instant {
        try await onConnection { connection in
            guard let row = try connection.execute(Ledger.clock).first else { throw LedgerFault.planOutdated }
            return Instant(microseconds: try row.timestamp(0))
        }
    }
}
