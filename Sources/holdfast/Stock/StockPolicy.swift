import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast stock policy`.
struct StockPolicy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Set the safety stock: units that are never promised.",
        discussion: """
            Example:

              holdfast stock policy MUG-WHITE@HIGH-STREET=2

            It may exceed what is on hand; promises already made stand. All lines or none.
            """)

    @OptionGroup var lines: StockLines
    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let located = try lines.located()
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_InventoryService.Client(wrapping: client).setStockPolicy(
                .with {
                    $0.movementID = id
                    $0.lines = located.map { line in
                        .with {
                            $0.sku = line.sku
                            $0.location = line.location
                            $0.safetyStock = line.number
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(levels: reply.levels) }
    }
}
