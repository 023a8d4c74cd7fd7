import HoldfastTesting
import PostgresClient

extension TestDeployment {
    /// Numbers of one column, asked of the database itself.
    func numbers(_ sql: String, _ values: [PostgresValue] = []) async throws -> [Int64] {
        let statement = PostgresStatement("test \(sql)", sql)
        return try await pool.withConnection { connection in
            try connection.execute(statement, values).map { try $0.int64(0) }
        }
    }

    /// Runs statements that only a test would.
    func run(_ sql: String) async throws {
        try await pool.withConnection { connection in try connection.executeScript(sql) }
    }
}
