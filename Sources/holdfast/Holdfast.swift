import ArgumentParser

/// The command line of the order management service.
@main
struct Holdfast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast",
        abstract: "Holds stock fast, and holds it fast: an order management service and its command line.",
        discussion: """
            A first tour, in two terminals:

              holdfast dev --ephemeral
              holdfast stock check MUG-WHITE TEA-TOWEL@HIGH-STREET=5
              holdfast reserve create MUG-WHITE=2 --channel WEB
              holdfast order place MUG-WHITE=2x4.95 --channel WEB --external-id W-1001
              holdfast doctor

            Commands that talk to a server find it at --server HOST:PORT, else in HOLDFAST_SERVER, else at \
            127.0.0.1:7411. Every command that changes something has an --id, a UUID that you choose: the same id \
            and the same request again changes nothing and gives the same answer, so a call whose outcome is not \
            known can simply be repeated.

            \(CommandStatus.help)
            """,
        version: "holdfast 0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Run",
                subcommands: [
                    Dev.self, Serve.self, MigrateCommands.self, KeyCommands.self, AuditCommand.self, DoctorCommand.self,
                ]),
            CommandGroup(
                name: "Use",
                subcommands: [
                    CatalogCommands.self, StockCommands.self, ReserveCommands.self, OrderCommands.self,
                    FulfilCommands.self, PickupCommands.self, TrackCommand.self, BackorderCommands.self,
                    PayCommands.self, CreditCommands.self, DocumentCommands.self, ReturnCommands.self,
                    CustomerCommands.self, EventsCommand.self, SourcingCommands.self, Import.self,
                ]),
            CommandGroup(name: "Try", subcommands: [ReplayCommand.self, BenchCommand.self, TortureCommand.self]),
        ]
    )

    /// Runs the command that the arguments name and ends the process with its exit status.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    private static func end(with error: any Error) -> Never {
        switch exitCode(for: error) {
        case .success:
            // A request for help or for the version.
            exit(withError: error)
        case .validationFailure:
            Terminal.error(fullMessage(for: error))
            exit(withError: CommandStatus.invalid.code)
        default:
            let failure = CommandFailure(error)
            for line in failure.lines { Terminal.error(line) }
            exit(withError: failure.status.code)
        }
    }
}
