/// Compares what a database has with what a program knows.
enum MigrationPlan {
    /// The migrations that the database lacks.
    static func pending(
        of migrations: [Migration], applied: [MigrationStatus.Applied]
    ) throws(MigrationError) -> [Migration] {
        try self.check(migrations)
        let newest = migrations.last?.version ?? 0
        let known = applied.prefix { $0.version <= newest }
        let unknown = applied.dropFirst(known.count)
        if let step = unknown.first(where: { $0.oldestProgram > newest }), let last = applied.last {
            throw MigrationError(
                code: .databaseIsNewer, version: last.version,
                message: "the database is at version \(last.version) (\(last.name)), this program knows up to "
                    + "\(newest), and step \(step.version) needs programs that know \(step.oldestProgram); "
                    + "run a newer program")
        }
        for (index, past) in known.enumerated() {
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
        guard unknown.isEmpty || known.count == migrations.count else {
            let missing = migrations[known.count]
            throw MigrationError(
                code: .outOfOrder, version: missing.version,
                message: "the database has later migrations but lacks \(missing.version) (\(missing.name))")
        }
        return Array(migrations.dropFirst(known.count))
    }

    private static func check(_ migrations: [Migration]) throws(MigrationError) {
        var former = 0
        for migration in migrations {
            guard migration.version > former, (0...migration.version).contains(migration.oldestProgram) else {
                throw MigrationError(
                    code: .invalidList, version: migration.version,
                    message: "migration \(migration.version) (\(migration.name)) does not come after \(former), "
                        + "or asks for programs newer than itself")
            }
            former = migration.version
        }
    }
}
