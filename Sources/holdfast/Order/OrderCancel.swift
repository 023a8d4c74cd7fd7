import ArgumentParser
import Domain
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast order cancel`.
struct OrderCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel open units of an order, whole or by line.",
        discussion: """
            Examples:

              holdfast order cancel 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 --reason damaged
              holdfast order cancel 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 1=2 3=1

            Without lines every open unit is cancelled. A line is written NUMBER=QUANTITY. Their stock can be \
            promised again at once. Delivered units cannot be cancelled.
            """)

    @Argument(help: "The order's id.")
    var order: EntityID

    @Argument(help: ArgumentHelp("What to cancel.", valueName: "line=quantity"))
    var lines: [CancelledLine] = []

    @Option(help: "Why.")
    var reason = ""

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_OrderService.Client(wrapping: client).cancelOrder(
                .with {
                    $0.cancellationID = id
                    $0.orderID = order.description
                    $0.reason = reason
                    $0.lines = lines.map { line in
                        .with {
                            $0.lineNumber = line.number
                            $0.quantity = line.quantity
                        }
                    }
                }, options: options)
        }
        try server.format.show(reply) { reply in
            var table = Table([.number("LINE"), .number("CANCELLED"), .number("AMOUNT")])
            for line in reply.lines { table.add("\(line.lineNumber)", "\(line.quantity)", line.amount.shown) }
            table.note("order \(order) is \(reply.status.word)")
            return table
        }
    }
}

/// Units of a line to cancel, as written on the command line: `NUMBER=QUANTITY`.
struct CancelledLine: Hashable, Sendable, ExpressibleByArgument {
    /// Position of the line in the order, from 1.
    var number: Int32
    /// Units.
    var quantity: Int64

    /// Reads `NUMBER=QUANTITY`.
    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int32(parts[0]), let quantity = Int64(parts[1]) else { return nil }
        self.number = number
        self.quantity = quantity
    }
}
