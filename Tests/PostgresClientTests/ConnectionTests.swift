import PostgresClient
import PrivateStores
import Testing

@Suite("A connection", PostgresServer())
struct ConnectionTests {
    private func isServerError(_ error: any Error, _ state: SQLState) -> Bool {
        guard case .server(let actual)? = (error as? PostgresError)?.kind else { return false }
        return actual.matches(state)
    }

    @Test("executes statements again and again, with the types of each time")
    func variants() async throws {
        try await PostgresServer.withPool(connections: 1) { pool in
            try await pool.withConnection { connection in
                let typeOf = PostgresStatement("type_of", "SELECT pg_typeof($1)::text")
                for _ in 0..<3 {
                    #expect(try connection.execute(typeOf, [.int32(1)]).single.text(0) == "integer")
                    #expect(try connection.execute(typeOf, [.int64(1)]).single.text(0) == "bigint")
                    #expect(try connection.execute(typeOf, [.text("")]).single.text(0) == "text")
                    #expect(try connection.execute(typeOf, [.uuids([])]).single.text(0) == "uuid[]")
                }
                let prepared = try connection.execute(
                    PostgresStatement(
                        sql: "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%pg_typeof%'"))
                // Four variants, and the statement that counts them.
                #expect(try prepared.single.int64(0) == 5)
                // A null fits a variant that is there.
                #expect(try connection.execute(typeOf, [.null]).single.text(0) == "integer")
            }
        }
    }

    @Test("tells rows, columns and how many rows changed")
    func counts() async throws {
        let table = PostgresServer.tableName()
        try await PostgresServer.withPool(connections: 1) { pool in
            try await pool.withConnection { connection in
                try connection.executeScript("CREATE TABLE \(table) (n bigint); INSERT INTO \(table) VALUES (1), (2)")
                let inserted = try connection.execute(
                    PostgresStatement(sql: "INSERT INTO \(table) SELECT unnest($1::bigint[])"), [.int64s([3, 4, 5])])
                #expect(inserted.affectedRows == 3)
                #expect(inserted.commandTag == "INSERT 0 3")
                let rows = try connection.execute(PostgresStatement(sql: "SELECT n, -n FROM \(table) ORDER BY n"))
                #expect(try rows.map { try $0.int64(1) } == [-1, -2, -3, -4, -5])
                #expect(rows.columnCount == 2)
                #expect(try connection.execute(PostgresStatement(sql: "DELETE FROM \(table)")).affectedRows == 5)
            }
        }
    }

