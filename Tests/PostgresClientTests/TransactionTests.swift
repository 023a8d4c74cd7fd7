import PostgresClient
import PrivateStores
import Testing

@Suite("A transaction", PostgresServer())
struct TransactionTests {
    private struct Refusal: Error {}

    private func withTable(
        connections: Int = 2, _ body: (PostgresPool, String) async throws -> Void
    ) async throws {
        let table = PostgresServer.tableName()
        try await PostgresServer.withPool(connections: connections) { pool in
            try await pool.script("CREATE TABLE \(table) (n bigint PRIMARY KEY)")
            try await body(pool, table)
        }
    }

    @Test("commits when its body returns and rolls back when it throws")
    func commitAndRollback() async throws {
        try await self.withTable { pool, table in
            let insert = PostgresStatement(sql: "INSERT INTO \(table) VALUES ($1)")
            let value = try await pool.withTransaction { connection in
                try connection.execute(insert, [.int64(1)])
                return connection.isInTransaction
            }
            #expect(value)
            await #expect(throws: Refusal.self) {
                try await pool.withTransaction { connection in
                    try connection.execute(insert, [.int64(2)])
                    throw Refusal()
                }
            }
            await #expect(throws: Refusal.self) {
                try await pool.withTransaction { _ in throw Refusal() }
            }
            try await pool.withTransaction { _ in }
            #expect(try await pool.number("SELECT sum(n)::bigint FROM \(table)") == 1)
        }
    }

    @Test("is not committed when its body hid an error")
    func hiddenError() async throws {
        try await self.withTable { (pool, table) async throws in
            let insert = PostgresStatement(sql: "INSERT INTO \(table) VALUES ($1)")
            await #expect {
                try await pool.withTransaction { connection in
                    try connection.execute(insert, [.int64(1)])
                    #expect(throws: PostgresError.self) { try connection.execute(insert, [.int64(1)]) }
                }
            } throws: { error in
                guard let error = error as? PostgresError else { return false }
                return error.kind == .transactionAborted && !error.isOutcomeUnknown
            }
            await #expect {
                try await pool.withConnection { connection in
                    try connection.pipeline([(.begin, []), (insert, [.int64(5)])])
                    #expect(throws: PostgresError.self) { try connection.execute(insert, [.int64(5)]) }
                    try connection.execute(.commit)
                }
            } throws: { ($0 as? PostgresError)?.kind == .transactionAborted }
            #expect(try await pool.number("SELECT count(*) FROM \(table)") == 0)
        }
    }

    @Test("sees what others commit meanwhile, whatever the database's default is")
    func readCommitted() async throws {
        try await self.withTable { (pool, table) async throws in
            try await pool.withConnection { connection in
                try connection.executeScript("SET default_transaction_isolation = 'repeatable read'")
                let level = try connection.pipeline([
                    (.begin, []), (PostgresStatement(sql: "SHOW transaction_isolation"), []), (.commit, []),
                ])[1].single.text(0)
                #expect(level == "read committed")
                try connection.executeScript("RESET default_transaction_isolation")
            }
        }
    }

    @Test("that a body leaves open is rolled back before the connection is lent again")
    func leftOpen() async throws {
        try await self.withTable(connections: 1) { pool, table in
            let insert = PostgresStatement(sql: "INSERT INTO \(table) VALUES ($1)")
            try await pool.withConnection { connection in
                try connection.pipeline([(.begin, []), (insert, [.int64(1)])])
            }
            await #expect(throws: PostgresError.self) {
                try await pool.withConnection { connection in
                    try connection.execute(.begin)
                    try connection.execute(PostgresStatement(sql: "SELECT 1/0"))
                }
            }
            try await pool.withConnection { connection in
                #expect(!connection.isInTransaction)
            }
            #expect(try await pool.number("SELECT count(*) FROM \(table)") == 0)
        }
    }

    @Test("can be ended by its body, with the last statement's round trip")
    func endedByBody() async throws {
        try await self.withTable { pool, table in
            let insert = PostgresStatement(sql: "INSERT INTO \(table) VALUES ($1)")
            try await pool.withTransaction(.serializable) { connection in
                try connection.pipeline([
                    (insert, [.int64(1)]), (insert, [.int64(2)]), (PostgresTransactionMode.serializable.commit, []),
                ])
                #expect(!connection.isInTransaction)
            }
            #expect(try await pool.number("SELECT count(*) FROM \(table)") == 2)
        }
    }

    @Test("has the isolation and access that was asked for", arguments: PostgresTransactionMode.allCases)
    func modes(mode: PostgresTransactionMode) async throws {
        try await PostgresServer.withPool(connections: 1) { pool in
            let (isolation, access) = try await pool.withTransaction(mode) { connection in
                let row = try connection.execute(
                    PostgresStatement(
                        sql: "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"
                    )
                ).single
                return (try row.text(0), try row.text(1))
            }
            switch mode {
            case .readCommitted: #expect(isolation == "read committed" && access == "off")
            case .readCommittedReadOnly: #expect(isolation == "read committed" && access == "on")
            case .repeatableRead: #expect(isolation == "repeatable read" && access == "off")
            case .repeatableReadReadOnly: #expect(isolation == "repeatable read" && access == "on")
            case .serializable: #expect(isolation == "serializable" && access == "off")
            }
        }
    }

    @Test("does not nest")
    func nesting() async throws {
        try await self.withTable { pool, table in
            await #expect {
                try await pool.withTransaction { connection in
                    try connection.transaction { _ in }
                }
            } throws: { ($0 as? PostgresError)?.kind == .server(.invalidTransactionState) }
        }
    }

    @Test("runs scripts inside itself, and savepoints")
    func scriptsAndSavepoints() async throws {
        try await self.withTable { pool, table in
            await #expect(throws: Refusal.self) {
                try await pool.withTransaction { connection in
                    try connection.executeScript("INSERT INTO \(table) VALUES (1); INSERT INTO \(table) VALUES (2)")
                    throw Refusal()
                }
            }
            try await pool.withTransaction { connection in
                let insert = PostgresStatement(sql: "INSERT INTO \(table) VALUES ($1)")
                try connection.pipeline([
                    (insert, [.int64(1)]), (PostgresStatement(sql: "SAVEPOINT s"), []),
                ])
                #expect(throws: PostgresError.self) { try connection.execute(insert, [.int64(1)]) }
                try connection.execute(PostgresStatement(sql: "ROLLBACK TO SAVEPOINT s"))
                try connection.execute(insert, [.int64(9)])
            }
            #expect(try await pool.number("SELECT sum(n)::bigint FROM \(table)") == 10)
        }
    }

    @Test("that loses against another one is retryable")
    func retryable() async throws {
        try await self.withTable { pool, table in
            try await pool.script("INSERT INTO \(table) VALUES (1)")
            let connectionString = try PostgresServer.current.connectionString()
            let update = PostgresStatement(sql: "UPDATE \(table) SET n = n")
            await #expect {
                try await pool.withTransaction(.repeatableRead) { connection in
                    try connection.execute(PostgresStatement(sql: "SELECT * FROM \(table)"))
                    // Another session changes the row meanwhile.
                    try connection.executeScript("CREATE EXTENSION IF NOT EXISTS dblink")
                    let other = PostgresStatement(sql: "SELECT dblink_exec($1, $2)")
                    try connection.execute(
                        other, [.text(connectionString), .text(update.sql)])
                    try connection.execute(update)
                }
            } throws: { error in
                guard let error = error as? PostgresError else { return false }
                return error.kind == .server(.serializationFailure) && error.isRetryable
            }
        }
    }
}
