import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast reserve release`.
struct ReserveRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Give the units of a reservation back.",
        discussion: """
            Example:

              holdfast reserve release 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11

            Releasing one that was released before or has expired succeeds. One that an order has taken is refused.
            """)

    @Argument(help: "The reservation's id; it also makes the call safe to repeat.")
    var reservation: EntityID

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReservationService.Client(wrapping: client).releaseReservation(
                .with { $0.reservationID = reservation.description }, options: options)
        }
        try server.format.show(reply) { reply in
            Table(facts: [("reservation", reservation.description), ("state", reply.state.word)])
        }
    }
}
