import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast stock movements`.
struct StockMovements: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "movements",
        abstract: "List the movements that explain every figure, newest first.",
        discussion: """
            Examples:

              holdfast stock movements --sku MUG-WHITE --location HIGH-STREET
              holdfast stock movements --cause 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11

            A level is always the sum of its movements.
            """)

    @Option(help: "Only this article.")
    var sku = ""

    @Option(help: "Only this location.")
    var location = ""

    @Option(help: "Only what this movement, order or cancellation caused.")
    var cause: EntityID?

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (movements, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_InventoryService.Client(wrapping: client).listMovements(
                    .with {
                        $0.sku = sku
                        $0.location = location
                        $0.causeID = cause?.description ?? ""
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.movements, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListMovementsResponse.with {
            $0.movements = movements
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([
                .number("SEQUENCE"), .text("RECORDED"), .text("KIND"), .text("SKU"), .text("LOCATION"),
                .number("ON HAND"), .number("SAFETY"), .number("ALLOCATED"), .text("REASON"), .text("CAUSE"),
            ])
            for movement in reply.movements {
                table.add(
                    "\(movement.sequence)", movement.recordedAt.shown, StockMovements.word(movement.kind),
                    movement.sku, movement.location, StockMovements.signed(movement.onHandDelta),
                    StockMovements.signed(movement.safetyDelta), StockMovements.signed(movement.allocatedDelta),
                    movement.reason, movement.causeID)
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }

    private static func signed(_ delta: Int64) -> String {
        delta == 0 ? "" : delta > 0 ? "+\(delta)" : "\(delta)"
    }

    private static func word(_ kind: Holdfast_V1_StockMovement.Kind) -> String {
        switch kind {
        case .receipt: "receipt"
        case .adjustment: "adjustment"
        case .count: "count"
        case .transferOut: "transfer out"
        case .transferIn: "transfer in"
        case .policy: "policy"
        case .allocation: "allocation"
        case .deallocation: "deallocation"
        case .sale: "sale"
        case .found: "found"
        case .shipment: "shipment"
        case .customerReturn: "return"
        case .refurbishment: "refurbishment"
        case .vendorReturn: "vendor return"
        case .scrap: "scrap"
        case .donation: "donation"
        case .unspecified, .UNRECOGNIZED: "\(kind.rawValue)"
        }
    }
}
