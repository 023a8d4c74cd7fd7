public import Logging
import PostgresClient

extension Ledger {
    /// Brings the schema up to this program's version.
    public func migrate(logger: Logger) async throws {
        try await onConnection { c in try c.executeScript(String(decoding: PackageResources.v0001_core_sql, as: UTF8.self)) }
    }
}
