import Logging

/// Looks at the schema: whether it is the one that this program was written for.
struct SchemaExamination {
    let postgresURL: String
    let logger: Logger

    func findings() async -> (findings: [Finding], isCurrent: Bool) {
        do {
            let schema = try await Schema.status(postgresURL: postgresURL, logger: logger)
            if let mismatch = schema.mismatch {
                return ([Finding(.wrong, "schema", "\(mismatch)", advice: "run 'holdfast migrate run'")], false)
            }
            let ahead = schema.newestKnown < (schema.migrations.last?.version ?? 0)
            return (
                [
                    Finding(
                        ahead ? .warning : .ok, "schema",
                        ahead
                            ? "version \(schema.migrations.last?.version ?? 0), newer than this program, which may go on"
                            : "version \(schema.newestKnown), as this program needs it",
                        advice: ahead ? "upgrade the servers that are left" : "")
                ], true
            )
        } catch {
            return (
                [
                    Finding(
                        .wrong, "schema", describe(error),
                        advice: "use the version of the program that this database was migrated with")
                ], false
            )
        }
    }
}
