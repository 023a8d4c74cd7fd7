import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast order list`.
struct OrderList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List orders, newest first.",
        discussion: """
            Examples:

              holdfast order list --channel WEB --status open --limit 20
              holdfast order list --from 2026-11-01T00:00:00Z \\
                  --before 2026-12-01T00:00:00Z --format json
            """)

    @Option(help: "Only this channel.")
    var channel = ""

    @Option(help: "Only this customer.")
    var customer = ""

    @Option(help: "Only orders in this status.")
    var status: OrderStatusWord?

    @Option(help: ArgumentHelp("Only orders captured at or after this moment.", valueName: "rfc3339"))
    var from: Moment?

    @Option(help: ArgumentHelp("Only orders captured before this moment.", valueName: "rfc3339"))
    var before: Moment?

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (orders, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_OrderService.Client(wrapping: client).listOrders(
                    .with {
                        $0.channel = channel
                        $0.customerID = customer
                        if let status { $0.status = status.proto }
                        if let from { $0.placedFrom = from.proto }
                        if let before { $0.placedBefore = before.proto }
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.orders, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListOrdersResponse.with {
            $0.orders = orders
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("ORDER"), .text("CHANNEL"), .text("EXTERNAL ID"), .text("STATUS"), .text("PLACED"),
                .text("CUSTOMER"), .number("TOTAL"),
            ])
            for order in reply.orders {
                table.add(
                    order.orderID, order.channel, order.externalID, order.status.word, order.placedAt.shown,
                    order.customer.customerID, order.total.shown)
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}
