import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast stock adjust`.
struct StockAdjust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adjust",
        abstract: "Correct stock on hand by a difference, with a reason.",
        discussion: """
            Example:

              holdfast stock adjust MUG-WHITE@HIGH-STREET=-2 --reason damaged

            All lines or none. More than is on hand cannot be removed, and nothing that is promised.
            """)

    @OptionGroup var lines: StockLines

    @Option(help: "Why: damaged, found, stolen …")
    var reason: String

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let located = try lines.located()
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_InventoryService.Client(wrapping: client).adjustStock(
                .with {
                    $0.movementID = id
                    $0.reason = reason
                    $0.lines = located.map { line in
                        .with {
                            $0.sku = line.sku
                            $0.location = line.location
                            $0.delta = line.number
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(levels: reply.levels) }
    }
}
