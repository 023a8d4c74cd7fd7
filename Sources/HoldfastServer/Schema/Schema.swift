import Ledger
public import Logging
import PostgresClient

/// The schema of a PostgreSQL database beside the one that this program was written for.
public struct Schema: Sendable {
    /// One migration.
    public struct Migration: Hashable, Sendable {
        /// Its place in the order, from 1.
        public var version: Int
        /// Its name.
        public var name: String
        /// True where the database has it.
        public var isApplied: Bool
    }

    /// Every migration of the program and of the database, in order.
    public var migrations: [Migration]
    /// The version that this program was written for.
    public var newestKnown: Int { Ledger.migrations.last?.version ?? 0 }

    /// Why servers of this program cannot use the database yet; nil where they can.
    public var mismatch: SchemaMismatch? {
        let due = migrations.filter { !$0.isApplied }
        guard let first = due.first else { return nil }
        let have = migrations.count == due.count ? "has no schema" : "is at version \(first.version - 1)"
        return SchemaMismatch(
            "the database \(have), this program needs version \(migrations.count): holdfast migrate run")
    }

    /// The state of a database's schema.
    ///
    /// Throws ``SchemaMismatch`` where the database was migrated by another line of the program, such as a newer one,
    /// and `PostgresError` where it cannot be asked.
    public static func status(postgresURL: String, logger: Logger) async throws -> Schema {
        let status: MigrationStatus
        do {
            status = try await runner(postgresURL, logger).status()
        } catch let error as MigrationError {
            throw SchemaMismatch(error.message)
        }
        let applied = status.applied.map { Migration(version: $0.version, name: $0.name, isApplied: true) }
        let due = status.pending.map { Migration(version: $0.version, name: $0.name, isApplied: false) }
        return Schema(migrations: applied + due)
    }

    /// Applies what is due and returns it.
    ///
    /// Throws like ``status(postgresURL:logger:)``.
    public static func migrate(postgresURL: String, logger: Logger) async throws -> [Migration] {
        do {
            return try await runner(postgresURL, logger).run().map {
                Migration(version: $0.version, name: $0.name, isApplied: true)
            }
        } catch let error as MigrationError {
            throw SchemaMismatch(error.message)
        }
    }

    private static func runner(_ postgresURL: String, _ logger: Logger) -> MigrationsRunner {
        var configuration = PostgresConfiguration(connectionString: postgresURL, connectionCount: 1)
        // A look is short; a server that is told to stop must not wait for a PostgreSQL that hangs.
        configuration.responseTimeout = .seconds(5)
        return MigrationsRunner(
            configuration: configuration,
            migrations: Ledger.migrations, logger: logger)
    }
}

/// A database whose schema is not the one that this program was written for.
public struct SchemaMismatch: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is the case and what to do.
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
