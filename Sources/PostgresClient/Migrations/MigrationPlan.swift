/// Compares what a database has with what a program knows.
enum MigrationPlan {
    /// The migrations that the database lacks.
    static func pending(
        of migrations: [Migration], applied: [MigrationStatus.Applied]
    ) throws(MigrationError) -> [Migration] {
        try self.check(migrations)
        let newest = migrations.last?.version ?? 0
        if let last = applied.last, last.version > newest {
            throw MigrationError(
                code: .databaseIsNewer, version: last.version,
                message: "the database is at version \(last.version) (\(last.name)), this program knows up to "
                    + "\(newest); run a newer program")
        }
        for (index, past) in applied.enumerated() {
            guard index < migrations.count, migrations[index].version == past.version else {
                throw MigrationError(
                    code: .outOfOrder, version: past.version,
                    message: "the database has migration \(past.version) (\(past.name)) where this program has "
                        + (index < migrations.count ? "\(migrations[index].version)" : "none"))
            }
            guard migrations[index].checksum == past.checksum else {
                throw MigrationError(
                    code: .edited, version: past.version,
                    message: "migration \(past.version) (\(past.name)) was edited after it had been applied; "
                        + "restore its text and put the change into a new migration")
            }
        }
        return Array(migrations.dropFirst(applied.count))
    }

    private static func check(_ migrations: [Migration]) throws(MigrationError) {
        var former = 0
        for migration in migrations {
            guard migration.version > former else {
                throw MigrationError(
                    code: .invalidList, version: migration.version,
                    message: "migration \(migration.version) (\(migration.name)) does not come after \(former)")
            }
            former = migration.version
        }
    }
}
