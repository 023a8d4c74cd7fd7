import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast backorder list`.
struct BackorderList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List waiting lines, each article's in the order in which supply serves them.",
        discussion: """
            Examples:

              holdfast backorder list --sku MUG-WHITE
              holdfast backorder list --order 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
            """)

    @Option(help: "Only this article.")
    var sku = ""

    @Option(help: "Only orders of this channel.")
    var channel = ""

    @Option(help: "Only this order.")
    var order: EntityID?

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (lines, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_BackorderService.Client(wrapping: client).listBackorders(
                    .with {
                        $0.sku = sku
                        $0.channel = channel
                        $0.orderID = order?.description ?? ""
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.backorders, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListBackordersResponse.with {
            $0.backorders = lines
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("SKU"), .number("WAITING"), .number("SET ASIDE"), .number("PRIORITY"), .text("SINCE"),
                .text("CHANNEL"), .text("ORDER"), .number("LINE"), .text("FROM"),
            ])
            for line in reply.backorders {
                table.add(
                    line.sku, "\(line.waiting)", "\(line.granted)", "\(line.priority)", line.since.shown, line.channel,
                    line.orderID, "\(line.lineNumber)",
                    line.locations.isEmpty ? "any" : line.locations.joined(separator: ", "))
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}
