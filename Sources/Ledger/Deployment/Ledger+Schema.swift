public import Logging
public import PostgresClient

extension Ledger {
    /// The steps of the schema, in order.
    ///
    /// One that has landed is never edited: a change is a new step.
    public static let migrations = [
        Migration(version: 1, name: "core", sql: String(decoding: PackageResources.v0001_core_sql, as: UTF8.self)),
        Migration(version: 2, name: "access", sql: String(decoding: PackageResources.v0002_access_sql, as: UTF8.self)),
        Migration(
            version: 3, name: "reliability",
            sql: String(decoding: PackageResources.v0003_reliability_sql, as: UTF8.self)),
        // Programs that know step 3 write what they wrote; only their cancellations are told without lines.
        Migration(
            version: 4, name: "events", sql: String(decoding: PackageResources.v0004_events_sql, as: UTF8.self),
            oldestProgram: 3),
        // Programs that know step 3 or 4 go on beside these as long as no call of theirs is used: they read no status of a line
        // and no event that those calls write, and let nothing wait.
        Migration(
            version: 5, name: "order life", sql: String(decoding: PackageResources.v0005_order_life_sql, as: UTF8.self),
            oldestProgram: 3),
        Migration(
            version: 6, name: "review", sql: String(decoding: PackageResources.v0006_review_sql, as: UTF8.self),
            oldestProgram: 3),
        Migration(
            version: 7, name: "fulfilment", sql: String(decoding: PackageResources.v0007_fulfilment_sql, as: UTF8.self),
            oldestProgram: 3),
        Migration(
            version: 8, name: "payments", sql: String(decoding: PackageResources.v0008_payments_sql, as: UTF8.self),
            oldestProgram: 3),
        Migration(
            version: 9, name: "returns", sql: String(decoding: PackageResources.v0009_returns_sql, as: UTF8.self),
            oldestProgram: 3),
        Migration(
            version: 10, name: "supply", sql: String(decoding: PackageResources.v0010_supply_sql, as: UTF8.self),
            oldestProgram: 3),
        Migration(
            version: 11, name: "capacity", sql: String(decoding: PackageResources.v0011_capacity_sql, as: UTF8.self),
            oldestProgram: 3),
        Migration(
            version: 12, name: "drafts", sql: String(decoding: PackageResources.v0012_drafts_sql, as: UTF8.self),
            oldestProgram: 3),
    ]

    /// Brings a database up to this program's schema.
    ///
    /// Throws `MigrationError` where the database is newer than this program or a step was edited.
    public static func migrate(_ configuration: PostgresConfiguration, logger: Logger) async throws {
        _ = try await MigrationsRunner(configuration: configuration, migrations: migrations, logger: logger).run()
    }
}