    @Test("executes a pipeline in order, as one implicit transaction")
    func pipeline() async throws {
        let table = PostgresServer.tableName()
        try await PostgresServer.withPool(connections: 1) { pool in
            try await pool.script("CREATE TABLE \(table) (n bigint PRIMARY KEY)")
            let insert = PostgresStatement(sql: "INSERT INTO \(table) VALUES ($1) RETURNING n * 10")
            let sum = PostgresStatement(sql: "SELECT coalesce(sum(n), 0)::bigint FROM \(table)", access: .readOnly)
            try await pool.withConnection { connection in
                for _ in 0..<2 {
                    let results = try connection.pipeline([
                        (insert, [.int64(1)]), (sum, []), (insert, [.int64(2)]), (sum, []),
                        (PostgresStatement(sql: "DELETE FROM \(table)"), []),
                    ])
                    #expect(try results.prefix(4).map { try $0.single.int64(0) } == [10, 1, 20, 3])
                    #expect(results[4].affectedRows == 2)
                }
                #expect(try connection.pipeline([]).isEmpty)
                // One refused step undoes those before it.
                #expect {
                    try connection.pipeline([
                        (insert, [.int64(7)]), (insert, [.int64(7)]), (insert, [.int64(8)]),
                    ])
                } throws: { error in
                    guard let error = error as? PostgresError else { return false }
                    return error.kind == .server(.uniqueViolation) && error.constraint == "\(table)_pkey"
                        && error.table == table && !error.isOutcomeUnknown
                }
                #expect(try connection.execute(sum).single.int64(0) == 0)
            }
        }
    }

    @Test("survives ill-formed statements in a pipeline, new ones included")
    func illFormed() async throws {
        try await PostgresServer.withPool(connections: 1) { pool in
            try await pool.withConnection { (connection) throws in
                let good = PostgresStatement("good", "SELECT $1::bigint")
                let bad = PostgresStatement("bad", "SELEC 1")
                for _ in 0..<3 {
                    #expect {
                        try connection.pipeline([(bad, []), (good, [.int64(1)])])
                    } throws: { isServerError($0, .syntaxError) }
                    #expect {
                        try connection.execute(PostgresStatement("two", "SELECT 1; SELECT 2"))
                    } throws: { isServerError($0, .syntaxError) }
                    #expect(try connection.execute(good, [.int64(4)]).single.int64(0) == 4)
                }
            }
        }
    }

    @Test("moves much more in one pipeline than sockets buffer, both ways at once")
    func largePipeline() async throws {
        try await PostgresServer.withPool(connections: 1) { pool in
            try await pool.withConnection { connection in
                let echo = PostgresStatement("echo", "SELECT $1::bytea", access: .readOnly)
                let block = [UInt8](repeating: 0xA5, count: 300_000)
                let results = try connection.pipeline(Array(repeating: (echo, [.bytes(block)]), count: 60))
                #expect(results.count == 60)
                #expect(try results.allSatisfy { try $0.single.bytes(0) == block })
            }
        }
    }

    @Test("notices an error that comes with the end of a pipeline")
    func deferredError() async throws {
        let table = PostgresServer.tableName()
        try await PostgresServer.withPool(connections: 1) { pool in
            try await pool.script(
                "CREATE TABLE \(table) (n bigint CONSTRAINT once_\(table) UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let insert = PostgresStatement(sql: "INSERT INTO \(table) VALUES ($1)")
            try await pool.withConnection { (connection) throws in
                #expect {
                    try connection.pipeline([(insert, [.int64(1)]), (insert, [.int64(1)])])
                } throws: { error in
                    guard let error = error as? PostgresError else { return false }
                    return error.kind == .server(.uniqueViolation) && !error.isOutcomeUnknown
                }
                #expect(throws: PostgresError.self) {
                    try connection.pipeline([
                        (.begin, []), (insert, [.int64(1)]), (insert, [.int64(1)]), (.commit, []),
                    ])
                }
                #expect(!connection.isInTransaction)
                let count = PostgresStatement(sql: "SELECT count(*) FROM \(table)")
                #expect(try connection.execute(count).single.int64(0) == 0)
            }
        }
    }

    @Test("prepares a statement anew when its result type was changed, or when the session forgot it")
    func replanning() async throws {
        let table = PostgresServer.tableName()
        try await PostgresServer.withPool(connections: 1) { pool in
            try await pool.script("CREATE TABLE \(table) (n int); INSERT INTO \(table) VALUES (1)")
            try await pool.withConnection { connection in
                let all = PostgresStatement(sql: "SELECT * FROM \(table)")
                #expect(try connection.execute(all).columnCount == 1)
                try connection.executeScript("ALTER TABLE \(table) ADD m int DEFAULT 2")
                #expect {
                    try connection.execute(all)
                } throws: { isServerError($0, .featureNotSupported) }
                #expect(try connection.execute(all).columnCount == 2)
                try connection.executeScript("DISCARD ALL")
                #expect {
                    try connection.execute(all)
                } throws: { isServerError($0, .invalidStatementName) }
                #expect(try connection.execute(all).columnCount == 2)
            }
        }
    }

    @Test("does not keep statements without end")
    func boundedStatements() async throws {
        try await PostgresServer.withPool(connections: 1) { (pool) async throws in
            try await pool.withConnection { (connection) throws in
                for number in 0..<2_500 {
                    let statement = PostgresStatement("n\(number)", "SELECT \(number)", access: .readOnly)
                    guard try connection.execute(statement).single.int32(0) == number else {
                        Issue.record("another statement's result")
                        return
                    }
                }
                let kept = try connection.execute(
                    PostgresStatement(sql: "SELECT count(*) FROM pg_prepared_statements")
                ).single.int64(0)
                #expect(kept <= 1_024)
            }
        }
    }

    @Test("executes scripts of several statements, and tells which one failed")
    func scripts() async throws {
        let table = PostgresServer.tableName()
        try await PostgresServer.withPool(connections: 1) { (pool) async throws in
            try await pool.withConnection { (connection) throws in
                try connection.executeScript("CREATE TABLE \(table) (n int); INSERT INTO \(table) VALUES (1), (2);")
                let count = PostgresStatement(sql: "SELECT count(*) FROM \(table)")
                #expect {
                    try connection.executeScript("DELETE FROM \(table); SELECT 1/0; DELETE FROM \(table)")
                } throws: { isServerError($0, SQLState(rawValue: "22012")) }
                #expect(try connection.execute(count).single.int64(0) == 2, "one implicit transaction")
                // COPY would wait for rows that nobody sends.
                #expect(throws: PostgresError.self) { try connection.executeScript("COPY \(table) FROM STDIN") }
            }
            #expect(try await pool.number("SELECT count(*) FROM \(table)") == 2)
        }
    }

    @Test("cancels a statement that takes too long, and goes on")
    func statementTimeout() async throws {
        try await PostgresServer.withPool(connections: 1, configure: { $0.statementTimeout = .milliseconds(100) }) {
            pool in
            try await pool.withConnection { (connection) throws in
                #expect {
                    try connection.execute(PostgresStatement(sql: "SELECT pg_sleep(60)"))
                } throws: { isServerError($0, .queryCanceled) }
                #expect(try connection.execute(PostgresStatement(sql: "SELECT 1")).single.int32(0) == 1)
            }
        }
    }

    @Test("passes its settings on, next to those of the connection string")
    func settings() async throws {
        var configuration = PostgresConfiguration(
            connectionString: try PostgresServer.current.connectionString()
                + "&options=-c%20work_mem%3D9MB&application_name=till", connectionCount: 1)
        configuration.sessionSettings = ["search_path": #""a b", "back\\slash", public"#, "lock_timeout": "77s"]
        configuration.statementTimeout = .milliseconds(123_456)
        try await PostgresServer.withPool(configuration) { (pool) async throws in
            try await pool.withConnection { (connection) throws in
                func show(_ name: String) throws -> String {
                    try connection.execute(PostgresStatement(sql: "SHOW \(name)")).single.text(0)
                }
                #expect(try show("work_mem") == "9MB")
                #expect(try show("application_name") == "till")
                #expect(try show("lock_timeout") == "77s")
                #expect(try show("statement_timeout") == "123456ms")
                #expect(try show("search_path") == #""a b", "back\\slash", public"#)
                #expect(try show("client_encoding") == "UTF8")
                #expect(connection.serverVersion >= 150_000)
            }
        }
    }

    @Test("keeps the server's words out of the plain description of an error")
    func safeDescription() async throws {
        try await PostgresServer.withPool(connections: 1) { pool in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { connection in
                    _ = try connection.execute(PostgresStatement(sql: "SELECT 'secret-value'::bigint"))
                }
            }
            let found = try #require(error)
            #expect(!found.description.contains("secret-value"))
            #expect(!"\(found)".contains("secret-value"))
            #expect(found.debugDescription.contains("secret-value"))
            #expect(found.sqlState == SQLState(rawValue: "22P02"))
        }
    }
}

@Suite("An SQLSTATE")
struct SQLStateTests {
    @Test("matches itself and its class")
    func matching() {
        #expect(SQLState.uniqueViolation.matches(.integrityConstraintViolation))
        #expect(SQLState.uniqueViolation.matches(.uniqueViolation))
        #expect(!SQLState.integrityConstraintViolation.matches(.uniqueViolation))
        #expect(!SQLState.uniqueViolation.matches(.checkViolation))
        switch SQLState.deadlockDetected {
        case .transactionRollback: break
        default: Issue.record("a deadlock rolls back")
        }
    }
}
