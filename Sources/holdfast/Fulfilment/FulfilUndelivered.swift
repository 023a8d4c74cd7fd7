import ArgumentParser
import Domain
import HoldfastAPI
import SwiftProtobuf

/// Units of a line with what becomes of them: `LINE=QUANTITY:DISPOSITION`.
struct UndeliveredUnits: Hashable, Sendable, ExpressibleByArgument {
    /// The line of the order, and units.
    var line: CancelledLine
    /// What becomes of them.
    var disposition: WordArgument<Disposition>

    /// Reads `LINE=QUANTITY:DISPOSITION`.
    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let line = CancelledLine(argument: String(parts[0])),
            let disposition = WordArgument<Disposition>(argument: String(parts[1]))
        else { return nil }
        self.line = line
        self.disposition = disposition
    }
}

/// `holdfast fulfil undelivered`.
struct FulfilUndelivered: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undelivered",
        abstract: "Take in what could not be delivered and came back.",
        discussion: """
            Example, where one of two mugs is broken:

              holdfast fulfil undelivered 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 \\
                  1=1:scrap --reason "nobody there"

            What no line names is restocked, or becomes what --disposition says. Dispositions: restock,
            restock-second-grade, refurbish, return-to-vendor, scrap, donate.
            """)

    @OptionGroup var step: StepOptions

    @Argument(help: ArgumentHelp("Units that something else becomes of.", valueName: "line=quantity:disposition"))
    var lines: [UndeliveredUnits] = []

    @Option(help: "Where the goods are now; the location that sent them, where not given.")
    var location = ""

    @Option(help: "What becomes of the others.")
    var disposition: WordArgument<Disposition>?

    @Option(help: "Why they were not delivered.")
    var reason = ""

    func run() async throws {
        try await step.run { service, id, fulfilment, options in
            try await service.receiveUndelivered(
                .with {
                    $0.requestID = id
                    $0.fulfilmentID = fulfilment
                    $0.location = location
                    $0.disposition = disposition.flatMap { .init(rawValue: $0.number) } ?? .unspecified
                    $0.lines = lines.map { units in
                        .with {
                            $0.lineNumber = units.line.number
                            $0.quantity = units.line.quantity
                            $0.disposition = .init(rawValue: units.disposition.number) ?? .unspecified
                        }
                    }
                    $0.reason = reason
                }, options: options)
        }
    }
}
