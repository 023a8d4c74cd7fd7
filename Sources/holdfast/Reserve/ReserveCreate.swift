import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast reserve create`.
struct ReserveCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Hold every line or none.",
        discussion: """
            Examples:

              holdfast reserve create MUG-WHITE=2 TEA-TOWEL@HIGH-STREET=1 --channel WEB
              holdfast reserve create MUG-WHITE=40 --channel WEB --split --ttl 2h

            A line without a location takes from any, in the order of their rank; --split lets several locations \
            serve such a line together. Where stock does not suffice, the exit status is 4 and every short line is \
            listed with what was available.
            """)

    @Argument(help: ArgumentHelp("What to hold.", valueName: "sku@location=quantity"))
    var lines: [StockLine]

    @Option(help: "The channel that reserves.")
    var channel: String

    @Option(help: ArgumentHelp("How long to hold: 1s to 30d (default: 15m).", valueName: "time"))
    var ttl: TimeSpan?

    @Flag(help: "Let several locations serve a line that names none.")
    var split = false

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReservationService.Client(wrapping: client).reserve(
                .with {
                    $0.reservationID = id
                    $0.channel = channel
                    if let ttl { $0.ttl = ttl.proto }
                    $0.lines = lines.map { line in
                        .with {
                            $0.sku = line.sku
                            $0.location = line.location
                            $0.quantity = line.number
                            $0.allowSplit = split && line.location.isEmpty
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(reservation: reply.reservation) }
    }
}
