import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast stock receive`.
struct StockReceive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receive",
        abstract: "Add received goods to stock on hand.",
        discussion: """
            Example:

              holdfast stock receive MUG-WHITE@HIGH-STREET=24 --reference DN-4711

            All lines or none.
            """)

    @OptionGroup var lines: StockLines

    @Option(help: "Delivery note, purchase order or return number.")
    var reference = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let located = try lines.located()
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_InventoryService.Client(wrapping: client).receiveStock(
                .with {
                    $0.movementID = id
                    $0.reference = reference
                    $0.lines = located.map { line in
                        .with {
                            $0.sku = line.sku
                            $0.location = line.location
                            $0.quantity = line.number
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(levels: reply.levels) }
    }
}
