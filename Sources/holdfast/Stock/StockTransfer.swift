import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast stock transfer`.
struct StockTransfer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transfer",
        abstract: "Move goods from one location to another.",
        discussion: """
            Example:

              holdfast stock transfer --from WAREHOUSE \\
                  --to HIGH-STREET MUG-WHITE=6 TEA-TOWEL=4

            Only goods that are promised to nobody can be moved. All lines or none.
            """)

    @Option(help: "Location the goods leave.")
    var from: String

    @Option(help: "Location the goods go to.")
    var to: String

    @Argument(help: ArgumentHelp("What to move.", valueName: "sku=number"))
    var lines: [StockLine]

    @Option(help: "Transfer order or van.")
    var reference = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        if let line = lines.first(where: { !$0.location.isEmpty }) {
            throw ValidationError(
                "\(line.sku)@\(line.location): a transfer's lines name no location, --from and --to do")
        }
    }

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_InventoryService.Client(wrapping: client).transferStock(
                .with {
                    $0.movementID = id
                    $0.fromLocation = from
                    $0.toLocation = to
                    $0.reference = reference
                    $0.lines = lines.map { line in
                        .with {
                            $0.sku = line.sku
                            $0.quantity = line.number
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(levels: reply.levels) }
    }
}
