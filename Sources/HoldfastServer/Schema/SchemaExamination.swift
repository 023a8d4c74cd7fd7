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
            return ([Finding(.ok, "schema", "version \(schema.migrations.count), as this program needs it")], true)
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
