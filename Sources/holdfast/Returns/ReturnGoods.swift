import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast return receive`.
struct ReturnReceive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receive",
        abstract: "Record goods that came, as they were scanned.",
        discussion: """
            Example:

              holdfast return receive 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 \\
                  MUG-WHITE=2 --location DC-LEEDS --last

            What is less, more or something else than was announced is recorded and told. --last says that no more \
            will come.
            """)

    @Argument(help: "The return's id.")
    var subject: EntityID

    @Argument(help: ArgumentHelp("What came.", valueName: "sku=quantity"))
    var lines: [StockLine]

    @Option(help: "Where the goods are.")
    var location: String

    @Flag(help: "No more will come.")
    var last = false

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let receipt = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReturnService.Client(wrapping: client).receiveReturn(
                .with {
                    $0.receiptID = receipt
                    $0.returnID = subject.description
                    $0.location = location
                    $0.last = last
                    $0.lines = lines.map { line in
                        .with {
                            $0.sku = line.sku
                            $0.quantity = line.number
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { ReturnTables.show($0.returnOrder) }
    }
}

/// `holdfast return inspect`.
struct ReturnInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what becomes of goods that came.",
        discussion: """
            Example:

              holdfast return inspect 5f0c1f3e-8f52-4a39-9a33-3f1a4e5f7a10 \\
                  1=1:restock:unopened 1=1:restock-second-grade:opened 2=1:scrap:damaged

            A line is written NUMBER=QUANTITY:DISPOSITION:CONDITION, by the return's numbers; all units that came must \
            be named. Dispositions: restock, restock-second-grade, refurbish, return-to-vendor, scrap, donate, keep.
            """)

    @Argument(help: "The return's id.")
    var subject: EntityID

    @Argument(help: ArgumentHelp("What was found.", valueName: "line=quantity:disposition:condition"))
    var lines: [FindingArgument]

    @Option(help: "What was seen.")
    var note = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let inspection = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReturnService.Client(wrapping: client).inspectReturn(
                .with {
                    $0.inspectionID = inspection
                    $0.returnID = subject.description
                    $0.lines = lines.map { line in
                        .with {
                            $0.lineNumber = line.line.number
                            $0.quantity = line.line.quantity
                            $0.disposition = .init(rawValue: line.disposition.number) ?? .unspecified
                            $0.condition = .init(rawValue: line.condition.number) ?? .unspecified
                            $0.note = note
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { ReturnTables.show($0.returnOrder) }
    }
}

/// `holdfast return blind`.
struct ReturnBlind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blind",
        abstract: "Take goods back of which no order is known.",
        discussion: """
            Example:

              holdfast return blind MUG-WHITE=1x3.95 --channel TILLS \\
                  --location HIGH-STREET --reason unwanted --condition opened \\
                  --disposition restock-second-grade

            Only where a rule for returns without an order says so. The price is what the till values one unit at. The \
            goods are stock, or gone, at once; the refund is told.
            """)

    @Argument(help: ArgumentHelp("What was brought.", valueName: "sku=quantityxvalue"))
    var lines: [OrderLineArgument]

    @Option(help: "The channel of the till.")
    var channel: String

    @Option(help: "The store.")
    var location: String

    @Option(help: "Why.")
    var reason: WordArgument<ReturnReason>

    @Option(help: "In which condition the goods are.")
    var condition: WordArgument<ReturnCondition>

    @Option(help: "What becomes of them.")
    var disposition: WordArgument<Disposition>

    @Option(help: "Anything else.")
    var note = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            let currency = try await ChannelCurrency.code(of: channel, client: client, options: options)
            return try await Holdfast_V1_ReturnService.Client(wrapping: client).createBlindReturn(
                .with {
                    $0.returnID = id
                    $0.channel = channel
                    $0.location = location
                    $0.note = note
                    $0.lines = lines.map { line in
                        .with {
                            $0.sku = line.sku
                            $0.quantity = line.quantity
                            $0.unitValue.currencyCode = currency
                            $0.unitValue.units = line.priceUnits
                            $0.unitValue.nanos = line.priceNanos
                            $0.reason = .init(rawValue: reason.number) ?? .unspecified
                            $0.condition = .init(rawValue: condition.number) ?? .unspecified
                            $0.disposition = .init(rawValue: disposition.number) ?? .unspecified
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { ReturnTables.show($0.returnOrder) }
    }
}
