import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast stock list`.
struct StockList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List stock levels in order of sku and location.",
        discussion: """
            Examples:

              holdfast stock list --location HIGH-STREET
              holdfast stock list --sku MUG-WHITE --format json
            """)

    @Option(help: "Only this article.")
    var sku = ""

    @Option(help: "Only this location.")
    var location = ""

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (levels, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_InventoryService.Client(wrapping: client).getStock(
                    .with {
                        $0.sku = sku
                        $0.location = location
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.levels, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_GetStockResponse.with {
            $0.levels = levels
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("SKU"), .text("LOCATION"), .number("ON HAND"), .number("SAFETY"), .number("ALLOCATED"),
                .number("HELD"), .number("AVAILABLE"), .number("SHORTAGE"),
            ])
            for level in reply.levels {
                table.add(
                    level.sku, level.location, "\(level.onHand)", "\(level.safetyStock)", "\(level.allocated)",
                    "\(level.held)", "\(level.available)", "\(level.shortage)")
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}
