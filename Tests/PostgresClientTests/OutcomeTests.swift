import Glibc
import PostgresClient
import PrivateStores
import Testing

/// Ends sessions at chosen moments and looks at what the error says and what the database holds.
///
/// A statement or a COMMIT is held at its place by a lock that another session has.
@Suite("When the session ends", PostgresServer(), .serialized)
struct OutcomeTests {
    /// How a session is brought to its end.
    enum End: CaseIterable {
        case terminate
        case killServer
    }

    /// What is under way when it ends.
    enum Work: CaseIterable {
        case autocommitWrite
        case autocommitRead
        case implicitPipeline
        case inTransaction
        case inTransactionPipeline
        case pipelineWithCommit
        case commit
        case commitInPipeline
        case readOnlyCommit
        case script
    }

    private static let heldKey: Int64 = 4_711

    /// Runs the work in a session of its own, ends that session while it is blocked, and returns the error.
    private func loss(_ work: Work, _ end: End, in server: PrivatePostgres) async throws -> PostgresError {
        let connectionString = server.connectionString()
        var result: PostgresError?
        let configuration = PostgresConfiguration(connectionString: connectionString, connectionCount: 1)
        try await PostgresServer.withPool(.init(connectionString: connectionString, connectionCount: 2)) { others in
            try await others.script(
                """
                DROP TABLE IF EXISTS plain, guarded;
                CREATE TABLE plain (n bigint);
                CREATE TABLE guarded (n bigint);
                CREATE OR REPLACE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_advisory_xact_lock(\(Self.heldKey)); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER late AFTER INSERT ON guarded
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold();
                """)
            try await PostgresServer.withPool(configuration) { pool in
                let pid = try await pool.withConnection { $0.backendProcessID }
                // Held until the pool of the others is shut down.
                try await others.withConnection { connection in
                    try connection.execute(
                        PostgresStatement(sql: "SELECT pg_advisory_lock($1)"), [.int64(Self.heldKey)])
                }
                async let outcome = self.attempt(work, pool)
                try await others.waitUntilBlocked(pid)
                switch end {
                case .terminate:
                    _ = try await others.withConnection { connection in
                        try connection.execute(PostgresStatement(sql: "SELECT pg_terminate_backend($1)"), [.int32(pid)])
                    }
                case .killServer:
                    server.kill9()
                }
                result = try await outcome
                if end == .killServer { try await server.restart() }
            }
        }
        return try #require(result)
    }

    private func attempt(_ work: Work, _ pool: PostgresPool) async throws -> PostgresError? {
        do {
            try await pool.withConnection { connection in try Self.perform(work, connection) }
            return nil
        } catch let error as PostgresError {
            return error
        }
    }

    private static func perform(_ work: Work, _ connection: PostgresConnection) throws {
        let plain = PostgresStatement(sql: "INSERT INTO plain VALUES (1)")
        let guarded = PostgresStatement(sql: "INSERT INTO guarded VALUES (1)")
        let block = PostgresStatement(sql: "SELECT pg_advisory_xact_lock(\(Self.heldKey))")
        let blockRead = PostgresStatement("block_read", block.sql, access: .readOnly)
        switch work {
        case .autocommitWrite: try connection.execute(guarded)
        case .autocommitRead: try connection.execute(blockRead)
        case .implicitPipeline: try connection.pipeline([(plain, []), (blockRead, [])])
        case .inTransaction:
            try connection.transaction { connection in
                try connection.execute(plain)
                try connection.execute(block)
            }
        case .inTransactionPipeline:
            try connection.transaction { connection in try connection.pipeline([(plain, []), (block, [])]) }
        case .pipelineWithCommit:
            try connection.pipeline([(.begin, []), (plain, []), (block, []), (.commit, [])])
        case .commit:
            try connection.transaction { connection in try connection.execute(guarded) }
        case .commitInPipeline:
            try connection.pipeline([(.begin, []), (guarded, []), (.commit, [])])
        case .readOnlyCommit:
            try connection.transaction(.readCommittedReadOnly) { connection in try connection.execute(block) }
        case .script:
            try connection.executeScript("INSERT INTO plain VALUES (1); \(block.sql)")
        }
    }

    private func isUnknown(_ work: Work) -> Bool {
        switch work {
        case .autocommitWrite, .implicitPipeline, .pipelineWithCommit, .commit, .commitInPipeline, .script: true
        case .autocommitRead, .inTransaction, .inTransactionPipeline, .readOnlyCommit: false
        }
    }

