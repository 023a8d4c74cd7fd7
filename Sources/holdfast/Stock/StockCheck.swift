import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast stock check`.
struct StockCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Ask how many units could be promised now.",
        discussion: """
            Examples:

              holdfast stock check MUG-WHITE TEA-TOWEL@HIGH-STREET=5
              holdfast stock check MUG-WHITE --fresh

            Without a location the answer is the sum over all. The answer informs; only a reservation or an order \
            decides. It may come from the server's memory and then be a few milliseconds old; --fresh always asks the \
            admission store.
            """)

    @Argument(help: ArgumentHelp("What to ask for.", valueName: "sku@location=quantity"))
    var items: [AvailabilityQuestion]

    @Flag(help: "Do not answer from the server's memory.")
    var fresh = false

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_AvailabilityService.Client(wrapping: client).checkAvailability(
                .with {
                    $0.consistency = fresh ? .fresh : .cached
                    $0.items = items.map { item in
                        .with {
                            $0.sku = item.sku
                            $0.location = item.location
                            $0.quantity = item.quantity
                        }
                    }
                }, options: options)
        }
        guard reply.items.count == items.count else {
            throw CommandFailure(.unexpected, "asked for \(items.count) items, answered \(reply.items.count)")
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("SKU"), .text("LOCATION"), .number("WANTED"), .number("AVAILABLE"), .text("ENOUGH"),
            ])
            for (item, answer) in zip(items, reply.items) {
                table.add(
                    item.sku, item.location.isEmpty ? "(all)" : item.location,
                    item.quantity == 0 ? "" : "\(item.quantity)", "\(answer.available)",
                    item.quantity == 0 ? "" : answer.sufficient ? "yes" : "no")
            }
            return table
        }
    }
}
