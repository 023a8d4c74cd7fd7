public import Logging

/// Brings a database's schema up to a program's version.
///
/// Each migration runs in a transaction of its own together with its entry in the table `schema_migration`, so a run that
/// is cut off is taken up by the next one where it ended. Runners that come at the same time wait for each other. A
/// database that has an edited or an unknown migration is left as it is, and so is a newer one; that is an error only where
/// one of its further migrations does not let programs of this version go on (``Migration/oldestProgram``).
public struct MigrationsRunner: Sendable {
    /// Names the lock that runners hold; other users of advisory locks keep clear of it.
    public static let advisoryLockKey: Int64 = 0x686F_6C64_6661_7374

    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_migration (
            version bigint PRIMARY KEY,
            name text NOT NULL,
            checksum bigint NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        ALTER TABLE schema_migration ADD COLUMN IF NOT EXISTS oldest_program bigint
        """
    private static let tableExists = PostgresStatement(
        "migration_table_exists", "SELECT to_regclass('schema_migration') IS NOT NULL", access: .readOnly)
    private static let list = PostgresStatement(
        // A table that an earlier program made may not have the last column yet.
        "migration_list",
        """
        SELECT version, name, checksum, applied_at, coalesce((to_jsonb(m)->>'oldest_program')::int8, version)
        FROM schema_migration m ORDER BY version
        """, access: .readOnly)
    private static let record = PostgresStatement(
        "migration_record",
        "INSERT INTO schema_migration (version, name, checksum, oldest_program) VALUES ($1, $2, $3, $4)")
    private static let lock = PostgresStatement(
        "migration_lock", "SELECT pg_advisory_lock($1)", access: .readOnly)
    private static let unlock = PostgresStatement(
        "migration_unlock", "SELECT pg_advisory_unlock($1)", access: .readOnly)

    /// For migrations, which may take long.
    private let unhurried: PostgresConfiguration
    /// For looks.
    private let configuration: PostgresConfiguration
    private let migrations: [Migration]
    private let logger: Logger

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - configuration: the database; its time-outs for statements and answers hold for looks only, since a migration or
    ///     the wait for another runner may take long.
    ///   - migrations: all that the program knows, in the order of their versions.
    ///   - logger: hears of each migration.
    public init(configuration: PostgresConfiguration, migrations: [Migration], logger: Logger) {
        var configuration = configuration
        configuration.connectionCount = 1
        self.configuration = configuration
        configuration.statementTimeout = nil
        configuration.responseTimeout = nil
        configuration.idleInTransactionTimeout = nil
        self.unhurried = configuration
        self.migrations = migrations
        self.logger = logger
    }

    /// Applies what the database lacks.
    ///
    /// - Returns: the migrations that were applied, in order; empty when there was nothing to do.
    /// - Throws: ``MigrationError``; ``PostgresError`` when a statement fails or the database cannot be reached.
    @discardableResult
    public func run() async throws -> [Migration] {
        try await self.withConnection(self.unhurried) { connection in
            try connection.execute(Self.lock, [.int64(Self.advisoryLockKey)])
            let outcome = Result { try self.applyPending(connection) }
            // If the connection is lost the server lets go of the lock by itself.
            let unlocked = Result { try connection.execute(Self.unlock, [.int64(Self.advisoryLockKey)]) }
            let applied = try outcome.get()
            _ = try unlocked.get()
            return applied
        }
    }

    /// Tells what the database has and lacks, without changing anything.
    ///
    /// - Returns: the applied and the pending migrations.
    /// - Throws: ``MigrationError`` when the two do not fit; ``PostgresError``.
    public func status() async throws -> MigrationStatus {
        try await self.withConnection(self.configuration) { connection in
            let applied = try self.readApplied(connection)
            return MigrationStatus(
                applied: applied, pending: try MigrationPlan.pending(of: self.migrations, applied: applied))
        }
    }

    private func withConnection<R: Sendable>(
        _ configuration: PostgresConfiguration, _ body: @escaping @Sendable (PostgresConnection) throws -> R
    ) async throws -> R {
        let pool = PostgresPool(configuration: configuration, logger: self.logger)
        let result: Result<R, any Error>
        do {
            result = .success(try await pool.withConnection(body))
        } catch {
            result = .failure(error)
        }
        await pool.shutdown()
        return try result.get()
    }

    private func readApplied(_ connection: PostgresConnection) throws -> [MigrationStatus.Applied] {
        guard try connection.execute(Self.tableExists).single.bool(0) else { return [] }
        return try connection.execute(Self.list).map { row in
            MigrationStatus.Applied(
                version: Int(try row.int64(0)), name: try row.text(1),
                checksum: UInt64(bitPattern: try row.int64(2)), oldestProgram: Int(try row.int64(4)),
                appliedAtMicrosecondsSinceEpoch: try row.timestamp(3))
        }
    }

    private func applyPending(_ connection: PostgresConnection) throws -> [Migration] {
        let pending = try MigrationPlan.pending(of: self.migrations, applied: try self.readApplied(connection))
        guard !pending.isEmpty else { return [] }
        try connection.executeScript(Self.table)
        for migration in pending {
            try connection.transaction { connection in
                try connection.executeScript(migration.sql)
                guard connection.isInTransaction else {
                    throw MigrationError(
                        code: .endsTransaction, version: migration.version,
                        message: "migration \(migration.version) (\(migration.name)) ends the transaction in which it "
                            + "runs; remove its BEGIN, COMMIT or ROLLBACK and look at what it left behind")
                }
                try connection.execute(
                    Self.record,
                    [
                        .int64(Int64(migration.version)), .text(migration.name),
                        .int64(Int64(bitPattern: migration.checksum)), .int64(Int64(migration.oldestProgram)),
                    ])
            }
            self.logger.info(
                "schema migration applied",
                metadata: ["migration.version": "\(migration.version)", "migration.name": "\(migration.name)"])
        }
        return pending
    }
}