    @Test("by an administrator, the outcome is unknown exactly when a commit was under way", arguments: Work.allCases)
    func terminated(work: Work) async throws {
        let error = try await self.loss(work, .terminate, in: PostgresServer.current)
        #expect(error.kind == .connectionLost)
        #expect(error.sqlState == .adminShutdown)
        #expect(error.isOutcomeUnknown == self.isUnknown(work))
        #expect(error.isRetryable == !self.isUnknown(work))
    }

    @Test(
        "by kill -9 of the whole server, the outcome is unknown exactly when a commit was under way",
        arguments: [Work.autocommitWrite, .inTransaction, .pipelineWithCommit, .commit, .commitInPipeline])
    func killed(work: Work) async throws {
        let server = try PostgresServer.current
        let error = try await self.loss(work, .killServer, in: server)
        #expect(error.kind == .connectionLost)
        #expect(error.isOutcomeUnknown == self.isUnknown(work))
        // Here nothing had been committed, which only the database could tell.
        let configuration = PostgresConfiguration(connectionString: server.connectionString(), connectionCount: 1)
        try await PostgresServer.withPool(configuration) { (pool) async throws in
            #expect(
                try await pool.number("SELECT (SELECT count(*) FROM plain) + (SELECT count(*) FROM guarded)") == 0)
        }
    }

    @Test("by kill -9 of the one backend, the pool comes back by itself")
    func backendKilled() async throws {
        try await PostgresServer.withPool(connections: 2) { pool in
            let pid = try await pool.withConnection { $0.backendProcessID }
            kill(pid, SIGKILL)
            let isBack = try await PostgresServer.eventually {
                do {
                    return try await pool.number("SELECT 1") == 1 && pool.status.connected == 2
                } catch let error as PostgresError {
                    try #require(error.kind == .connectionLost || error.kind == .unavailable)
                    return false
                }
            }
            #expect(isBack)
        }
    }

    @Test("after the commit was made but before it was confirmed, the outcome is unknown and the row is there")
    func committedButUnconfirmed() async throws {
        // A standby that never comes: a commit is durable here and then waits for it.
        try await PostgresServer.withServer(settings: ["synchronous_standby_names": "ghost"]) { server in
            var local = PostgresConfiguration(connectionString: server.connectionString(), connectionCount: 1)
            local.sessionSettings = ["synchronous_commit": "local"]
            let waiting = PostgresConfiguration(connectionString: server.connectionString(), connectionCount: 1)
            try await PostgresServer.withPool(local) { others in
                try await others.script("CREATE TABLE t (n bigint)")
                try await PostgresServer.withPool(waiting) { pool in
                    let pid = try await pool.withConnection { $0.backendProcessID }
                    async let outcome: Void = pool.withTransaction { connection in
                        _ = try connection.execute(PostgresStatement(sql: "INSERT INTO t VALUES (1)"))
                    }
                    let isWaiting = try await PostgresServer.eventually {
                        try await others.number(
                            "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep'",
                            [.int32(pid)]) == 1
                    }
                    try #require(isWaiting)
                    _ = try await others.number("SELECT pg_terminate_backend($1)::int", [.int32(pid)])
                    do {
                        try await outcome
                        Issue.record("the commit was not confirmed")
                    } catch let error as PostgresError {
                        #expect(error.isOutcomeUnknown)
                        #expect(error.kind == .connectionLost)
                    }
                    #expect(try await others.number("SELECT count(*) FROM t") == 1)
                }
            }
        }
    }

    @Test("by silence, the call ends after the response time-out, with the same rule for the outcome")
    func silence() async throws {
        try await PostgresServer.withServer { server in
            var configuration = PostgresConfiguration(connectionString: server.connectionString(), connectionCount: 1)
            configuration.responseTimeout = .seconds(1)
            try await PostgresServer.withPool(configuration) { pool in
                for (access, isUnknown) in [(PostgresStatement.Access.readOnly, false), (.mayWrite, true)] {
                    _ = try await PostgresServer.eventually {
                        do {
                            return try await pool.number("SELECT 1") == 1
                        } catch is PostgresError {
                            return false
                        }
                    }
                    await #expect {
                        try await pool.withConnection { connection in
                            server.pause()
                            defer { server.resume() }
                            try connection.execute(PostgresStatement(sql: "SELECT 1 AS silent", access: access))
                        }
                    } throws: { error in
                        guard let error = error as? PostgresError else { return false }
                        return error.kind == .timedOut && error.isOutcomeUnknown == isUnknown
                    }
                }
            }
        }
    }
}
