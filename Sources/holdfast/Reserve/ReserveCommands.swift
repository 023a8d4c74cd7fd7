import ArgumentParser
import HoldfastAPI

/// `holdfast reserve`: stock held for a time.
struct ReserveCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reserve",
        abstract: "Reservations: stock held for a time.",
        discussion: """
            A reservation is durable before it is answered. It holds every line or none, until an order takes it, it \
            is released, or it expires:

              holdfast reserve create MUG-WHITE=2 TEA-TOWEL@HIGH-STREET=1 --channel WEB
              holdfast order place --channel WEB --external-id W-1 \\
                  --reservation UUID MUG-WHITE=2x4.95
            """,
        subcommands: [ReserveCreate.self, ReserveGet.self, ReserveExtend.self, ReserveRelease.self])
}

extension Table {
    /// A reservation with its lines.
    init(reservation: Holdfast_V1_Reservation) {
        self.init(facts: [
            ("reservation", reservation.reservationID), ("channel", reservation.channel),
            ("state", reservation.state.word), ("created", reservation.createdAt.shown),
            ("expires", reservation.expiresAt.shown),
        ])
        if !reservation.orderID.isEmpty { add("order", reservation.orderID) }
        for line in reservation.lines {
            add("line", "\(line.sku)  \(line.quantity)  from \(line.allocations.shown)")
        }
    }
}

extension [Holdfast_V1_Allocation] {
    /// The locations with their units: `WAREHOUSE 3, HIGH-STREET 1`.
    var shown: String { map { "\($0.location) \($0.quantity)" }.joined(separator: ", ") }
}

extension Holdfast_V1_ReservationState {
    /// The state in one word.
    var word: String {
        switch self {
        case .held: "held"
        case .confirmed: "confirmed"
        case .released: "released"
        case .expired: "expired"
        case .voided: "voided"
        case .unspecified, .UNRECOGNIZED: "\(rawValue)"
        }
    }
}
