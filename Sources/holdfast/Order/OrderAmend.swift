import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import HoldfastClient
import SwiftProtobuf

/// `holdfast order amend`.
struct OrderAmend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "amend",
        abstract: "Change an order that is not released yet.",
        discussion: """
            Examples:

              holdfast order amend 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 1=3 2=0 \\
                  --reason "called"
              holdfast order amend 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 \\
                  --add MUG-BLUE=1x5.25
              holdfast order amend 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 \\
                  --pickup HIGH-STREET

            A line is written NUMBER=QUANTITY: the units that it is to have, 0 for none. More units become a line of \
            their own, fewer are cancelled. All of it happens or nothing. The difference in money is shown; tenders \
            are settled by it.
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Argument(help: ArgumentHelp("How many units a line is to have.", valueName: "line=quantity"))
    var lines: [CancelledLine] = []

    @Option(help: ArgumentHelp("A line to add, and the price of one.", valueName: "sku@location=quantityxprice"))
    var add: [OrderLineArgument] = []

    @Flag(help: "Let several locations serve units that are added.")
    var split = false

    @Option(help: "Why.")
    var reason = ""

    @Option(help: "Refuse where the order has other events than this many.")
    var expectedSequence: Int32 = 0

    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            let currency = add.isEmpty ? "" : try await self.currency(client, options)
            return try await Holdfast_V1_OrderAmendmentService.Client(wrapping: client).amendOrder(
                .with {
                    $0.amendmentID = id
                    $0.orderID = order.description
                    $0.reason = reason
                    $0.expectedSequence = expectedSequence
                    $0.add = add.map { line in
                        .with {
                            $0.sku = line.sku
                            $0.location = line.location
                            $0.quantity = line.quantity
                            $0.allowSplit = split && line.location.isEmpty
                            $0.unitPrice = .with {
                                $0.currencyCode = currency
                                $0.units = line.priceUnits
                                $0.nanos = line.priceNanos
                            }
                        }
                    }
                    $0.change = lines.map { line in
                        .with {
                            $0.lineNumber = line.number
                            $0.quantity = line.quantity
                            $0.allowSplit = split
                        }
                    }
                    if let delivery = delivery.proto { $0.delivery = delivery }
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table([.number("LINE"), .text("CHANGE"), .number("AMOUNT"), .text("FROM")])
            for line in reply.added {
                let what = line.extendsLine > 0 ? "more of line \(line.extendsLine)" : "added"
                table.add("\(line.lineNumber)", what, line.amount.shown, line.allocations.shown)
            }
            for line in reply.cancelled {
                table.add("\(line.lineNumber)", "\(line.quantity) cancelled", line.amount.shown, "")
            }
            table.note("total \(reply.oldTotal.shown) becomes \(reply.newTotal.shown): \(reply.difference.shown)")
            table.note("order \(order) is \(reply.status.word)")
            return table
        }
    }

    /// The currency of the order.
    private func currency(
        _ client: GRPCClient<HoldfastTransport>, _ options: CallOptions
    ) async throws -> String {
        try await Holdfast_V1_OrderService.Client(wrapping: client).getOrder(
            .with { $0.orderID = order.description }, options: options
        ).order.total.currencyCode
    }
}
