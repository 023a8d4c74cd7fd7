import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast stock count`.
struct StockCount: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Set stock on hand to a counted figure.",
        discussion: """
            Example:

              holdfast stock count MUG-WHITE@HIGH-STREET=21 --reference "sheet 7"

            All lines or none. A count below what is promised is accepted: what is missing is recorded as a shortage.
            """)

    @OptionGroup var lines: StockLines

    @Option(help: "Who counted, or the number of the count sheet.")
    var reference = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let located = try lines.located()
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_InventoryService.Client(wrapping: client).countStock(
                .with {
                    $0.movementID = id
                    $0.reference = reference
                    $0.lines = located.map { line in
                        .with {
                            $0.sku = line.sku
                            $0.location = line.location
                            $0.counted = line.number
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(levels: reply.levels) }
    }
}
