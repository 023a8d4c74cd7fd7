import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast reserve extend`.
struct ReserveExtend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend",
        abstract: "Move the expiry of a live reservation.",
        discussion: """
            Example:

              holdfast reserve extend 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 --ttl 30m

            The new expiry is that long from now; it may come earlier than the old one.
            """)

    @Argument(help: "The reservation's id.")
    var reservation: EntityID

    @Option(help: ArgumentHelp("How long from now: 1s to 30d.", valueName: "time"))
    var ttl: TimeSpan

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReservationService.Client(wrapping: client).extendReservation(
                .with {
                    $0.extensionID = id
                    $0.reservationID = reservation.description
                    $0.ttl = ttl.proto
                }, options: options)
        }
        try server.format.show(reply) { reply in Table(facts: [("expires", reply.expiresAt.shown)]) }
    }
}
