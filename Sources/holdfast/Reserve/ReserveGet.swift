import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast reserve get`.
struct ReserveGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one reservation.",
        discussion: "Example:\n\n  holdfast reserve get 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11")

    @Argument(help: "The reservation's id.")
    var reservation: EntityID

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_ReservationService.Client(wrapping: client).getReservation(
                .with { $0.reservationID = reservation.description }, options: options)
        }
        try server.format.show(reply) { reply in Table(reservation: reply.reservation) }
    }
}
