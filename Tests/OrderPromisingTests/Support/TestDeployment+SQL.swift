import HoldfastTesting
import PostgresClient

extension TestDeployment {
    /// The number that a query answers.
    func number(_ sql: String) async throws -> Int64 {
        let statement = PostgresStatement("test \(sql)", sql)
        return try await pool.withConnection { connection in try connection.execute(statement).single.int64(0) }
    }

    /// The text that a query answers.
    func text(_ sql: String) async throws -> String {
        let statement = PostgresStatement("test \(sql)", sql)
        return try await pool.withConnection { connection in try connection.execute(statement).single.text(0) }
    }

    /// Runs statements that only a test would.
    func run(_ sql: String) async throws {
        try await pool.withConnection { connection in try connection.executeScript(sql) }
    }
}
