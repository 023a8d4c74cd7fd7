import ArgumentParser
import HoldfastServer
import Logging

/// `holdfast migrate`: brings the schema of a PostgreSQL database up to date.
struct MigrateCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "The schema of the PostgreSQL database.",
        discussion: """
            Each version of the program needs its own schema; 'serve' refuses another one. Run the migrations once, \
            before the new version's servers are started:

              holdfast migrate status --postgres-url postgres://oms@db.example/holdfast
              holdfast migrate run --postgres-url postgres://oms@db.example/holdfast
            """,
        subcommands: [MigrateStatus.self, MigrateRun.self])
}

/// `holdfast migrate status`.
struct MigrateStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show which migrations are applied and which are due.",
        discussion: """
            Example:

              holdfast migrate status --postgres-url postgres://oms@db.example/holdfast

            The exit status is 4 where the schema is not this program's.
            """)

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var log: LogOptions

    func run() async throws {
        let logger = try log.logger("holdfast.migrate", otherwise: .critical)
        let schema = try await Schema.status(postgresURL: deployment.configuration().postgresURL, logger: logger)
        var table = Table([.number("VERSION"), .text("NAME"), .text("STATE")])
        for migration in schema.migrations {
            table.add("\(migration.version)", migration.name, migration.isApplied ? "applied" : "due")
        }
        for line in table.lines { Terminal.line(line) }
        if let mismatch = schema.mismatch { throw mismatch }
    }
}

/// `holdfast migrate run`.
struct MigrateRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Apply the migrations that are due.",
        discussion: """
            Example:

              holdfast migrate run --postgres-url postgres://oms@db.example/holdfast

            Each migration is one transaction: one that is interrupted leaves nothing, and running again goes on with \
            it. Several runs at the same time wait for each other. Nothing is due where the schema is up to date.
            """)

    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var log: LogOptions

    func run() async throws {
        let logger = try log.logger("holdfast.migrate", otherwise: .warning)
        let applied = try await Schema.migrate(postgresURL: deployment.configuration().postgresURL, logger: logger)
        guard !applied.isEmpty else { return Terminal.line("the schema is up to date") }
        for migration in applied { Terminal.line("applied \(migration.version) \(migration.name)") }
    }
}
