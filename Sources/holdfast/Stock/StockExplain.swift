import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast stock explain`.
struct StockExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show every term of an availability; they add up to it.",
        discussion: """
            Examples:

              holdfast stock explain MUG-WHITE
              holdfast stock explain MUG-WHITE@HIGH-STREET

            available = on hand - safety - allocated - held - in flight + shortfall
            """)

    @Argument(help: ArgumentHelp("The article, and perhaps one location.", valueName: "sku@location"))
    var article: Article

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_AvailabilityService.Client(wrapping: client).explainAvailability(
                .with {
                    $0.sku = article.sku
                    $0.location = article.location
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("LOCATION"), .number("ON HAND"), .number("SAFETY"), .number("ALLOCATED"), .number("HELD"),
                .number("IN FLIGHT"), .number("SHORTFALL"), .number("AVAILABLE"), .text("HELD BY"),
            ])
            for terms in reply.locations {
                table.add(
                    terms.location, "\(terms.onHand)", "\(terms.safetyStock)", "\(terms.allocated)", "\(terms.held)",
                    "\(terms.inFlight)", "\(terms.shortfall)", "\(terms.available)",
                    terms.heldByChannel.map { "\($0.channel) \($0.held)" }.joined(separator: ", "))
            }
            table.note("available: \(reply.available)")
            return table
        }
    }
}
