import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast track`.
struct TrackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "track",
        abstract: "Show a customer where an order is, and no more.",
        discussion: """
            Examples:

              holdfast track --channel WEB --external-id W-1001 --email ann@example.org
              holdfast track --token 5d0c5b0a-93a1-4a29-8c3e-2f1e0d9c8b7a
            """)

    @Option(help: "The channel, with --external-id and --email.")
    var channel: String?

    @Option(help: "The channel's own number of the order.")
    var externalID: String?

    @Option(help: "The e-mail address of the order.")
    var email: String?

    @Option(help: "The order's token.")
    var token: EntityID?

    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        let named = [channel, externalID, email].compactMap { $0 }.count
        guard token == nil ? named == 3 : named == 0 else {
            throw ValidationError("name the order by --channel, --external-id and --email, or by --token")
        }
    }

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_TrackingService.Client(wrapping: client).track(
                .with {
                    $0.channel = channel ?? ""
                    $0.externalID = externalID ?? ""
                    $0.email = email ?? ""
                    $0.token = token?.description ?? ""
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .text("HOW"), .text("STATE"), .text("CARRIER"), .text("NUMBERS"), .text("SHIPPED"), .text("EXPECTED"),
                .text("DELIVERED"),
            ])
            for part in reply.parts {
                table.add(
                    part.kind.word, part.state.shownWord, part.carrier, part.trackingNumbers.joined(separator: ", "),
                    part.hasShippedAt ? part.shippedAt.shown : "", part.hasExpectedAt ? part.expectedAt.shown : "",
                    part.hasDeliveredAt ? part.deliveredAt.shown : "")
                if part.kind == .pickup && part.hasExpiresAt {
                    table.note("at \(part.collectAt) until \(part.expiresAt.shown)")
                }
            }
            table.note("the order of \(reply.placedAt.shown) is \(reply.orderStatus.word)")
            return table
        }
    }
}
